import { InputNeeded } from '../core/errors.ts';
import { errorFromHere } from '../engine/from-here.ts';
import type { Linked } from '../engine/step.ts';
import type { Approved } from '../engine/workspace.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { workspaceHazards } from '../secrets/hazards.ts';
import { indexCorrections } from '../secrets/index-corrections.ts';
import { hasIndex, readIndex, updateIndex } from '../secrets/index-file.ts';
import { type FoundSecret, type Injection, injectSecrets } from '../secrets/inject.ts';
import { itemOf, userOf } from '../secrets/names.ts';
import type { Item, SecretStore } from '../secrets/store.ts';
import { StoreError } from '../secrets/store-error.ts';
import { forbidCoreFiles } from '../system/core-files.ts';
import { say } from '../terminal/output.ts';
import { openStore, requireLinked, type Session } from './session.ts';
import { vaultBehind } from './store-behind.ts';

/**
 * The secrets of the environment with their targets: from the caller's environment where it has them, else all others
 * in one call to the store. An environment that declares none opens nothing.
 * @param meanwhile called once, while the store is being asked where it has to be.
 * @throws InputNeeded 3 for what is missing or not linked, UserError 69 or 78 from the store and the rules.
 */
export async function gatherSecrets(session: Session, workspace: Approved, meanwhile = () => {}): Promise<Injection> {
  const { wanted } = workspace;
  const declared = wanted.secrets.filter(secret => secret.index === undefined);
  if (declared.length === 0) {
    meanwhile();
    return { variables: {}, remove: [] };
  }
  forbidCoreFiles();
  const unset = declared.filter(secret => !session.env[secret.env]);
  // What the caller gave needs no store, so a broken one does not matter.
  const store = unset.length === 0 ? undefined : await storeFor(session, workspace, unset);
  let reading: Promise<(string | undefined)[]> = Promise.resolve([]);
  let index: ReturnType<typeof readIndex> = {};
  let linked: Linked | undefined;
  // The environment store holds nothing that is not in the caller's environment already, so it is not guarded.
  if (store && store.name !== 'environment') {
    linked = requireLinked(workspace);
    index = readIndex(session.paths.state, linked.namespace);
    const { namespace } = linked;
    requireOwnItems(store.name === 'vault' || hasIndex(session.paths.state, namespace));
    reading = readStored(store, unset, secret => itemOf(namespace, wanted.environment, secret));
  }
  meanwhile();
  const [stored, hazards] = await Promise.all([reading, workspaceHazards(wanted.root, '.')]);
  const found: FoundSecret[] = declared.map(secret => {
    const at = unset.indexOf(secret);
    if (at === -1) return { secret, value: session.env[secret.env], from: 'caller', audience: undefined };
    const entry = index[userOf(wanted.environment, secret)];
    return { secret, value: stored[at], from: 'store', audience: entry?.audience };
  });
  for (const { value } of found) if (value) session.redactor.add(value);
  const where = {
    environment: wanted.environment,
    prefectApiUrl: wanted.prefect?.apiUrl,
    otlpEndpoint: wanted.telemetry.endpoint,
    variables: wanted.envFile.variables,
    writable: store?.writable ?? true,
  };
  if (linked && store && stored.length > 0) {
    const corrections = indexCorrections(found, { store, environment: wanted.environment, index });
    await updateIndex(session.paths.state, linked.namespace, corrections);
  }
  try {
    return injectSecrets(found, where, hazards);
  } catch (error) {
    throw errorFromHere(wanted.root, error);
  }
}

/** The store for what is not set, with Vault behind it where that can have some of it. */
export async function storeFor(
  session: Session,
  workspace: Approved,
  unset: readonly WantedSecret[],
): Promise<SecretStore> {
  const { store } = await openStore(session, workspace.wanted.root);
  const isThere = unset.some(secret => secret.vault !== undefined);
  const mayAsk = isThere && (workspace.linked !== undefined || unset.some(secret => secret.required));
  return mayAsk ? vaultBehind(session, workspace, store, () => workspace.grown.length === 0) : store;
}

/**
 * One call for all. A store that cannot answer stops nothing that can do without it.
 * @returns [] when it could not, and all of them are optional.
 * @throws StoreError naming the required ones.
 */
async function readStored(
  store: SecretStore,
  secrets: readonly WantedSecret[],
  itemOf: (secret: WantedSecret) => Item,
): Promise<(string | undefined)[]> {
  try {
    return await store.get(secrets.map(itemOf));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const required = secrets.filter(secret => secret.required).map(({ name, env }) => `${name} (${env})`);
    if (required.length > 0) throw error.neededFor(required);
    say(`${error.message} So ${secrets.map(({ name }) => name).join(', ')} cannot be read; optional, so this goes on.`);
    return [];
  }
}

/** Items of a namespace that was never used from here belong to somebody else until setup has asked (security §1). */
function requireOwnItems(own: boolean): void {
  if (own) return;
  throw new InputNeeded({
    message: 'No secret was stored for this workspace from here yet.',
    cause: 'setup asks for them, or whether items that are already in your keychain may be used.',
    next: 'hotpass-bootstrap setup',
  });
}
