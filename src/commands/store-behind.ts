import type { Approved } from '../engine/workspace.ts';
import type { SecretStore } from '../secrets/store.ts';
import type { Session } from './session.ts';

/**
 * The store, with Vault behind it where nothing is stored and the environment has secrets with a place there (design
 * §5a). Nothing of Vault is loaded for the others.
 * @param approved has the person approved what the manifest suggests?
 */
export async function vaultBehind(
  session: Session,
  workspace: Pick<Approved, 'wanted'>,
  store: SecretStore,
  approved: () => boolean,
): Promise<SecretStore> {
  const { secrets } = workspace.wanted;
  if (store.name !== 'environment' || secrets.every(({ vault }) => vault === undefined)) return store;
  const { withVaultBehind } = await import('./vault-access.ts');
  return withVaultBehind(session, workspace, store, approved);
}
