import { recordedFiles } from '../../system/wheel-record.ts';

/**
 * Paths that a distribution's RECORD lists, relative to site-packages as written.
 * Compiled files are left out: people and tools delete them, and Python makes them again.
 */
export function recordedPaths(record: string): string[] {
  return recordedFiles(record).flatMap(({ path }) => (path.endsWith('.pyc') ? [] : [path]));
}
