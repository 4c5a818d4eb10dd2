import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';

/** May this user make files in a folder? */
export function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The bits that new files of this process do not get. */
export function fileCreationMask(): number {
  return process.umask();
}

/** Where programs put temporary files: TMPDIR and its like, else the system's own place. */
export function temporaryFolder(): string {
  return tmpdir();
}
