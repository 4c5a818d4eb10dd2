import type { CommandModule } from './commands/command.ts';
import { everydayLine } from './commands/everyday.ts';
import type { Invocation, Parsed } from './commands/parse.ts';
import { plainRun } from './commands/plain-run.ts';
import { EXIT, exitOf, InputNeeded, Interrupted, UserError } from './core/errors.ts';
import { processEnvironment } from './system/environment.ts';
import { print, say } from './terminal/output.ts';
import { terminals } from './terminal/streams.ts';

/** What each command runs; loaded when it is the one. */
const MODULES: Record<string, () => Promise<CommandModule>> = {
  setup: () => import('./commands/setup.ts'),
  plan: () => import('./commands/plan.ts'),
  doctor: () => import('./commands/doctor.ts'),
  run: () => import('./commands/run.ts'),
  env: () => import('./commands/env.ts'),
  secrets: () => import('./commands/secrets.ts'),
  profile: () => import('./commands/profile.ts'),
  measure: () => import('./commands/measure.ts'),
  report: () => import('./commands/report.ts'),
  telemetry: () => import('./commands/telemetry.ts'),
  undo: () => import('./commands/undo.ts'),
  init: () => import('./commands/init.ts'),
  completion: () => import('./commands/completion.ts'),
};

/** The front door: a command line in, an exit code out; errors become sentences. */
export async function main(argv: readonly string[]): Promise<void> {
  const abort = new AbortController();
  watchSignals(abort);
  let parsed: Parsed | undefined;
  watchStrays(argv, () => parsed);
  try {
    if (argv[0] === '__complete') return await (await import('./commands/complete.ts')).complete(argv.slice(1));
    const line = await everydayLine(argv, abort.signal);
    if (line !== undefined) return say(line);
    parsed = await read(argv);
    process.exitCode = await perform(parsed, abort);
  } catch (error) {
    const failure = abort.signal.aborted && abort.signal.reason instanceof Interrupted ? abort.signal.reason : error;
    process.exitCode = await endWith(failure, parsed, argv);
  }
}

/** What the command line says. The table of commands and its parser are loaded only when they are needed. */
async function read(argv: readonly string[]): Promise<Parsed> {
  const invocation = plainRun(argv);
  return invocation ? { kind: 'run', invocation } : (await import('./commands/parse.ts')).parse(argv);
}

/** Tells a failure. @returns the exit code it stands for. */
async function endWith(failure: unknown, parsed: Parsed | undefined, argv: readonly string[]): Promise<number> {
  const invocation = parsed?.kind === 'run' ? parsed.invocation : undefined;
  await report(failure, invocation, argv);
  return exitCodeFor(failure, invocation?.command.passThrough === true);
}

/** What is thrown where nobody awaits it ends the run as well, with sentences and not with a stack trace. */
function watchStrays(argv: readonly string[], parsed: () => Parsed | undefined): void {
  process.once('uncaughtException', error => {
    process.on('uncaughtException', () => {});
    void endWith(error, parsed(), argv).then(async code => {
      (await import('./system/process.ts')).killAllChildren();
      process.exit(code);
    });
  });
}

async function perform(parsed: Parsed, abort: AbortController): Promise<number> {
  if (parsed.kind === 'help') {
    print(parsed.text.trimEnd());
    return EXIT.ok;
  }
  if (parsed.kind === 'version') {
    const { packageRoot, readManifest } = await import('./system/package-root.ts');
    print(readManifest(packageRoot())?.version ?? '');
    return EXIT.ok;
  }
  const load = MODULES[parsed.invocation.command.name];
  if (!load) throw new Error(`no module for ${parsed.invocation.command.name}`);
  const module = await load();
  return module.execute(parsed.invocation, abort);
}

/** Every 1, 3, 69, 75, 78 of ours is 125 under `run` and `measure`, so that it is never taken for the program's own status. */
function exitCodeFor(error: unknown, runs: boolean): number {
  const exit = exitOf(error);
  if (!runs) return exit;
  const kept: number[] = [EXIT.usage, EXIT.notExecutable, EXIT.notFound, EXIT.interrupted, EXIT.terminated];
  return kept.includes(exit) ? exit : EXIT.runFailed;
}

/** Says what went wrong: sentences on standard error, and one document on standard output with `--json`. */
async function report(thrown: unknown, invocation: Invocation | undefined, argv: readonly string[]): Promise<void> {
  const options = invocation?.options;
  const command = invocation?.command.name;
  const env = processEnvironment();
  const [
    { detailWith, renderError, withCommand },
    { styleFor },
    { Redactor },
    { commandName },
    { safePath },
    { systemError },
  ] = await Promise.all([
    import('./terminal/errors-view.ts'),
    import('./terminal/style.ts'),
    import('./core/redact.ts'),
    import('./system/command-name.ts'),
    import('./system/environment.ts'),
    import('./system/disk-error.ts'),
  ]);
  const error = thrown instanceof UserError ? withNext(thrown, command) : systemError(thrown);
  const { clean } = new Redactor();
  const given = invocation?.repeats ?? {
    environment: options?.env ?? (env['HOTPASS_BOOTSTRAP_ENV'] || undefined),
    directory: options?.directory,
    manifest: options?.manifest,
  };
  const name = commandName(env, safePath(env, ''), given);
  const style = styleFor(env, { isTTY: terminals().stderrTTY }, { noColor: options?.color === false });
  if (options?.json ?? argv.includes('--json')) {
    const { printJson } = await import('./terminal/json-view.ts');
    const parts =
      error instanceof UserError
        ? {
            id: error.id ?? null,
            message: error.message,
            cause: error.why,
            details: error.details.map(detail => detailWith(detail, name)),
            next: error.next && withCommand(error.next, name),
          }
        : { id: null, message: 'A bug of this tool.', cause: error instanceof Error ? error.message : String(error) };
    printJson({ schema: 1, kind: 'error', command: command ?? null, ...parts, exit: exitOf(error) }, clean);
  }
  for (const line of renderError(error, { style, command: name, redact: clean })) say(line);
  if (env['GITHUB_ACTIONS']) (await import('./commands/ci-annotate.ts')).annotateError(thrown, env, clean);
}

/** A run that was stopped can be gone on with; a command of the person's own is theirs to start again. */
function withNext(stopped: UserError, command: string | undefined): UserError {
  const isStopped = stopped instanceof Interrupted || (stopped instanceof InputNeeded && stopped.next === undefined);
  if (!isStopped || command === undefined || command === 'run' || command === 'measure') return stopped;
  const { message, exit } = stopped;
  const cause = stopped.why || 'What was done stays, and nothing is half-written.';
  return new UserError({ message, cause, next: `hotpass-bootstrap ${command}`, exit });
}

/** The first Ctrl-C stops the children and closes the journal; the second ends everything at once. */
function watchSignals(abort: AbortController): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (abort.signal.aborted) {
        void import('./system/process.ts').then(({ killAllChildren }) => {
          killAllChildren();
          process.exit(signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated);
        });
        return;
      }
      abort.abort(new Interrupted(signal));
    });
  }
}
