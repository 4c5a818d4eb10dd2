import { lstatSync } from 'node:fs';
import { linkTarget } from './files.ts';
import { noteRead } from './trace.ts';

/** What stands at a path that we want to write. Only `absent` and `file` may be written (security §4, §8). */
export type OwnFile =
  | { kind: 'absent' }
  /** A regular file of ours with one name; `mode` are its permission bits. */
  | { kind: 'file'; mode: number }
  | { kind: 'link'; target: string }
  /** Another name leads to the same file. */
  | { kind: 'shared' }
  /** It belongs to another user. */
  | { kind: 'foreign' }
  /** A folder, a pipe, a device. */
  | { kind: 'special' };

/** Looks at a path without following a link in its last part. */
export function ownFile(path: string): OwnFile {
  noteRead(path);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return { kind: 'absent' };
  if (stats.isSymbolicLink()) return { kind: 'link', target: linkTarget(path) ?? '' };
  if (!stats.isFile()) return { kind: 'special' };
  if (stats.nlink > 1) return { kind: 'shared' };
  const uid = process.getuid?.();
  if (uid !== undefined && stats.uid !== uid) return { kind: 'foreign' };
  return { kind: 'file', mode: stats.mode & 0o777 };
}
