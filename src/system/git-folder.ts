import { dirname, join, resolve } from 'node:path';
import { lstatOf, readText, realPath, statOf } from './files.ts';

/** Where git keeps what it knows of a checkout (gitrepository-layout). */
export interface GitPlace {
  /** Root of the checkout: the nearest folder that has a `.git`, whatever that is. */
  top: string;
  /**
   * Folder of this checkout alone: HEAD, its reflog. `.git` itself, or what a `.git` that is a file names: that of a
   * submodule, of a worktree, or of a clone whose folder is elsewhere. It need not be there.
   */
  own: string;
  /** Folder that worktrees share: tags, objects; `own` outside a worktree. */
  common: string;
  /** A linked worktree. In a container its place may be missing, and then its name tells. */
  isWorktree: boolean;
}

/**
 * The checkout that a folder belongs to, as its files say and nobody has checked; undefined where there is none. What is
 * unreadable for this user counts as empty.
 * @param root absolute path.
 */
export function gitPlace(root: string): GitPlace | undefined {
  const at = join(root, '.git');
  if (lstatOf(at) === undefined) return dirname(root) === root ? undefined : gitPlace(dirname(root));
  const named = statOf(at)?.isFile() ? /^gitdir: (.+)$/m.exec(readQuietly(at))?.[1]?.trim() : undefined;
  if (named === undefined) return { top: root, own: at, common: at, isWorktree: false };
  const path = resolve(root, named);
  const real = realPath(path);
  const own = real ?? path;
  const common = readQuietly(join(own, 'commondir')).trim();
  if (common !== '') return { top: root, own, common: resolve(own, common), isWorktree: true };
  return { top: root, own, common: own, isWorktree: !real && /[\\/]worktrees[\\/][^\\/]+$/.test(own) };
}

function readQuietly(path: string): string {
  try {
    return readText(path) ?? '';
  } catch {
    return '';
  }
}
