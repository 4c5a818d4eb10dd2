import { EXIT, UserError } from '../core/errors.ts';
import type { LiveAnswer } from '../core/live-check.ts';
import { dropCopies } from '../engine/drop-copies.ts';
import type { Workspace } from '../engine/workspace.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { refuseDebugging } from '../secrets/debugging.ts';
import { variablesOf } from '../secrets/import/sort.ts';
import { freshEntry, readIndex, updateIndex } from '../secrets/index-file.ts';
import { requireOrigin } from '../secrets/inject.ts';
import { describeItem } from '../secrets/names.ts';
import { forbidCoreFiles } from '../system/core-files.ts';
import { clean } from '../terminal/clean.ts';
import { say } from '../terminal/output.ts';
import { warnAboutKeyring } from './keyring-warning.ts';
import { liveCheck, showToService } from './live-checking.ts';
import { answer, declared, requireWritable, validValue } from './secrets-item.ts';
import { itemFor, openStore, requireLinked, type Session } from './session.ts';

/**
 * `secrets rotate NAME`: the new value is shown to its service first; only when that accepts it does it take the old
 * one's place, of which no copy is kept, nor of the ones before (contracts §5).
 */
export async function rotateSecret(session: Session, workspace: Workspace, name: string | undefined): Promise<number> {
  const secret = declared(workspace, name);
  const linked = requireLinked(workspace);
  const { store, choice } = await openStore(session, workspace.wanted.root);
  requireWritable(store);
  refuseDebugging(session.env);
  forbidCoreFiles();
  if (session.options.offline) throw offline(secret);
  warnAboutKeyring(session, choice);
  const { environment } = workspace.wanted;
  const item = itemFor(linked, environment, secret);
  const { state } = session.paths;
  const entry = readIndex(state, linked.namespace)[item.user];
  requireOrigin(secret, entry?.audience);
  // Read first: who cannot be asked for the old value will not take the new one.
  const [before] = await store.get([item]);
  const value = await validValue(session, secret, 'rotate', workspace.wanted.root);
  if (value === before) throw theSame(secret);
  const said = await showToService({ secret, value, from: 'store', entry }, session, workspace);
  if (said?.kind === 'refused' || said?.kind === 'unreachable') throw notStored(secret, said, before !== undefined);
  await store.set(item, value);
  const live = liveCheck(said);
  const stored = freshEntry(store.name, secret.audience, true);
  await updateIndex(state, linked.namespace, { [item.user]: live === undefined ? stored : { ...stored, live } });
  const words = [...variablesOf(secret), ...(before === undefined ? [] : [before])];
  const dropped = await dropCopies(linked.state, item, store, words);
  const isFirst = before === undefined;
  tellShadow(session, secret, isFirst);
  const kept = dropped
    ? isFirst
      ? 'There was none before.'
      : 'No copy of the former one is kept.'
    : 'Copies of former ones that undo had kept could not be deleted now; that is tried again for 14 days.';
  return answer(
    session,
    { action: 'rotate', secret: secret.name, checked: said?.kind ?? 'unchecked', replaced: !isFirst },
    `${secret.name} is ${isFirst ? 'stored' : 'renewed'}: ${describeItem(item, store.name)}. ${wordsFor(said)} ${kept}`,
  );
}

function wordsFor(said: LiveAnswer | undefined): string {
  if (said === undefined) return 'It was not checked: the manifest names no check for it.';
  return said.kind === 'accepted'
    ? 'Its service accepts it.'
    : `It could not be checked. ${'why' in said ? said.why : ''}`;
}

/** A variable of the shell comes first, also when it holds the old value. */
function tellShadow({ env, options }: Session, secret: WantedSecret, isFirst: boolean): void {
  if (!env[secret.env] || options.quiet) return;
  say(
    `${secret.env} is set in your shell and comes first${isFirst ? '' : '; if it holds the former value'}: unset ${secret.env}`,
  );
}

function notStored(
  secret: WantedSecret,
  said: Extract<LiveAnswer, { kind: 'refused' | 'unreachable' }>,
  hasOld: boolean,
): UserError {
  const refused = said.kind === 'refused';
  return new UserError({
    id: refused ? 'HB392' : 'HB393',
    message: refused
      ? `The new value of ${secret.name} is not accepted, so it was not stored.`
      : `The new value of ${secret.name} could not be checked, so it was not stored.`,
    cause: `${clean(said.why)}${hasOld ? ' The former value is still in its place.' : ''}`,
    next: refused
      ? `hotpass-bootstrap secrets rotate ${secret.name}`
      : `hotpass-bootstrap secrets check ${secret.name}`,
    exit: refused ? EXIT.invalid : EXIT.unreachable,
  });
}

function theSame(secret: WantedSecret): UserError {
  return new UserError({
    message: `That is the value ${secret.name} has already.`,
    cause: 'To renew it, make a new one where it comes from, then give that.',
    next: `hotpass-bootstrap secrets rotate ${secret.name}`,
    exit: EXIT.invalid,
  });
}

function offline(secret: WantedSecret): UserError {
  return new UserError({
    message: 'A new value is shown to its service before the former one goes, and that needs the network.',
    cause: 'secrets set stores a value without asking anybody.',
    next: `hotpass-bootstrap secrets set ${secret.name}`,
    exit: EXIT.usage,
  });
}
