import { EXIT, errorCode, UserError } from '../core/errors.ts';

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
    return failed(`${path} is on a file system that is read-only.`, 'Nothing can be written there.', `df '${path}'`);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return failed(
      `${path} may not be written by this user.`,
      'It belongs to somebody else, or its mode forbids it.',
      `ls -ld '${path}'`,
    );
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return failed(
      `${path} cannot be made: a file is in the way.`,
      'A folder of this tool belongs there.',
      `ls -ld '${path}'`,
    );
  }
  return error;
}
