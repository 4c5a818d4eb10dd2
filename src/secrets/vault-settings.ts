import { join } from 'node:path';
import type { Env } from '../system/environment.ts';
import type { UserPaths } from '../system/paths.ts';
import { configOf } from '../system/user-config.ts';
import { refusedTarget } from './origin.ts';
import { addressRefused, badPath } from './vault-errors.ts';

/** `[vault]` of a manifest, as far as a person has approved it. */
export interface VaultSuggestion {
  address?: string | undefined;
  namespace?: string | undefined;
  mount?: string | undefined;
  role?: string | undefined;
  'auth-mount'?: string | undefined;
}

/** Which Vault, and how to sign in there. */
export interface VaultSettings {
  /** Without a slash at its end: `https://vault.example.com`. */
  address: string;
  /** Who named the address: credentials that lie here ready go to the first two only. */
  from: 'environment' | 'config' | 'manifest';
  namespace: string | undefined;
  /** File of the only certificate authorities to trust. */
  caFile: string | undefined;
  /** Mount that the paths of the manifest begin below; undefined: they begin with it. */
  mount: string | undefined;
  role: string | undefined;
  authMount: string | undefined;
  /** Audience of the token that GitHub issues for a job. */
  audience: string;
}

/** A variable of Vault or of OpenBao, in this order; empty counts as not set. */
export function vaultVariable(env: Env, name: string): string | undefined {
  return env[`VAULT_${name}`] || env[`BAO_${name}`] || undefined;
}

/**
 * The Vault of this person: from the environment, else from `[vault]` of config.toml, else what an approved manifest
 * suggests (security §3). Undefined when nobody names one.
 * @param suggestion undefined while the manifest is not approved.
 * @throws UserError 78 for an address that no credential may be sent to.
 */
export function vaultSettings(
  env: Env,
  paths: UserPaths,
  suggestion: VaultSuggestion | undefined,
): VaultSettings | undefined {
  const config = readConfig(paths);
  const choices = [
    ['environment', vaultVariable(env, 'ADDR')],
    ['config', config['address']],
    ['manifest', suggestion?.address],
  ] as const;
  const [from, address] = choices.find(([, url]) => url !== undefined) ?? [];
  if (from === undefined || address === undefined) return undefined;
  const reason = refusedTarget(address);
  if (reason !== undefined) throw addressRefused(from, reason);
  const { origin, pathname } = new URL(address);
  return {
    // As copied from the browser, or with the API's own folder: both are added again.
    address: `${origin}${pathname.replace(/\/+(v1|ui(\/.*)?)?\/*$/, '')}`,
    from,
    namespace: folder(vaultVariable(env, 'NAMESPACE') ?? config['namespace'] ?? suggestion?.namespace, 'namespace'),
    caFile: vaultVariable(env, 'CACERT') ?? config['cacert'],
    mount: folder(config['mount'] ?? suggestion?.mount, 'mount'),
    role: vaultVariable(env, 'ROLE') ?? config['role'] ?? suggestion?.role,
    authMount: folder(
      vaultVariable(env, 'AUTH_MOUNT') ?? config['auth-mount'] ?? suggestion?.['auth-mount'],
      'auth-mount',
    ),
    audience: config['audience'] ?? 'hotpass-vault',
  };
}

/** The file in which `vault login` and `bao login` keep a token. */
export function tokenFile(paths: UserPaths): string {
  return join(paths.home, '.vault-token');
}

/** A folder of Vault without slashes around it. @throws VaultError when it is none. */
function folder(path: string | undefined, what: string): string | undefined {
  const trimmed = path?.replace(/^\/+|\/+$/g, '') || undefined;
  if (trimmed === undefined || trimmed.split('/').every(isSegment)) return trimmed;
  throw badPath(what);
}

/** A plain name: nothing that leads out of its place (security §4). */
export function isSegment(part: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(part);
}

/** The texts of `[vault]` in config.toml; whether the file is valid at all is told by who chooses the store. */
function readConfig(paths: UserPaths): Record<string, string> {
  const table = configOf(paths)?.['vault'];
  const entries = Object.entries((table ?? {}) as Record<string, unknown>);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
