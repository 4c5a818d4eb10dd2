import type { Vault } from './vault-client.ts';
import { loginRefused, wrappingForeign, wrappingOpened } from './vault-login-errors.ts';
import { tokenOf, type VaultToken } from './vault-token.ts';

export interface AppRole {
  roleId: string;
  secretId: string | undefined;
  /** A wrapping token that holds the secret id, to be opened once. */
  wrapped: string | undefined;
}

/**
 * Signs in as an AppRole. A wrapped secret id is looked at before it is opened: one that was opened, or that wraps
 * something else, stops everything.
 * @param hide is given the secret id before it is used, as it is or as it was wrapped.
 * @throws VaultError
 */
export async function appRoleLogin(
  vault: Vault,
  mount: string,
  role: AppRole,
  hide: (secret: string) => void,
): Promise<VaultToken> {
  const secretId = role.wrapped === undefined ? role.secretId : await unwrap(vault, role.wrapped);
  if (secretId !== undefined) hide(secretId);
  const body = { role_id: role.roleId, ...(secretId === undefined ? {} : { secret_id: secretId }) };
  const reply = await vault.call('POST', `auth/${mount}/login`, { body });
  const token = tokenOf(reply, 'the AppRole login');
  if (token) return token;
  throw loginRefused(
    vault.settings.address,
    mount,
    'The role id or the secret id',
    secretId === undefined
      ? 'No secret id was given: VAULT_SECRET_ID or VAULT_WRAPPED_SECRET_ID holds it.'
      : 'A secret id can be limited in time and in uses; ask for a new one, or see whether auth-mount names the right login.',
  );
}

async function unwrap(vault: Vault, wrapped: string): Promise<string> {
  const lookup = await vault.call('POST', 'sys/wrapping/lookup', { body: { token: wrapped } });
  if (lookup.status !== 200) throw wrappingOpened();
  const made = lookup.data['creation_path'];
  if (typeof made !== 'string' || !/^auth\/.+\/role\/[^/]+\/secret-id$/.test(made)) throw wrappingForeign();
  const reply = await vault.call('POST', 'sys/wrapping/unwrap', { token: wrapped });
  const secretId = reply.data['secret_id'];
  if (reply.status !== 200 || typeof secretId !== 'string') throw wrappingOpened();
  return secretId;
}
