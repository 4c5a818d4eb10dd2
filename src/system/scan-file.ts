import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { errorCode } from '../core/errors.ts';
import { lstatOf } from './files.ts';

/** Larger files are data, not settings. Bytes. */
export const LARGEST_SCANNED = 5 * 1024 * 1024;
/** A NUL within so many bytes makes a file binary, as git has it. */
const LOOKED_AT = 8000;

/** Text of a file to be searched, or why it is left out. */
export type Scanned = { bytes: Buffer } | { left: 'large' | 'binary' | 'unreadable' | 'absent' };

/** Reads a regular file, never through a link. UTF-16, as editors on Windows write it, comes as UTF-8. */
export function readForScan(path: string): Scanned {
  try {
    if (!lstatOf(path)?.isFile()) return { left: 'absent' };
    const fd = openSync(path, 'r');
    try {
      if (fstatSync(fd).size > LARGEST_SCANNED) return { left: 'large' };
      return textOf(readAll(fd));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return { left: errorCode(error) === 'ENOENT' ? 'absent' : 'unreadable' };
  }
}

/** No more than the limit: a log may grow while it is read. */
function readAll(fd: number): Buffer {
  const bytes = Buffer.alloc(Math.min(fstatSync(fd).size, LARGEST_SCANNED));
  let length = 0;
  while (length < bytes.length) {
    const read = readSync(fd, bytes, length, bytes.length - length, null);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

function textOf(bytes: Buffer): Scanned {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return { bytes: Buffer.from(bytes.toString('utf16le')) };
  if (first === 0xfe && second === 0xff) {
    const even = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
    return { bytes: Buffer.from(even.swap16().toString('utf16le')) };
  }
  return bytes.subarray(0, LOOKED_AT).includes(0) ? { left: 'binary' } : { bytes };
}
