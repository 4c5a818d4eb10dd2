import { statSync } from 'node:fs';
import { noteRead } from './trace.ts';

/**
 * Path, device, inode, modification time (nanoseconds) and size of a file, links followed: changes whenever the file
 * is replaced or written. Undefined when there is no such file.
 */
export function fileIdentity(path: string): string | undefined {
  noteRead(path);
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && `${path}:${stats.dev}:${stats.ino}:${stats.mtimeNs}:${stats.size}`;
}
