import { dirname, join, relative, resolve } from 'node:path';
import { lstatOf, readText, realPath } from '../system/files.ts';
import { gitPlace } from '../system/git-folder.ts';

/**
 * The root in the main checkout that a root in one of its git worktrees stands for, when both pointers agree: the
 * worktree names its place in the main repository, and that place names the worktree back (security §1). A repository
 * can bring the first with it, but never the second.
 * @param root real path of the workspace.
 */
export function mainRootOf(root: string): string | undefined {
  const place = gitPlace(root);
  // Not crossing a repository of its own, nor a link.
  if (place === undefined || !lstatOf(join(place.top, '.git'))?.isFile()) return undefined;
  const { top, common } = place;
  const admin = realPath(place.own);
  if (admin === undefined) return undefined;
  const back = lineIn(join(admin, 'gitdir'));
  if (back === undefined || realPath(resolve(admin, back)) !== join(top, '.git')) return undefined;
  const repository = realPath(common);
  if (repository === undefined || !repository.endsWith('.git') || dirname(dirname(admin)) !== repository)
    return undefined;
  return realPath(join(dirname(repository), relative(top, root)));
}

/** First line of a file. */
function lineIn(file: string): string | undefined {
  return /^(.+)$/m.exec(readText(file) ?? '')?.[1]?.trim();
}
