import type { Env } from '../system/environment.ts';
import type { UserPaths } from '../system/paths.ts';
import { appRoleLogin } from './vault-approle.ts';
import { type Vault, vaultClient } from './vault-client.ts';
import { TOKEN_FILE, tokenRefused, VaultError } from './vault-errors.ts';
import { jwtLogin } from './vault-jwt.ts';
import { noWayIn, untrustedJob } from './vault-login-errors.ts';
import { type BrowserLogin, oidcLogin } from './vault-oidc.ts';
import { readyFor, storedToken } from './vault-ready.ts';
import { assertAccepted } from './vault-refusal.ts';
import { type VaultSettings, vaultVariable } from './vault-settings.ts';
import type { VaultToken } from './vault-token.ts';

/** Who signs in, and where from. */
export interface VaultLogin {
  settings: VaultSettings;
  env: Env;
  paths: UserPaths;
  /** Undefined where nobody can be asked. */
  browser: BrowserLogin | undefined;
  /** Why this CI job gets no token, or undefined (security §2). */
  untrusted: string | undefined;
  /** Every token and secret id on its way, so that it is hidden wherever it would be printed. */
  hide: (secret: string) => void;
  signal: AbortSignal;
}

/** How long Vault may take to revoke a token. */
const REVOKE_MS = 2000;

/**
 * Signs in, works, and revokes the token if it was made for this. Tokens stay in memory.
 * @throws VaultError
 */
export async function withVault<T>(login: VaultLogin, work: (vault: Vault, by: VaultToken) => Promise<T>): Promise<T> {
  if (login.untrusted !== undefined) throw untrustedJob(login.untrusted);
  const vault = vaultClient(login.settings, login.env, login.signal);
  const by = await signIn(vault, login);
  login.hide(by.token);
  try {
    return await work(vault, by);
  } finally {
    await takeBack(login, by);
  }
}

/**
 * Revokes a token of ours, also when the work was interrupted: that must not stop this too. That it could not be done is
 * no failure: the token ends by itself.
 */
async function takeBack({ settings, env }: VaultLogin, { token, revocable }: VaultToken): Promise<void> {
  if (!revocable) return;
  try {
    const vault = vaultClient(settings, env, AbortSignal.timeout(REVOKE_MS));
    await vault.call('POST', 'auth/token/revoke-self', { token });
  } catch {}
}

/** Token variable, CI identity, AppRole, the token of `vault login`, the browser: the first that is there. */
async function signIn(vault: Vault, login: VaultLogin): Promise<VaultToken> {
  const { settings, env, paths, browser, signal, hide } = login;
  const { kinds, note } = readyFor(settings, env, paths);
  if (kinds.has('token')) {
    const how = env['VAULT_TOKEN'] ? 'VAULT_TOKEN' : 'BAO_TOKEN';
    return accepted(vault, { token: vaultVariable(env, 'TOKEN') ?? '', how, revocable: false });
  }
  if (kinds.has('jwt')) return jwtLogin(vault, settings.authMount ?? 'jwt', env, hide, signal);
  if (kinds.has('approle')) {
    const [secretId, wrapped] = [vaultVariable(env, 'SECRET_ID'), vaultVariable(env, 'WRAPPED_SECRET_ID')];
    if (wrapped !== undefined) hide(wrapped);
    const role = { roleId: vaultVariable(env, 'ROLE_ID') ?? '', secretId, wrapped };
    return appRoleLogin(vault, settings.authMount ?? 'approle', role, hide);
  }
  if (kinds.has('file')) {
    try {
      return await accepted(vault, { token: storedToken(paths) ?? '', how: TOKEN_FILE, revocable: false });
    } catch (error) {
      // It expires every day: a person signs in anew.
      if (!(error instanceof VaultError) || error.id !== 'HB362' || !browser) throw error;
    }
  }
  if (!browser) throw noWayIn(settings, note === undefined ? [] : [note]);
  if (note !== undefined) browser.say(note);
  const mounts = [...new Set([settings.authMount ?? 'oidc', 'oidc'])];
  return oidcLogin(vault, mounts, browser, signal);
}

/** @throws VaultError when the token is no longer good, or can be none. */
async function accepted(vault: Vault, by: VaultToken): Promise<VaultToken> {
  if (!/^[\x21-\x7E]+$/.test(by.token)) throw tokenRefused(vault.settings.address, by.how);
  await assertAccepted(vault, by);
  return by;
}
