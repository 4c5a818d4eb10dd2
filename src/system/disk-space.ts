import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { realPath } from './files.ts';

/** Room on a file system for this user. */
export interface DiskSpace {
  /** Bytes. */
  free: number;
  /** Files that can still be made, and that can be at all; undefined where the file system does not count them. */
  files: { free: number; all: number } | undefined;
}

/** Room where a path is, or where it would be made. Undefined when the system does not say. */
export function diskSpace(path: string): DiskSpace | undefined {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(existing(path));
    return { free: bavail * bsize, files: files > 0 ? { free: ffree, all: files } : undefined };
  } catch {
    return undefined;
  }
}

/** The nearest path above that is there, as a real path. */
export function existing(path: string): string {
  for (let here = path; ; here = dirname(here)) {
    const real = realPath(here);
    if (real !== undefined) return real;
    if (here === dirname(here)) return here;
  }
}
