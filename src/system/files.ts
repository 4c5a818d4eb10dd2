import {
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EXIT, errorCode, UserError } from '../core/errors.ts';
import { randomHex } from './hash.ts';
import { noteRead } from './trace.ts';

export type { Stats };

/** Content of a file, or undefined when there is none. Other errors are thrown. */
export function readBytes(path: string): Buffer | undefined {
  noteRead(path);
  try {
    return readFileSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    // Of a folder Node does not say which one it is.
    throw Object.assign(error as Error, { path });
  }
}

/** Text of a file (UTF-8), or undefined when there is none. */
export function readText(path: string): string | undefined {
  return readBytes(path)?.toString('utf8');
}

/** What a path is, a link itself; undefined when there is no such path, also below something that is not a folder. */
export function lstatOf(path: string): Stats | undefined {
  noteRead(path);
  return unlessAbsent(() => lstatSync(path, { throwIfNoEntry: false }));
}

/** What a path leads to; undefined when it leads nowhere. */
export function statOf(path: string): Stats | undefined {
  noteRead(path);
  return unlessAbsent(() => statSync(path, { throwIfNoEntry: false }));
}

function unlessAbsent<T>(look: () => T | undefined): T | undefined {
  try {
    return look();
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Device, inode, size and modification time in nanoseconds: changes when a file is written, or an entry of a folder comes or goes. */
export function preciseIdentity(path: string): string {
  noteRead(path, true);
  const stats = statSync(path, { bigint: true });
  return `${stats.dev}:${stats.ino}:${stats.mtimeNs}`;
}

/** Real path, or undefined when the path leads nowhere. */
export function realPath(path: string): string | undefined {
  noteRead(path);
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

/** Target of a symbolic link, or undefined when the path is no link. */
export function linkTarget(path: string): string | undefined {
  noteRead(path);
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Prefix of temporary files, so that a later run can sweep what a crash left. */
export const TEMP_PREFIX = '.hotpass-bootstrap-';

/**
 * Replaces a file so that at every instant it is the old or the new one: a temporary file (O_EXCL, given mode)
 * beside it, fsync, rename, fsync of the folder. Where a rename cannot be (EBUSY, EXDEV: a bind-mounted file) it is
 * written in place, after `beforeInPlace` has kept a copy (contracts §5).
 * @param mode permission bits of the new file, whatever the umask.
 */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  mode: number,
  beforeInPlace?: () => void,
): void {
  const temporary = join(dirname(path), `${TEMP_PREFIX}${basename(path)}.${randomHex(6)}`);
  try {
    const fd = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      writeAll(fd, content, path);
      chmodSync(temporary, mode);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    const code = errorCode(error);
    if (code !== 'EBUSY' && code !== 'EXDEV') throw error;
    beforeInPlace?.();
    writeInPlace(path, content);
  }
  syncFolder(dirname(path));
}

/** @throws the system's error, with the path that it leaves out. */
function writeAll(fd: number, content: string | Uint8Array, path: string): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  let offset = 0;
  try {
    while (offset < bytes.length) offset += writeSync(fd, bytes, offset);
  } catch (error) {
    throw Object.assign(error as Error, { path });
  }
}

function writeInPlace(path: string, content: string | Uint8Array): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_TRUNC);
  try {
    writeAll(fd, content, path);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Appends whole bytes and makes them durable. The caller holds the lock of the file. */
export function appendDurably(path: string, content: string, mode = 0o600): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, mode);
  try {
    writeAll(fd, content, path);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Puts a line at the end of a text file, which is made when it is not there.
 * @returns false, and nothing is written, where something else than a plain file of one name stands.
 */
export function appendLine(path: string, line: string): boolean {
  const stats = lstatOf(path);
  if (stats && (!stats.isFile() || stats.nlink > 1)) return false;
  const text = readText(path) ?? '';
  appendDurably(path, `${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`, 0o644);
  return true;
}

export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes a folder of ours, 0700 whatever the umask.
 * @throws UserError 78 when it is a file or belongs to somebody else (security §8).
 */
export function privateFolder(path: string): string {
  let made: string | undefined;
  try {
    made = mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST' && errorCode(error) !== 'ENOTDIR') throw error;
  }
  const stats = statOf(path);
  const uid = process.getuid?.();
  if (!stats?.isDirectory() || (uid !== undefined && stats.uid !== uid)) {
    throw new UserError({
      message: `${path} is not a folder of yours.`,
      cause: 'Records of this tool are only kept where nobody else can change them.',
      next: `ls -ld '${path}'`,
      exit: EXIT.invalid,
    });
  }
  if (made !== undefined || (stats.mode & 0o077) !== 0) chmodSync(path, 0o700);
  return path;
}

/** Makes an ordinary folder with the usual mode. */
export function ensureFolder(path: string): void {
  mkdirSync(path, { recursive: true });
}

/** Points a symbolic link somewhere, replacing it in one instant. */
export function replaceLink(path: string, target: string): void {
  const temporary = join(dirname(path), `${TEMP_PREFIX}${basename(path)}.${randomHex(6)}`);
  symlinkSync(target, temporary);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

export function removeFile(path: string): void {
  rmSync(path, { force: true });
}

export function removeTree(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}

/** Removes a folder when nothing is in it; anything else stays as it is. */
export function removeEmptyFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EBUSY'].includes(errorCode(error) ?? '')) throw error;
  }
}

/** Removes everything inside a folder but not the folder. */
export function emptyFolder(path: string): void {
  for (const name of readdirSync(path)) removeTree(join(path, name));
}

/** Names in a folder; none when there is no such folder. */
export function namesIn(path: string): string[] {
  noteRead(path, true);
  try {
    return readdirSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

export function rename(from: string, to: string): void {
  renameSync(from, to);
}
