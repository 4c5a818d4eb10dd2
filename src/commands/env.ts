import { join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import { quoteCommand } from '../core/quote.ts';
import type { Workspace } from '../engine/workspace.ts';
import { MANIFEST_FILE } from '../manifest/locate.ts';
import { dotenvLine, type WrittenLine } from '../system/dotenv.ts';
import { safePath } from '../system/environment.ts';
import { realPath, replaceFile } from '../system/files.ts';
import { isIgnored } from '../system/git.ts';
import { setLine, unsetLine } from '../system/shell-lines.ts';
import { clean } from '../terminal/clean.ts';
import { jsonText } from '../terminal/json-view.ts';
import { print, say } from '../terminal/output.ts';
import { terminals } from '../terminal/streams.ts';
import type { Invocation } from './parse.ts';
import { gatherSecrets } from './secret-values.ts';
import { openSession, requireApproved, type Session, workspaceOf } from './session.ts';
import { ENV_FORMATS, type EnvFormat } from './table-items.ts';
import { counted } from './words.ts';

/** `env`: the environment's settings for a shell or a file; starts nothing unless secrets are asked for. */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const { options } = invocation;
  const format = formatOf(options.json ? 'json' : (options.format ?? 'shell'));
  const session = await openSession(invocation, abort);
  const workspace = await workspaceOf(session);
  const settings: Settings = { variables: { ...workspace.wanted.envFile.variables }, unset: [] };
  const injected = new Set<string>();
  if (options.secrets) {
    await requireApproved(session, workspace);
    if (options.output === undefined && terminals().stdoutTTY && !options.reveal) throw onTerminal(format);
    const { variables, remove } = await gatherSecrets(session, workspace);
    Object.assign(settings.variables, variables);
    settings.unset.push(...remove);
    for (const name of Object.keys(variables)) injected.add(name);
  }
  if (!options.otel) leaveOut(settings, name => name.startsWith('OTEL_'));
  if (format === 'github') {
    // A variable of this step alone does not reach the next one, so secrets and their targets are written in any case.
    leaveOut(settings, name => !injected.has(name) && isKept(name, session));
    return forGitHub(settings, session, workspace, injected);
  }
  if (format !== 'json' && format !== 'dotenv') leaveOut(settings, name => isKept(name, session));
  const text = render(settings, format, () => watched(session, workspace));
  if (options.output === undefined) {
    if (text !== '') print(text);
    return EXIT.ok;
  }
  replaceFile(options.output, `${text}\n`, 0o600);
  if (!options.quiet)
    say(
      `${clean(options.output)} has ${counted(Object.keys(settings.variables).length, 'variable')}, readable by you alone.`,
    );
  if (injected.size > 0) await warnAboutCommit(session, workspace.wanted.root, options.output);
  return EXIT.ok;
}

/** A file with secrets that git does not ignore goes along with the next commit of everything. */
async function warnAboutCommit({ env, options }: Session, root: string, file: string): Promise<void> {
  if (options.quiet || (await isIgnored(root, realPath(file) ?? file, env, safePath(env, root))) !== false) return;
  say(`${clean(file)} holds secrets, and git does not ignore it: name it in .gitignore before you commit.`);
}

/** Every secret among the variables is masked first. */
async function forGitHub(
  settings: Settings,
  { options, env }: Session,
  { wanted }: Workspace,
  injected: ReadonlySet<string>,
): Promise<number> {
  const { writeForGitHub } = await import('./env-github.ts');
  const names = wanted.secrets.map(secret => secret.env).filter(name => injected.has(name));
  const secrets = names.flatMap(name => settings.variables[name] ?? []);
  return writeForGitHub({ ...settings, secrets, output: options.output, quiet: options.quiet === true }, env);
}

interface Settings {
  variables: Record<string, string>;
  /** What would send a credential elsewhere if it stayed. */
  unset: string[];
}

/** OTEL_ variables in a shell re-route other programs too, docker compose for one (real-world 17). */
function leaveOut(settings: Settings, which: (name: string) => boolean): void {
  for (const name of Object.keys(settings.variables)) if (which(name)) delete settings.variables[name];
  settings.unset = settings.unset.filter(name => !which(name));
}

/** As `run` does it: what was set to nothing on purpose stays so, and in CI whatever is set (real-world 16). */
function isKept(name: string, { env, ci }: Session): boolean {
  return env[name] === '' || (ci && env[name] !== undefined);
}

function formatOf(text: string): EnvFormat {
  const format = ENV_FORMATS.find(candidate => candidate === text);
  if (format) return format;
  const near = nearest(text, ENV_FORMATS);
  throw new UserError({
    message: `There is no format ${text}.`,
    cause: near === undefined ? `The formats are: ${ENV_FORMATS.join(', ')}.` : `Did you mean ${near}?`,
    next: `hotpass-bootstrap env --format ${near ?? 'shell'}`,
    exit: EXIT.usage,
  });
}

/** Files that decide what `env` prints; direnv reads `.envrc` again when one of them changes. */
function watched({ paths }: Session, { loaded, wanted }: Workspace): string[] {
  const inside = [MANIFEST_FILE, 'pyproject.toml'].map(name => join(wanted.root, name));
  const given = 'path' in loaded.source && !inside.includes(loaded.source.path) ? [loaded.source.path] : [];
  return [...inside, ...given, join(paths.state, 'workspaces.json')];
}

function render({ variables, unset }: Settings, format: Exclude<EnvFormat, 'github'>, files: () => string[]): string {
  const entries = Object.entries(variables);
  if (format === 'json') return jsonText({ schema: 1, kind: 'env', variables, ...(unset.length > 0 ? { unset } : {}) });
  if (format === 'dotenv') {
    return entries.map(([name, value]) => lineOf(name, dotenvLine(name, value), 'a dotenv file')).join('\n');
  }
  const shell = format === 'direnv' ? 'shell' : format;
  const lines = [
    ...entries.map(([name, value]) => lineOf(name, setLine(shell, name, value), 'a shell')),
    ...unset.map(name => lineOf(name, unsetLine(shell, name), 'a shell')),
  ];
  if (format === 'direnv') lines.push(`watch_file ${quoteCommand(files())}`);
  return lines.join('\n');
}

function lineOf(name: string, written: WrittenLine, where: string): string {
  if ('line' in written) return written.line;
  throw new UserError({
    message: `${name} cannot be written for ${where}: ${written.reason}.`,
    cause: 'A program that is started with run gets every variable as it is.',
    next: 'hotpass-bootstrap run -- COMMAND',
    exit: EXIT.failed,
  });
}

function onTerminal(format: EnvFormat): UserError {
  return new UserError({
    message: 'Secrets are shown on a terminal only when you ask for it.',
    cause: 'They would stay in the scrollback; a pipe or a file keeps them off the screen.',
    next: `hotpass-bootstrap env --format ${format} --secrets --output FILE`,
    exit: EXIT.invalid,
  });
}
