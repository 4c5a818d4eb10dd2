import type { Vault } from './vault-client.ts';
import { denied, noMount, tokenRefused, type VaultError } from './vault-errors.ts';
import type { VaultToken } from './vault-token.ts';

/**
 * What a 403 means is not in its text: the token is asked about itself, then about the path (facts secrets §3.3).
 * @param full path as people name it, mount first.
 */
export async function explainRefusal(vault: Vault, by: VaultToken, full: string): Promise<VaultError> {
  await assertAccepted(vault, by);
  const [mount = '', ...rest] = full.split('/');
  const [second, plain] = [`${mount}/data/${rest.join('/')}`, full];
  const rights = [...(await rightsOn(vault, by, second)), ...(await rightsOn(vault, by, plain))];
  // Vault says 403 for a mount that is not there too: a token that may read the path shows that.
  return rights.some(right => right === 'root' || right === 'read') ? noMount(full) : denied(second, 'read');
}

/** @throws VaultError when the token is no longer good. */
export async function assertAccepted(vault: Vault, by: VaultToken): Promise<void> {
  const { status } = await vault.call('GET', 'auth/token/lookup-self', { token: by.token });
  if (status === 403) throw tokenRefused(vault.settings.address, by.how);
}

/**
 * What the token may do at a path, e.g. `['read']`, `['deny']` or `['root']`.
 * @throws VaultError when the token is no longer good: then it may not ask either.
 */
export async function rightsOn(vault: Vault, by: VaultToken, path: string): Promise<string[]> {
  const { status, data } = await vault.call('POST', 'sys/capabilities-self', {
    token: by.token,
    body: { paths: [path] },
  });
  if (status === 403) await assertAccepted(vault, by);
  const rights = data[path];
  return Array.isArray(rights) ? rights.filter(right => typeof right === 'string') : [];
}
