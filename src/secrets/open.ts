import type { Env } from '../system/environment.ts';
import type { UserPaths } from '../system/paths.ts';
import type { Choice, KeyChoice } from './choose.ts';
import { environmentStore } from './environment.ts';
import { type Keychain, keychainStore, workerPath } from './keychain.ts';
import type { SealedFile } from './sealed-file.ts';
import type { AskPassphrase, KeySource } from './sealed-keys.ts';
import type { SecretStore } from './store.ts';

export interface StorePorts {
  paths: UserPaths;
  env: Env;
  /** PATH after security §5. */
  path: string;
  /** Path of the keychain worker's bundle; that of this package when left out. */
  worker?: string;
  interactive: boolean;
  /** Undefined where nobody can be asked. */
  askPassphrase: AskPassphrase | undefined;
  onWaiting?: () => void;
  signal?: AbortSignal;
  platform?: NodeJS.Platform;
}

/** The store that was chosen; nothing is started or read before its first call. */
export async function openChosen(choice: Pick<Choice, 'store' | 'key'>, ports: StorePorts): Promise<SecretStore> {
  if (choice.store === 'environment') return environmentStore(ports.env);
  if (choice.store === 'sealed-file') return openSealed(choice.key ?? 'keychain', ports);
  const keychain = openKeychain(ports);
  if ((ports.platform ?? process.platform) !== 'win32') return keychain;
  const { WINDOWS_LIMIT, withOverflow } = await import('./overflow.ts');
  return withOverflow(keychain, await openSealed(choice.key ?? 'keychain', ports), WINDOWS_LIMIT);
}

export function openKeychain(ports: StorePorts): Keychain {
  return keychainStore({ ...ports, worker: ports.worker ?? workerPath() });
}

/** The sealed file with a key from there. */
export async function openSealed(key: KeyChoice, ports: StorePorts): Promise<SealedFile> {
  const { sealedFilePath, sealedFileStore } = await import('./sealed-file.ts');
  return sealedFileStore(sealedFilePath(ports.paths.state), await keySource(key, ports), ports.env);
}

export async function keySource(key: KeyChoice, ports: StorePorts): Promise<KeySource> {
  const [{ sealedFilePath }, { keyFromPassphrase, keyInFile, keyInKeychain }] = await Promise.all([
    import('./sealed-file.ts'),
    import('./sealed-keys.ts'),
  ]);
  const path = sealedFilePath(ports.paths.state);
  if (key === 'keychain') return keyInKeychain(path, openKeychain(ports));
  if (key === 'passphrase') return keyFromPassphrase(path, ports.askPassphrase);
  return keyInFile(path, key.slice('file:'.length));
}
