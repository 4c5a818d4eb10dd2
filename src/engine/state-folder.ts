import { dirname, isAbsolute, join, sep } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { realPath, statOf } from '../system/files.ts';
import { accountHome, type UserPaths, userPaths } from '../system/paths.ts';

/**
 * Refuses a state folder that lies inside the workspace, or that somebody else owns: it says what was approved and
 * whose secrets are whose (contracts §1, security §8).
 * @throws UserError 78
 */
export function assertStateFolder({ state, home }: UserPaths, root: string): void {
  if (!isAbsolute(home)) throw relativeHome(home);
  const real = realOf(state);
  if (real === root || real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) {
    throw new UserError({
      id: 'HB503',
      message: `${state} lies inside the workspace ${root}.`,
      cause: 'A workspace must not hold the record of what it may do.',
      next: elsewhere(state, home),
      exit: EXIT.invalid,
    });
  }
  const stats = statOf(state);
  if (stats && !stats.isDirectory()) {
    throw new UserError({
      id: 'HB503',
      message: `${state} is not a folder.`,
      cause: 'The records of this tool are kept in a folder of that name.',
      next: `ls -ld ${quoteWord(state)}`,
      exit: EXIT.invalid,
    });
  }
  const uid = process.getuid?.();
  if (!stats || uid === undefined || stats.uid === uid) return;
  throw new UserError({
    id: 'HB503',
    message: `${state} belongs to another user (uid ${stats.uid}).`,
    cause: 'Records of this tool are only kept where nobody else can change them.',
    next: `ls -ld ${quoteWord(state)}`,
    exit: EXIT.invalid,
  });
}

/** What HOME means then depends on the folder of each call. */
function relativeHome(home: string): UserError {
  const account = accountHome();
  return new UserError({
    id: 'HB503',
    message: `HOME is ${home}, which does not begin at the root of the file system.`,
    cause: 'Records and settings of this tool would stand in another place in every folder.',
    next: `export HOME=${account === undefined ? '"$(mktemp -d)"' : quoteWord(account)}`,
    exit: EXIT.invalid,
  });
}

/** A state folder of its own variable is moved by that, one in HOME by the HOME of the account, or by the variable. */
function elsewhere(state: string, home: string): string {
  const folder = (path: string): string => join(path, sep);
  if (state !== userPaths({ HOME: home }).state) return 'unset XDG_STATE_HOME';
  const account = accountHome();
  if (account !== undefined && folder(account) !== folder(home)) return `export HOME=${quoteWord(account)}`;
  return 'export XDG_STATE_HOME="$(mktemp -d)"';
}

/** Where a path leads, or would lead once its missing folders are made. */
function realOf(path: string): string {
  const real = realPath(path);
  if (real !== undefined) return real;
  const above = dirname(path);
  return above === path ? path : join(realOf(above), path.slice(above.length));
}
