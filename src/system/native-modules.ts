import { dirname, join } from 'node:path';
import { readText, realPath, statOf } from './files.ts';

/** A package that is not bundled: its name, and the real path of its folder. */
export interface NativeModule {
  name: string;
  folder: string;
}

const KEYRING = '@napi-rs/keyring';

/**
 * The keychain module and its platform package, found as Node would from `root`. Empty when it is not installed: it is
 * an optional dependency.
 */
export function nativeModules(root: string): NativeModule[] {
  const keyring = findModule(KEYRING, root);
  if (!keyring) return [];
  let optional: string[] = [];
  try {
    const manifest = JSON.parse(readText(join(keyring.folder, 'package.json')) ?? '') as {
      optionalDependencies?: Record<string, string>;
    };
    optional = Object.keys(manifest.optionalDependencies ?? {});
  } catch {
    return []; // A damaged module is as good as none.
  }
  return [keyring, ...optional.flatMap(name => findModule(name, keyring.folder) ?? [])];
}

function findModule(name: string, from: string): NativeModule | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = realPath(join(folder, 'node_modules', name));
    if (candidate !== undefined && statOf(join(candidate, 'package.json'))) return { name, folder: candidate };
    if (dirname(folder) === folder) return undefined;
  }
}
