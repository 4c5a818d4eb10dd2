import { EXIT, InputNeeded, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import { dropCopies } from '../engine/drop-copies.ts';
import type { Workspace } from '../engine/workspace.ts';
import { entryName } from '../manifest/rules.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { refuseDebugging } from '../secrets/debugging.ts';
import { variablesOf } from '../secrets/import/sort.ts';
import { freshEntry, updateIndex } from '../secrets/index-file.ts';
import { describeItem, STORE_WORDS, userOf } from '../secrets/names.ts';
import { checkValue, trimValue, warnAboutValue } from '../secrets/pattern.ts';
import type { SecretStore } from '../secrets/store.ts';
import { forbidCoreFiles } from '../system/core-files.ts';
import { printJson } from '../terminal/json-view.ts';
import { print, say } from '../terminal/output.ts';
import { readStdin, terminals } from '../terminal/streams.ts';
import { openAsk } from './asking.ts';
import { warnAboutKeyring } from './keyring-warning.ts';
import { storeFor } from './secret-values.ts';
import { itemFor, openStore, requireLinked, type Session } from './session.ts';

/** `secrets set NAME`: the value comes from standard input, or from a prompt on a terminal. */
export async function setSecret(session: Session, workspace: Workspace, name: string | undefined): Promise<number> {
  const secret = declared(workspace, name);
  const linked = requireLinked(workspace);
  const { store, choice } = await openStore(session, workspace.wanted.root);
  requireWritable(store);
  refuseDebugging(session.env);
  forbidCoreFiles();
  warnAboutKeyring(session, choice);
  const value = await validValue(session, secret, 'set', workspace.wanted.root);
  const item = itemFor(linked, workspace.wanted.environment, secret);
  await store.set(item, value);
  await updateIndex(session.paths.state, linked.namespace, {
    [item.user]: freshEntry(store.name, secret.audience, true),
  });
  return answer(
    session,
    { action: 'set', secret: secret.name },
    `${secret.name} is stored: ${describeItem(item, store.name)}${
      secret.audience === undefined ? '' : `, for ${secret.audience} only`
    }.`,
  );
}

/** `secrets get NAME`: into a pipe or a file; on a terminal only with --reveal. */
export async function readSecret(session: Session, workspace: Workspace, name: string | undefined): Promise<number> {
  const secret = declared(workspace, name);
  const linked = requireLinked(workspace);
  if (terminals().stdoutTTY && !session.options.reveal) {
    throw new UserError({
      message: 'A secret is shown on a terminal only when you ask for it.',
      cause: 'It would stay in the scrollback; a pipe or a file keeps it off the screen.',
      next: `hotpass-bootstrap secrets get ${secret.name} --reveal`,
      exit: EXIT.invalid,
    });
  }
  const store = await storeFor(session, workspace, [secret]);
  const [value] = await store.get([itemFor(linked, workspace.wanted.environment, secret)]);
  if (value === undefined) {
    throw new InputNeeded({
      message: `${secret.name} is not stored for ${workspace.wanted.environment}.`,
      cause: `${store.name === 'vault' ? '' : 'The '}${STORE_WORDS[store.name]} was asked and has none.`,
      next: store.writable ? `hotpass-bootstrap secrets set ${secret.name}` : 'hotpass-bootstrap secrets where',
    });
  }
  if (session.options.json) printJson({ schema: 1, kind: 'secrets', action: 'get', secret: secret.name, value });
  else print(value);
  return EXIT.ok;
}

/** `secrets remove NAME`: from the store and the index; no copy is kept. */
export async function removeSecret(session: Session, workspace: Workspace, name: string | undefined): Promise<number> {
  const secret = declared(workspace, name);
  const linked = requireLinked(workspace);
  const { store } = await openStore(session, workspace.wanted.root);
  requireWritable(store);
  const item = itemFor(linked, workspace.wanted.environment, secret);
  const removed = await store.remove(item);
  await updateIndex(session.paths.state, linked.namespace, {
    [userOf(workspace.wanted.environment, secret)]: undefined,
  });
  await dropCopies(linked.state, item, store, variablesOf(secret));
  const text = removed ? `${secret.name} is removed; no copy is kept.` : `${secret.name} was not stored.`;
  return answer(session, { action: 'remove', secret: secret.name, removed }, text);
}

/** Ends a command of one secret: a document with --json, else a sentence. @returns 0. */
export function answer(session: Session, document: Record<string, unknown>, text: string): number {
  if (session.options.json) printJson({ schema: 1, kind: 'secrets', ...document });
  else if (!session.options.quiet) say(text);
  return EXIT.ok;
}

/**
 * A new value from standard input or a prompt, checked against what the manifest says of it.
 * @param action to be typed again when it will not do.
 * @throws UserError 78 when it will not do, 3 when there is none.
 */
export async function validValue(
  session: Session,
  secret: WantedSecret,
  action: 'set' | 'rotate',
  root: string,
): Promise<string> {
  const { fromKeytar } = session.options;
  const value =
    fromKeytar === undefined
      ? await valueFor(session, secret, action)
      : trimValue(await (await import('./keytar-value.ts')).keytarValue(session, root, fromKeytar));
  session.redactor.add(value);
  const problem = checkValue(secret, value);
  if (problem !== undefined) {
    throw new UserError({
      message: `That does not look like a value for ${secret.name}.`,
      cause: problem,
      next: `hotpass-bootstrap secrets ${action} ${secret.name}`,
      exit: EXIT.invalid,
    });
  }
  const warning = warnAboutValue(value);
  if (warning !== undefined && !session.options.quiet)
    say(`The value of ${secret.name} will hardly be hidden in logs: ${warning}.`);
  return value;
}

async function valueFor(session: Session, secret: WantedSecret, action: string): Promise<string> {
  if (!terminals().stdinTTY) {
    const given = await readStdin();
    if ('text' in given && given.text !== '') return trimValue(given.text);
    throw new InputNeeded({
      message:
        'text' in given ? 'There was no value on standard input.' : `The value on standard input ${given.refused}.`,
      cause: 'A secret is taken from standard input or from a prompt, never from an argument.',
      next: `hotpass-bootstrap secrets ${action} ${secret.name} < FILE`,
    });
  }
  const ask = await openAsk(session);
  const given = await ask(
    {
      kind: 'secret',
      id: secret.name,
      message: secret.name,
      description: secret.description,
      ...(secret.obtain === undefined ? {} : { obtain: secret.obtain }),
      optional: false,
      validate: value => checkValue(secret, trimValue(value)),
    },
    session.abort.signal,
  );
  if (given.kind !== 'value') throw new Error('a required secret was skipped');
  return trimValue(given.value);
}

/** @throws UserError 69 for a store that cannot be written to. */
export function requireWritable(store: SecretStore): void {
  if (store.writable) return;
  throw new UserError({
    message: `The ${store.name} store is read-only: nothing can be stored in it.`,
    cause: 'Here secrets come from variables of the environment, which whoever starts this program sets.',
    next: 'hotpass-bootstrap secrets where --use keychain',
    exit: EXIT.unreachable,
  });
}

/** The secret of this name in the environment. @throws UserError 64 with the nearest name. */
export function declared(workspace: Workspace, name: string | undefined): WantedSecret {
  const { secrets, environment } = workspace.wanted;
  const names = secrets.map(secret => secret.name);
  const secret = secrets.find(candidate => candidate.name === name);
  if (secret) return secret;
  // What cannot be a name may be a value that was pasted in its place, and is not repeated.
  const plain = name !== undefined && entryName(name) === undefined;
  const near = name === undefined ? undefined : nearest(name, names);
  throw new UserError({
    message:
      name === undefined
        ? 'Which secret?'
        : plain
          ? `${environment} declares no secret called ${name}.`
          : 'That is not the name of a secret.',
    cause:
      names.length === 0
        ? `The environment ${environment} of this manifest declares no secrets.`
        : `It declares: ${names.join(', ')}.${near ? ` Did you mean ${near}?` : ''}`,
    next: 'hotpass-bootstrap secrets list',
    exit: EXIT.usage,
  });
}
