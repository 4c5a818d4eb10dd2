import { UserError } from '../../src/core/errors.ts';
import { type VaultLogin, withVault } from '../../src/secrets/vault-login.ts';
import { readFromVault, type VaultFinding } from '../../src/secrets/vault-read.ts';
import { type VaultSuggestion, vaultSettings } from '../../src/secrets/vault-settings.ts';
import { userPaths } from '../../src/system/paths.ts';
import { temporary } from './tools.ts';

/** A way in at Vault with these variables, an empty HOME, and nobody to ask. */
export function vaultLogin(
  env: Record<string, string>,
  more: Partial<VaultLogin> & { suggestion?: VaultSuggestion; home?: string } = {},
): VaultLogin {
  const { suggestion, home = temporary('hb-vault-'), ...rest } = more;
  const paths = userPaths({ HOME: home });
  const settings = vaultSettings(env, paths, suggestion);
  if (settings === undefined) throw new Error('no Vault is named');
  return {
    settings,
    env,
    paths,
    browser: undefined,
    untrusted: undefined,
    hide: () => {},
    signal: new AbortController().signal,
    ...rest,
  };
}

/** What Vault says of one `path#field`. */
export async function readOne(login: VaultLogin, reference: string): Promise<VaultFinding> {
  const found = await withVault(login, (vault, by) => readFromVault(vault, by, [{ name: 'one', vault: reference }]));
  const one = found.get('one');
  if (one === undefined) throw new Error('nothing was found');
  return one;
}

/** The error of a call that must fail. No canary may stand in it. */
export async function failure(call: Promise<unknown>): Promise<UserError> {
  const error = await call.then(
    value => new Error(`no failure but ${Object.keys(value ?? {})}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw error;
  const text = JSON.stringify([error.message, error.why, error.next, error.details, error.stack]);
  if (text.includes('canary')) throw new Error('a canary stands in the error');
  return error;
}
