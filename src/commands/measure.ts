import { EXIT, exitOf, UserError } from '../core/errors.ts';
import { quoteCommand } from '../core/quote.ts';
import { findRecord, linkedOf, readRegistry } from '../engine/registry.ts';
import { locate } from '../manifest/locate.ts';
import { callerOf, recordGate } from '../onboarding/gate.ts';
import { type Ledger, openLedger } from '../onboarding/ledger.ts';
import { GATE_NAME, isReserved } from '../onboarding/metric-names.ts';
import { callersEnvironment } from '../steps/command-environment.ts';
import { now } from '../system/clock.ts';
import { type Env, processEnvironment, safePath } from '../system/environment.ts';
import { runForeground } from '../system/foreground.ts';
import { userPaths } from '../system/paths.ts';
import { isAgent, isCI } from '../terminal/interactive.ts';
import { say } from '../terminal/output.ts';
import type { Invocation } from './parse.ts';
import { type RunTelemetry, startTelemetry } from './telemetry-run.ts';

/**
 * `measure NAME [--] CMD…`: runs CMD as it is (terminal, streams, signals, environment, exit status) and records how
 * long it took. That recording fails is never a reason to fail.
 */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const { options } = invocation;
  const { name, argv } = whatToMeasure(invocation);
  const env = processEnvironment();
  const ci = isCI(env);
  const { root, ledger, unreadable } = ledgerAt(options.directory ?? '.', env);
  const telemetry = ledger && (await startTelemetry({ env, ci, paths: userPaths(env) }));
  const started = now();
  const exit = await runForeground(argv, callersEnvironment(telemetry?.env ?? env)).catch(error => {
    throw exitOf(error) === EXIT.notFound ? notOnPath(error, argv) : error;
  });
  if (ledger) {
    try {
      await recordGate(ledger, { name, started, exit, caller: callerOf({ ci, agent: isAgent(env), env }), root });
    } catch {
      if (!options.quiet) say('The duration was not recorded: the ledger cannot be written.');
    }
  } else if (unreadable !== undefined) {
    if (!options.quiet) say(`The duration was not recorded. ${unreadable}`);
  } else if (!options.quiet && !ci) {
    const { commandName } = await import('../system/command-name.ts');
    const command = commandName(env, safePath(env, root), { directory: options.directory });
    say(`The duration was not recorded, since this folder was never set up: ${command} setup`);
  }
  if (telemetry) await tell(telemetry, invocation, abort, name, exit);
  return exit;
}

/** The PATH of the caller has no `.venv`, as that of `run` does. */
function notOnPath({ message }: Error, argv: readonly string[]): UserError {
  return new UserError({
    message,
    cause: "measure leaves PATH as it is; what is in the workspace's .venv is found by run, also behind measure.",
    next: `hotpass-bootstrap run -- ${quoteCommand(argv)}`,
    exit: EXIT.notFound,
  });
}

/** What is told of a measured command; which ones are, the workspace says. */
async function tell(
  telemetry: RunTelemetry,
  invocation: Invocation,
  abort: AbortController,
  name: string,
  exit: number,
): Promise<void> {
  try {
    const { openSession, workspaceOf } = await import('./session.ts');
    const session = await openSession(invocation, abort);
    await telemetry.endGate(session, (await workspaceOf(session)).wanted, name, exit);
  } catch {
    // A workspace that cannot be opened has nothing to tell; the command ended as it ended.
  }
}

/** @throws UserError 64 */
function whatToMeasure({ options, args }: Invocation): { name: string; argv: readonly string[] } {
  const [name = '', ...rest] = args;
  const argv = rest[0] === '--' ? rest.slice(1) : rest;
  const usage = (message: string, cause: string, next = 'hotpass-bootstrap measure qa -- make qa'): UserError =>
    new UserError({ message, cause, next, exit: EXIT.usage });
  if (options.json) {
    const help = 'hotpass-bootstrap measure --help';
    throw usage('measure does not take --json: its output is that of the command it runs.', '', help);
  }
  if (!argv[0]) throw usage('measure needs a name and a command to run.', '');
  if (!GATE_NAME.test(name)) {
    const cause = 'A name is made of small letters, digits, dots, dashes and underscores, at most 63.';
    throw usage('That is not a name for a measured command.', cause);
  }
  if (isReserved(name)) throw usage(`The name ${name} is taken by a figure of the report.`, 'Choose another one.');
  return { name, argv };
}

interface Place {
  root: string;
  /** Undefined where setup has not run yet, or nobody can tell. */
  ledger: Ledger | undefined;
  /** Why nobody can tell. */
  unreadable?: string;
}

/** The workspace here and its ledger. @throws UserError 78 outside a project. */
function ledgerAt(directory: string, env: Env): Place {
  const paths = userPaths(env);
  const { root } = locate(directory, paths.home);
  try {
    const found = findRecord(readRegistry(paths), root);
    return { root, ledger: found && openLedger(linkedOf(paths, found.record).state) };
  } catch (error) {
    return { root, ledger: undefined, unreadable: error instanceof UserError ? error.message : '' };
  }
}
