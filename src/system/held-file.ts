import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { errorCode } from '../core/errors.ts';
import { noteRead } from './trace.ts';

/** A file that stays readable after its name was given to another one. */
export interface HeldFile {
  /** What stands in it now. */
  read(): Buffer;
  close(): void;
}

/**
 * Keeps a file open across its replacement, to see what a slower writer still put into the old one (contracts §6).
 * @returns undefined when there is no file.
 */
export function holdFile(path: string): HeldFile | undefined {
  noteRead(path);
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  return {
    read() {
      const bytes = Buffer.alloc(fstatSync(fd).size);
      const length = bytes.length === 0 ? 0 : readSync(fd, bytes, 0, bytes.length, 0);
      return bytes.subarray(0, length);
    },
    close: () => closeSync(fd),
  };
}
