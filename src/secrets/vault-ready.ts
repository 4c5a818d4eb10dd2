import type { Env } from '../system/environment.ts';
import { readText } from '../system/files.ts';
import type { UserPaths } from '../system/paths.ts';
import { TOKEN_FILE } from './vault-errors.ts';
import { hasJobIdentity } from './vault-jwt.ts';
import { onlyYourOwn } from './vault-login-errors.ts';
import { tokenFile, type VaultSettings, vaultVariable } from './vault-settings.ts';

type Kind = 'token' | 'jwt' | 'approle' | 'file';

interface Credential {
  kind: Kind;
  /** For people. */
  name: string;
  /** A token goes to the VAULT_ADDR it was made for; a login to any address that is the person's own choice. */
  needs: 'VAULT_ADDR' | 'any';
}

/** What lies here to sign in with, no person needed. */
export interface Ready {
  /** What may be sent to the address. */
  kinds: ReadonlySet<Kind>;
  /** A sentence about what may not, if there is any. */
  note: string | undefined;
}

/** Credentials that lie ready, and which of them may go to this address (security §3). */
export function readyFor(settings: VaultSettings, env: Env, paths: UserPaths): Ready {
  const all = lyingHere(env, paths);
  const mayGo = ({ needs }: Credential): boolean =>
    needs === 'any' ? settings.from !== 'manifest' : settings.from === 'environment';
  const kept = all.filter(one => !mayGo(one)).map(({ name }) => name);
  return {
    kinds: new Set(all.filter(mayGo).map(({ kind }) => kind)),
    note: kept.length === 0 ? undefined : onlyYourOwn(kept, settings.address),
  };
}

/** The token that `vault login` or `bao login` has left. */
export function storedToken(paths: UserPaths): string | undefined {
  return readText(tokenFile(paths))?.trim() || undefined;
}

function lyingHere(env: Env, paths: UserPaths): Credential[] {
  const found: (Credential | false)[] = [
    vaultVariable(env, 'TOKEN') !== undefined && { kind: 'token', name: 'VAULT_TOKEN', needs: 'VAULT_ADDR' },
    hasJobIdentity(env) && { kind: 'jwt', name: 'the identity token of this job', needs: 'any' },
    vaultVariable(env, 'ROLE_ID') !== undefined && { kind: 'approle', name: 'VAULT_ROLE_ID', needs: 'any' },
    storedToken(paths) !== undefined && { kind: 'file', name: TOKEN_FILE, needs: 'VAULT_ADDR' },
  ];
  return found.filter(one => one !== false);
}
