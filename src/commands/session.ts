import { EXIT, UserError } from '../core/errors.ts';
import type { Ask } from '../core/ports.ts';
import { Redactor } from '../core/redact.ts';
import type { Linked } from '../engine/step.ts';
import type { Approved, Workspace } from '../engine/workspace.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import type { Choice } from '../secrets/choose.ts';
import { itemOf } from '../secrets/names.ts';
import type { StorePorts } from '../secrets/open.ts';
import type { Item, SecretStore } from '../secrets/store.ts';
import { commandName, type Given } from '../system/command-name.ts';
import { type Env, processEnvironment, safePath } from '../system/environment.ts';
import { withoutExported } from '../system/exported.ts';
import { type UserPaths, userPaths } from '../system/paths.ts';
import { clean } from '../terminal/clean.ts';
import { isAgent, isCI, isInteractive } from '../terminal/interactive.ts';
import { say } from '../terminal/output.ts';
import { terminals } from '../terminal/streams.ts';
import { type Style, styleFor } from '../terminal/style.ts';
import type { Answers } from './answers.ts';
import { hiderOf, hidingStore } from './hiding.ts';
import type { Invocation, Options } from './parse.ts';
import type { CommandSpec } from './spec.ts';

/** What every command needs to know about where and how it was called. */
export interface Session {
  invocation: Invocation;
  argv: readonly string[];
  options: Options;
  answers: Answers;
  env: Env;
  /** PATH after security §5; the workspace's own entries are taken out once it is known. */
  path: string;
  paths: UserPaths;
  ci: boolean;
  agent: boolean;
  /** May questions be asked? */
  interactive: boolean;
  /** Confirmations are answered beforehand: --yes, --no-input, CI, --json (design §2). */
  yes: boolean;
  /** For what goes to standard error. */
  style: Style;
  /** How this program is really called. */
  command: string;
  redactor: Redactor;
  /** Messages of findings that were shown already: nothing is told twice in a run. */
  told: Set<string>;
  abort: AbortController;
}

export async function openSession(invocation: Invocation, abort: AbortController): Promise<Session> {
  const { argv, options } = invocation;
  const env = withoutExported(processEnvironment());
  const ci = isCI(env);
  const path = safePath(env, '');
  const { stdinTTY, stderrTTY } = terminals();
  const noInput = !options.input || options.json === true;
  return {
    argv,
    options,
    answers: options.answers === undefined ? {} : await (await import('./answers.ts')).readAnswers(options.answers),
    env,
    path,
    paths: userPaths(env),
    ci,
    agent: isAgent(env),
    interactive: isInteractive({ env, stdinTTY, stderrTTY, noInput }),
    yes: options.yes === true || noInput || ci,
    style: styleFor(env, { isTTY: stderrTTY }, { noColor: !options.color }),
    command: commandName(env, path, givenIn(options, env)),
    invocation,
    redactor: new Redactor(),
    told: new Set(),
    abort,
  };
}

/** How results look: they go to standard output, which may be a file where `session.style` is made for a screen. */
export function resultStyle({ env, options }: Session): Style {
  return styleFor(env, { isTTY: terminals().stdoutTTY }, { noColor: !options.color });
}

/** What a call was given that printed commands repeat, before it is known what they would act on without it. */
export function givenIn(options: Options, env: Env): Given {
  const { directory, manifest } = options;
  return { environment: options.env ?? (env['HOTPASS_BOOTSTRAP_ENV'] || undefined), directory, manifest };
}

/**
 * How this program is called now (a run may have put it onto PATH), once setup has remembered the environment: only CI,
 * which remembers none, goes on naming it.
 */
export function nameFromNow({ env, ci, invocation, options }: Session): string {
  const { environment, ...given } = invocation.repeats ?? givenIn(options, env);
  return commandName(env, safePath(env, ''), ci ? { ...given, environment } : given);
}

/** Commands that go on in another folder by their name alone; of what `run` runs, only the person knows the rest. */
const BY_NAME = new Set(['plan', 'doctor', 'init', 'env', 'undo', 'report']);

/** What is typed again after a mistyped environment: the command itself, or one of its kind that only looks. */
function againWith({ name, actions }: CommandSpec): string {
  if (name === 'setup' || BY_NAME.has(name)) return name;
  const [action] = actions ?? [];
  return action === undefined ? 'plan' : `${name} ${action.name}`;
}

/** Where the project is below this folder, the printed command is the one that was called. */
async function sameCommand(error: unknown, name: string): Promise<never> {
  const { ProjectBelow } = await import('../manifest/locate.ts');
  throw error instanceof ProjectBelow && BY_NAME.has(name) ? error.forCommand(name) : error;
}

/** The workspace of this call; says in one line when its folder was renamed. */
export async function workspaceOf(session: Session, how = { trustStamp: true }): Promise<Workspace> {
  const { options, answers, env, paths, ci } = session;
  const environment = options.env ?? (env['HOTPASS_BOOTSTRAP_ENV'] || undefined) ?? answers.environment;
  const template = options.template ?? answers.template;
  const { openWorkspace } = await import('../engine/workspace.ts');
  const workspace = await openWorkspace({
    directory: options.directory ?? '.',
    ...(options.manifest === undefined ? {} : { manifestFile: options.manifest }),
    ...(template === undefined ? {} : { template }),
    ...(environment === undefined ? {} : { environment }),
    command: againWith(session.invocation.command),
    trustStamp: how.trustStamp && options.recheck !== true,
    env,
    paths,
    ci,
  }).catch(error => sameCommand(error, session.invocation.command.name));
  const { environments } = workspace.loaded;
  const remembered = ci ? undefined : workspace.record?.environment;
  const otherwise = environments.find(name => name === remembered) ?? environments[0];
  const exported = env['HOTPASS_BOOTSTRAP_ENV'] || environment;
  const named = environment !== undefined && (environment !== otherwise || environment !== exported);
  session.invocation.repeats = { ...givenIn(options, env), environment: named ? environment : undefined };
  session.command = commandName(env, session.path, session.invocation.repeats);
  if (workspace.movedFrom !== undefined && !options.quiet && !options.json) {
    say(clean(`${workspace.wanted.workspace} was moved here from ${workspace.movedFrom}; its record follows.`));
  }
  return workspace;
}

/**
 * The store of this machine's secrets, as chosen; nothing is started before its first call, and what it hands out is
 * hidden in all that is said.
 * @param ask asks for the passphrase of a sealed file; `nobody` where none may be asked for.
 */
export async function openStore(
  session: Session,
  root: string,
  ask?: Ask | 'nobody',
): Promise<{ store: SecretStore; choice: Choice }> {
  const [{ chooseStore }, { openChosen }] = await Promise.all([
    import('../secrets/choose.ts'),
    import('../secrets/open.ts'),
  ]);
  const { env, paths, ci, interactive, answers } = session;
  const choice = await chooseStore({ paths, env, ci, interactive, answered: answers.store });
  const store = await openChosen(choice, storePorts(session, root, ask));
  return { store: hidingStore(store, await hiderOf(session)), choice };
}

/** What a store needs of this call. */
export function storePorts(session: Session, root: string, ask?: Ask | 'nobody'): StorePorts {
  const { env, paths, interactive, abort } = session;
  return {
    paths,
    env,
    path: safePath(env, root),
    interactive,
    askPassphrase:
      interactive && ask !== 'nobody'
        ? async (kind, again) => (await import('./passphrase.ts')).askPassphrase(session, ask, kind, again)
        : undefined,
    onWaiting: () => say('Your keychain may ask you something; look for its window.'),
    signal: abort.signal,
  };
}

/** Where a secret of this environment stands in the store. */
export function itemFor(linked: Linked, environment: string, secret: WantedSecret): Item {
  return itemOf(linked.namespace, environment, secret);
}

/**
 * What hands out secrets needs an approved workspace; the environment store holds nothing that is not in the caller's
 * environment already, so it is not guarded (security §1).
 * @throws UserError 3 naming `setup`.
 */
export async function requireApproved(session: Session, workspace: Approved): Promise<void> {
  const { store } = await openStore(session, workspace.wanted.root);
  if (store.name !== 'environment') requireLinked(workspace);
}

/**
 * The link of a workspace whose stored secrets may be used now: linked, and its manifest has not grown since the
 * approval (security §1).
 * @throws UserError 3 naming `setup`.
 */
export function requireLinked(workspace: Approved, next = 'hotpass-bootstrap setup'): Linked {
  const { linked, grown, wanted } = workspace;
  if (linked && grown.length === 0) return linked;
  throw new UserError({
    id: linked ? 'HB502' : 'HB501',
    message: linked
      ? `The manifest of ${wanted.workspace} asks for more than was approved.`
      : `${wanted.root} is not linked to secrets on this machine yet.`,
    cause: linked
      ? `New: ${grown.slice(0, 3).join('; ')}.`
      : 'Only setup links a folder, after showing what it will do.',
    next,
    exit: EXIT.inputNeeded,
  });
}
