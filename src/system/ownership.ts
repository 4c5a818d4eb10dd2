import { accessSync, constants, lstatSync } from 'node:fs';
import { errorCode } from '../core/errors.ts';
import { noteRead } from './trace.ts';

export type Ownership = 'foreign' | 'read-only';

/**
 * The first of the folders that this user cannot change, or undefined. Root may change everything that is not on a
 * read-only file system. Files and links do not count: they are replaced by their folder's leave.
 */
export function ownership(paths: readonly string[]): { path: string; kind: Ownership } | undefined {
  const uid = process.getuid?.();
  for (const path of paths) {
    if (!isFolder(path)) continue;
    if (uid !== undefined && uid !== 0 && lstatSync(path).uid !== uid) return { path, kind: 'foreign' };
    try {
      accessSync(path, constants.W_OK | constants.X_OK);
    } catch (error) {
      if (['EACCES', 'EROFS', 'EPERM'].includes(errorCode(error) ?? '')) return { path, kind: 'read-only' };
      throw error;
    }
  }
  return undefined;
}

function isFolder(path: string): boolean {
  noteRead(path);
  try {
    // An exception for each of thousands of names costs more than the look.
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}
