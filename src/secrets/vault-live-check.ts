import type { LiveAnswer } from '../core/live-check.ts';
import type { Env } from '../system/environment.ts';
import { vaultClient } from './vault-client.ts';
import { VaultError } from './vault-errors.ts';
import type { VaultSettings } from './vault-settings.ts';

/**
 * Asks Vault about a token (`lookup-self`), at the address that this person has chosen in the environment or in
 * config.toml: what a manifest suggests is no place for a token (security §3).
 */
export async function checkVaultToken(
  settings: VaultSettings | undefined,
  token: string,
  env: Env,
  signal: AbortSignal,
): Promise<LiveAnswer> {
  if (settings === undefined || settings.from === 'manifest')
    return { kind: 'unreachable', why: 'No Vault is named: VAULT_ADDR is not set.' };
  if (!/^[\x21-\x7E]+$/.test(token)) return { kind: 'refused', why: 'It holds characters that a token cannot have.' };
  const { host } = new URL(settings.address);
  try {
    const { status } = await vaultClient(settings, env, signal).call('GET', 'auth/token/lookup-self', { token });
    if (status === 200) return { kind: 'accepted' };
    return status === 403
      ? { kind: 'refused', why: `The Vault at ${host} does not accept it.` }
      : { kind: 'unreachable', why: `${host} answered ${status}.` };
  } catch (error) {
    if (signal.aborted || !(error instanceof VaultError)) throw error;
    return { kind: 'unreachable', why: error.message };
  }
}
