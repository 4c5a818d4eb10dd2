import { EXIT } from '../core/errors.ts';
import { dueCopies } from '../engine/expire-copies.ts';
import { listRuns } from '../engine/journal.ts';
import type { Linked } from '../engine/step.ts';
import type { Workspace } from '../engine/workspace.ts';
import { readIndex, updateIndex } from '../secrets/index-file.ts';
import { serviceOf, userOf } from '../secrets/names.ts';
import { openKeychain, openSealed } from '../secrets/open.ts';
import {
  doubledRepairs,
  leftoverRepair,
  type Repair,
  remakeRepair,
  repairCopy,
  sealedRepairs,
} from '../secrets/repair.ts';
import { type SealedFile, sealedFilePath } from '../secrets/sealed-file.ts';
import type { Item, SecretStore } from '../secrets/store.ts';
import { StoreError } from '../secrets/store-error.ts';
import { lstatOf } from '../system/files.ts';
import { clean } from '../terminal/clean.ts';
import { printJson } from '../terminal/json-view.ts';
import { say } from '../terminal/output.ts';
import { confirmed, openAsk } from './asking.ts';
import { openStore, requireLinked, type Session, storePorts } from './session.ts';
import { counted } from './words.ts';

/** `secrets repair`: looks for what can be mended, shows it, and does it after one confirmation. */
export async function repairSecrets(session: Session, workspace: Workspace): Promise<number> {
  const { root } = workspace.wanted;
  const { choice } = await openStore(session, root);
  const linked = requireLinked(workspace);
  const ports = storePorts(session, root, session.interactive ? await openAsk(session) : 'nobody');
  const found: Repair[] = [];
  // A store that cannot answer is no reason to leave the other one as it is.
  let trouble: StoreError | undefined;
  const look = async (one: () => Promise<Repair[]>): Promise<void> => {
    try {
      found.push(...(await one()));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      trouble ??= error;
    }
  };
  const path = sealedFilePath(session.paths.state);
  // One that is not used is in the way as well, once somebody wants to use it; nobody is asked for a passphrase for it.
  const { key = 'keychain' } = choice;
  const counts =
    choice.store === 'sealed-file' || key.startsWith('file:') || (choice.store === 'keychain' && key === 'keychain');
  if (counts && lstatOf(path) !== undefined) {
    const sealed = await openSealed(key, ports);
    await look(() => sealedRepairs(path, sealed));
    const opens = trouble === undefined && !found.some(repair => repair.lost);
    if (opens) await look(async () => leftoverRepair(sealed, await sealedLeftovers(linked, sealed)));
    if (opens && choice.store === 'sealed-file') await look(() => indexRepair(session, linked, sealed));
  }
  if (choice.store === 'keychain') {
    const keychain = openKeychain(ports);
    const items = knownItems(session, workspace, linked);
    const before = found.length;
    await look(() => doubledRepairs(keychain, items));
    // What is there twice cannot be read until it is mended.
    if (found.length === before) {
      await look(() => leftoverRepair(keychain, leftovers(linked)));
      await look(() => indexRepair(session, linked, keychain));
    }
    if (process.platform === 'darwin' && items.length > 0) found.push(remakeRepair(keychain, items));
  }
  return carryOut(session, found, trouble);
}

async function carryOut(session: Session, found: readonly Repair[], trouble: StoreError | undefined): Promise<number> {
  const { json, quiet } = session.options;
  const tell = (text: string): void => {
    if (!json && !quiet) say(clean(text));
  };
  if (found.length === 0 && trouble === undefined) tell('Nothing to repair.');
  for (const { what } of found) tell(`- ${what}`);
  const go =
    found.length > 0 &&
    (await confirmed(
      session,
      `Do ${found.length === 1 ? 'this' : 'these'}?`,
      'hotpass-bootstrap secrets repair --yes',
    ));
  if (go) for (const repair of found) await repair.apply();
  if (go) tell(`${counted(found.length, 'repair')} done.`);
  if (json) {
    const repairs = found.map(({ what }) => ({ what, done: go }));
    printJson({ schema: 1, kind: 'secrets', action: 'repair', repairs, trouble: trouble?.message ?? null });
  }
  if (trouble === undefined) return found.length > 0 && !go ? EXIT.inputNeeded : EXIT.ok;
  if (json) return trouble.exit;
  throw trouble;
}

/** The items that this workspace may have: what the index knows and what the environment declares. */
function knownItems(session: Session, { wanted }: Workspace, { namespace }: Linked): Item[] {
  const users = new Set(Object.keys(readIndex(session.paths.state, namespace)));
  for (const secret of wanted.secrets) users.add(userOf(wanted.environment, secret));
  return [...users].map(user => ({ service: serviceOf(namespace), user, env: '' }));
}

function leftovers(linked: Linked): Item[] {
  return dueCopies(linked).map(copy => ({ ...copy, env: '' }));
}

/** A sealed file can be listed, so copies of runs whose journal is gone are found too. */
async function sealedLeftovers(linked: Linked, sealed: SealedFile): Promise<Item[]> {
  const service = serviceOf(linked.namespace);
  const runs = new Set(listRuns(linked.state));
  const orphans = (await sealed.list()).filter(item => {
    const run = /^\.journal\/([^/]+)\//.exec(item.user)?.[1];
    return item.service === service && run !== undefined && !runs.has(run);
  });
  return [...leftovers(linked), ...orphans.map(item => ({ ...item, env: '' }))];
}

/** Entries of the index that the store knows nothing of, nor has a copy of from a repair that was interrupted. */
async function indexRepair(session: Session, { namespace }: Linked, store: SecretStore): Promise<Repair[]> {
  const { state } = session.paths;
  const index = readIndex(state, namespace);
  const users = Object.keys(index).filter(user => index[user]?.store === store.name);
  const items = users.map(user => ({ service: serviceOf(namespace), user, env: '' }));
  const values = await store.get([...items, ...items.map(repairCopy)]);
  const gone = users.filter((_, at) => values[at] === undefined && values[users.length + at] === undefined);
  if (gone.length === 0) return [];
  const changes = Object.fromEntries(gone.map(user => [user, undefined]));
  const what = `forget that ${gone.join(', ')} ${gone.length === 1 ? 'was' : 'were'} stored: the store has nothing of that name`;
  return [{ what, apply: () => updateIndex(state, namespace, changes) }];
}
