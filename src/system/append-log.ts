import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from './files.ts';

const CHUNK = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Appends lines to a file of JSON lines (0600), made durable before it returns. A torn tail that a crash left (half a
 * line, zeros) is cut back to the last whole line first; where not one line is whole the file is set aside as
 * `<path>.unreadable`. The caller holds the lock of the file.
 * @param whole says whether a line is whole.
 * @param make gets the last whole line and returns the lines to append, each without its newline.
 */
export function appendToLog(
  path: string,
  whole: (line: string) => boolean,
  make: (last: string | undefined) => readonly string[],
): void {
  let fd = open(path);
  try {
    const size = fstatSync(fd).size;
    let tail = lastWhole(fd, size, whole);
    if (tail === undefined && size > 0) {
      closeSync(fd);
      renameSync(path, `${path}.unreadable`);
      fd = open(path);
    }
    tail ??= { line: undefined, end: 0, newline: true };
    if (fstatSync(fd).size > tail.end) ftruncateSync(fd, tail.end);
    const lines = make(tail.line);
    if (lines.length > 0) {
      const text = `${tail.newline ? '' : '\n'}${lines.join('\n')}\n`;
      writeAt(fd, Buffer.from(text), tail.end);
    }
    fsyncSync(fd);
    if (size === 0) syncFolder(dirname(path));
  } finally {
    closeSync(fd);
  }
}

interface Tail {
  line: string | undefined;
  /** Where the line ends, its newline included if it has one. */
  end: number;
  newline: boolean;
}

/** The last whole line; undefined when there is none. Reads backwards, so a long file costs nothing. */
function lastWhole(fd: number, size: number, whole: (line: string) => boolean): Tail | undefined {
  let start = size;
  let bytes = Buffer.alloc(0);
  while (start > 0) {
    const from = Math.max(0, start - CHUNK);
    bytes = Buffer.concat([readAt(fd, from, start - from), bytes]);
    start = from;
    // Lines that begin inside what was read, the last first; the first one is known only at the file's begin.
    let end = bytes.length;
    while (end > 0) {
      const newline = bytes[end - 1] === NEWLINE;
      const stop = newline ? end - 1 : end;
      const begin = stop === 0 ? 0 : bytes.lastIndexOf(NEWLINE, stop - 1) + 1;
      if (begin === 0 && start > 0) break;
      const line = bytes.toString('utf8', begin, stop);
      if (whole(line)) return { line, end: start + end, newline };
      end = begin;
    }
    bytes = bytes.subarray(0, end);
  }
  return undefined;
}

function open(path: string): number {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o600);
  if ((fstatSync(fd).mode & 0o777) !== 0o600) fchmodSync(fd, 0o600);
  return fd;
}

function readAt(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  let offset = 0;
  while (offset < length) {
    const read = readSync(fd, buffer, offset, length - offset, position + offset);
    if (read === 0) break;
    offset += read;
  }
  return buffer.subarray(0, offset);
}

function writeAt(fd: number, bytes: Buffer, position: number): void {
  let offset = 0;
  while (offset < bytes.length) offset += writeSync(fd, bytes, offset, bytes.length - offset, position + offset);
}
