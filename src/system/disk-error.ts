import { basename, dirname, join } from 'node:path';
import { EXIT, errorCode, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { TEMP_PREFIX } from './files.ts';

/**
 * Words for a failed write (disk full, read-only, no right); any other error comes back as it is.
 * @param path what was to be written.
 */
export function diskError(error: unknown, path: string): unknown {
  const code = errorCode(error);
  const failed = (message: string, cause: string, next: string): UserError =>
    new UserError({ message, cause, next, exit: EXIT.failed });
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return failed(`The disk is full: ${path} could not be written.`, 'Nothing half-written was left.', 'df -h');
  }
  if (code === 'EROFS') {
    return failed(
      `${path} is on a file system that is read-only.`,
      'Nothing can be written there.',
      `df ${quoteWord(path)}`,
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return failed(
      `${path} may not be written by this user.`,
      'It belongs to somebody else, or its mode forbids it.',
      `ls -ld ${quoteWord(path)}`,
    );
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return failed(
      `${path} cannot be made: a file is in the way.`,
      'A folder belongs there.',
      `ls -ld ${quoteWord(path)}`,
    );
  }
  return error;
}

/** What Node says of a failed call to the system. */
interface SystemError extends Error {
  path?: string;
  /** Of a rename: where to. */
  dest?: string;
  syscall?: string;
}

/** Calls that only look. */
const LOOKS = /^(open|read|scandir|stat|lstat|readlink|realpath|access|opendir)$/;

/**
 * Words for a refusal of the system that nobody foresaw: it is news about the machine, not a bug of this tool. Anything
 * else comes back as it is.
 */
export function systemError(error: unknown): unknown {
  const code = errorCode(error);
  if (code === undefined || error instanceof UserError) return error;
  const { syscall = '' } = error as SystemError;
  const path = named(error as SystemError);
  const failed = (message: string, cause: string, next: string): UserError =>
    new UserError({ message, cause, next, exit: EXIT.failed });
  if (path === undefined) {
    // What Node calls the question for the current folder.
    if (code === 'ENOENT' && syscall === 'uv_cwd')
      return failed('The folder you are in is not there any more.', 'It was removed, or made anew, meanwhile.', 'cd');
    if (code === 'ENOSPC' || code === 'EDQUOT')
      return failed('The disk is full.', 'A file could not be written; the former one is still there.', 'df -h');
    // Node does not say which one.
    if (code === 'EISDIR')
      return failed('A folder stands where a file belongs.', 'It was read, and cannot be.', 'hotpass-bootstrap doctor');
    if (code === 'EMFILE' || code === 'ENFILE')
      return failed('Too many files are open.', 'The system allows no more.', 'ulimit -n 4096');
    return error;
  }
  const look = `ls -ld ${quoteWord(path)}`;
  if ((code === 'EACCES' || code === 'EPERM') && LOOKS.test(syscall))
    return failed(
      `${path} may not be opened by this user.`,
      'It belongs to somebody else, or its mode forbids it.',
      look,
    );
  if (code === 'EISDIR') return failed(`${path} is a folder.`, 'A file belongs there.', look);
  if (code === 'ELOOP') return failed(`${path} is a link that leads in a circle.`, 'A file belongs there.', look);
  if (code === 'ENOENT' && path !== (error as SystemError).path)
    return failed(
      `There is no folder ${dirname(path)}.`,
      `${path} was to be written into it.`,
      `mkdir -p ${quoteWord(dirname(path))}`,
    );
  if (code === 'ENOENT')
    return failed(`${path} is not there any more.`, 'Something removed it, or a folder above it, meanwhile.', look);
  if (code === 'EIO')
    return failed(`${path} cannot be read or written.`, 'The disk or the file system reports a fault.', 'df -h');
  return diskError(error, path);
}

/** The file that people know of: what we write is first a temporary file beside it. */
function named({ path, dest }: SystemError): string | undefined {
  if (path === undefined || !basename(path).startsWith(TEMP_PREFIX)) return path;
  const name = basename(path)
    .slice(TEMP_PREFIX.length)
    .replace(/\.[0-9a-f]{12}$/, '');
  return dest ?? join(dirname(path), name);
}
