import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readText, realPath } from './files.ts';

const NAME = 'hotpass-bootstrap';

/** Our package.json, as far as it is needed. */
export interface PackageManifest {
  name: string;
  version: string;
  files: readonly string[];
}

/**
 * Real path of the running package: the nearest folder above this module whose package.json bears our name.
 * @throws Error when there is none, which cannot be in a package that was published.
 */
export function packageRoot(from: string = import.meta.url): string {
  for (let folder = dirname(fileURLToPath(from)); ; folder = dirname(folder)) {
    if (readManifest(folder)?.name === NAME) return realPath(folder) ?? folder;
    if (dirname(folder) === folder) throw new Error(`no package.json of ${NAME} above ${fileURLToPath(from)}`);
  }
}

/** The package.json of a folder, or undefined when it has none that can be read. */
export function readManifest(folder: string): PackageManifest | undefined {
  try {
    const value = JSON.parse(readText(join(folder, 'package.json')) ?? '') as Partial<PackageManifest>;
    if (typeof value.name !== 'string' || typeof value.version !== 'string') return undefined;
    return { name: value.name, version: value.version, files: Array.isArray(value.files) ? value.files : [] };
  } catch {
    return undefined;
  }
}

/** Version of the running package. */
export function packageVersion(): string {
  return readManifest(packageRoot())?.version ?? '';
}
