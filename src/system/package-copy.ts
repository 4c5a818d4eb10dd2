import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { diskError } from './disk-error.ts';
import {
  ensureFolder,
  lstatOf,
  namesIn,
  readBytes,
  readText,
  removeEmptyFolder,
  removeTree,
  rename,
  replaceFile,
  statOf,
  syncFolder,
  TEMP_PREFIX,
} from './files.ts';
import { filesMatching } from './glob.ts';
import { nativeModules } from './native-modules.ts';
import { readManifest } from './package-root.ts';

/** A file of the package and its place in a copy. */
export interface PackageFile {
  /** Relative, with `/`. */
  path: string;
  source: string;
}

/** Written last: a folder without it is no complete copy. */
export const COPY_RECORD = '.copy.json';
/** What npm always puts into a package, `files` or not. */
const ALWAYS = ['package.json', 'README.md', 'LICENSE', 'npm-shrinkwrap.json'];
const HOUR = 3_600_000;

/** The published files of the package at `root`, and the native modules it needs; sorted. */
export function packageFiles(root: string): PackageFile[] {
  const listed = (readManifest(root)?.files ?? []).flatMap(entry => {
    const plain = entry.replace(/^\.?\//, '').replace(/\/$/, '');
    return [plain, `${plain}/**`];
  });
  const own = filesMatching(root, [...ALWAYS, ...listed]).map(path => ({ path, source: join(root, path) }));
  const native = nativeModules(root).flatMap(({ name, folder }) =>
    filesMatching(folder, ['**']).map(path => ({ path: `node_modules/${name}/${path}`, source: join(folder, path) })),
  );
  return [...own, ...native];
}

/** Digest of names and contents. */
export function contentDigest(files: readonly PackageFile[]): string {
  const hash = createHash('sha256');
  for (const { path, source } of files) {
    const bytes = readBytes(source);
    hash.update(`${path}\0${bytes?.length}\n`).update(bytes ?? '');
  }
  return hash.digest('hex');
}

/** The same files in a copy. */
export function filesInCopy(files: readonly PackageFile[], folder: string): PackageFile[] {
  return files.map(({ path }) => ({ path, source: join(folder, path) }));
}

/** Is the folder a complete copy whose content is that of the files, now? */
export function isCopyOf(files: readonly PackageFile[], folder: string): boolean {
  const digest = recordedDigest(folder);
  return (
    digest !== undefined && digest === contentDigest(files) && digest === contentDigest(filesInCopy(files, folder))
  );
}

function recordedDigest(folder: string): string | undefined {
  try {
    const record = JSON.parse(readText(join(folder, COPY_RECORD)) ?? '') as { digest?: unknown };
    return typeof record.digest === 'string' ? record.digest : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Copies the files into a folder beside and renames that into place, the former copy is removed.
 * @throws UserError 1 for a full or read-only disk.
 */
export async function copyPackage(files: readonly PackageFile[], folder: string): Promise<void> {
  const parent = dirname(folder);
  const staging = join(parent, `${TEMP_PREFIX}${randomBytes(6).toString('hex')}`);
  try {
    ensureFolder(parent);
    sweep(parent);
    for (const { path, source } of files) {
      await setImmediate(); // Other steps wait for nothing: their programs are started in between.
      const target = join(staging, path);
      ensureFolder(dirname(target));
      copyFileSync(source, target);
      chmodSync(target, ((statOf(source)?.mode ?? 0) & 0o111) === 0 ? 0o644 : 0o755);
    }
    const record = { schema: 1, digest: contentDigest(filesInCopy(files, staging)) };
    replaceFile(join(staging, COPY_RECORD), `${JSON.stringify(record)}\n`, 0o644);
    if (lstatOf(folder)) rename(folder, `${staging}-old`);
    rename(staging, folder);
    syncFolder(parent);
  } catch (error) {
    throw diskError(error, folder);
  } finally {
    removeTree(staging);
    removeTree(`${staging}-old`);
  }
}

/** What a killed run left; another run may be at work now, so only what is old. */
function sweep(parent: string): void {
  for (const name of namesIn(parent)) {
    if (!name.startsWith(TEMP_PREFIX)) continue;
    const path = join(parent, name);
    if (Date.now() - (lstatOf(path)?.mtimeMs ?? 0) > HOUR) removeTree(path);
  }
}

const atExit = new Set<string>();
const emptyAtExit = new Set<string>();

/** Removes a folder when this process ends: for the copy that is running, whose parts may still be loaded. */
export function removeTreeAtExit(path: string): void {
  if (atExit.size === 0) {
    process.on('exit', () => {
      for (const folder of atExit) removeTree(folder);
      for (const folder of emptyAtExit) removeEmptyFolder(folder);
    });
  }
  atExit.add(path);
}

/**
 * Removes folders that are empty, in this order; those around what goes when this process ends are looked at once more
 * then.
 */
export function removeEmptyFolders(folders: readonly string[]): void {
  for (const folder of folders) {
    removeEmptyFolder(folder);
    emptyAtExit.add(folder);
  }
}
