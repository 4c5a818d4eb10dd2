import type { Workspace } from '../engine/workspace.ts';
import { workspaceHazards } from '../secrets/hazards.ts';
import { readIndex } from '../secrets/index-file.ts';
import { type FoundSecret, type Injection, injectSecrets } from '../secrets/inject.ts';
import { userOf } from '../secrets/names.ts';
import { itemFor, openStore, requireLinked, type Session } from './session.ts';

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
  // The environment store holds nothing that is not in the caller's environment already, so it is not guarded.
  if (unset.length > 0 && store.name !== 'environment') {
    const linked = requireLinked(workspace);
    index = readIndex(session.paths.state, linked.namespace);
    stored = await store.get(unset.map(secret => itemFor(linked, wanted.environment, secret)));
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
  };
  return injectSecrets(found, where, await workspaceHazards(wanted.root));
}
