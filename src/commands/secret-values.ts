import { InputNeeded } from '../core/errors.ts';
import type { Linked } from '../engine/step.ts';
import type { Workspace } from '../engine/workspace.ts';
import { workspaceHazards } from '../secrets/hazards.ts';
import { indexCorrections } from '../secrets/index-corrections.ts';
import { hasIndex, readIndex, updateIndex } from '../secrets/index-file.ts';
import { type FoundSecret, type Injection, injectSecrets } from '../secrets/inject.ts';
import { itemOf, userOf } from '../secrets/names.ts';
import { openStore, requireLinked, type Session } from './session.ts';

/**
 * The secrets of the environment with their targets: from the caller's environment where it has them, else all others
 * in one call to the store. An environment that declares none opens nothing.
 * @throws InputNeeded 3 for what is missing or not linked, UserError 69 or 78 from the store and the rules.
 */
export async function gatherSecrets(session: Session, workspace: Workspace): Promise<Injection> {
  const { wanted } = workspace;
  const declared = wanted.secrets.filter(secret => secret.index === undefined);
  if (declared.length === 0) {
    return { variables: {}, remove: [] };
  }
  const { store } = await openStore(session, wanted.root);
  const unset = declared.filter(secret => !session.env[secret.env]);
  let stored: (string | undefined)[] = [];
  let index: ReturnType<typeof readIndex> = {};
  let linked: Linked | undefined;
  // The environment store holds nothing that is not in the caller's environment already, so it is not guarded.
  if (unset.length > 0 && store.name !== 'environment') {
    linked = requireLinked(workspace);
    index = readIndex(session.paths.state, linked.namespace);
    const { namespace } = linked;
    requireOwnItems(hasIndex(session.paths.state, namespace));
    stored = await store.get(unset.map(secret => itemOf(namespace, wanted.environment, secret)));
  }
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
    writable: store.writable,
  };
  if (linked) {
    const corrections = indexCorrections(found, { store, environment: wanted.environment, index });
    await updateIndex(session.paths.state, linked.namespace, corrections);
  }
  return injectSecrets(found, where, await workspaceHazards(wanted.root));
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
