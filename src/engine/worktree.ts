import { dirname, join, relative, resolve } from 'node:path';
import { lstatOf, readText, realPath } from '../system/files.ts';

/**
 * The root in the main checkout that a root in one of its git worktrees stands for, when both pointers agree: the
 * worktree names its place in the main repository, and that place names the worktree back (security §1). A repository
 * can bring the first with it, but never the second.
 * @param root real path of the workspace.
 */
export function mainRootOf(root: string): string | undefined {
  const top = topOf(root);
  if (top === undefined) return undefined;
  const pointer = pointerIn(readText(join(top, '.git')), /^gitdir: (.+)$/m);
  const admin = pointer === undefined ? undefined : realPath(resolve(top, pointer));
  if (admin === undefined) return undefined;
  const back = pointerIn(readText(join(admin, 'gitdir')), /^(.+)$/m);
  if (back === undefined || realPath(resolve(admin, back)) !== join(top, '.git')) return undefined;
  const common = pointerIn(readText(join(admin, 'commondir')), /^(.+)$/m);
  const repository = common === undefined ? undefined : realPath(resolve(admin, common));
  if (repository === undefined || !repository.endsWith('.git') || dirname(dirname(admin)) !== repository)
    return undefined;
  return realPath(join(dirname(repository), relative(top, root)));
}

/** The nearest folder whose `.git` is a file, not crossing a repository of its own. */
function topOf(root: string): string | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    const git = lstatOf(join(folder, '.git'));
    if (git) return git.isFile() ? folder : undefined;
    if (folder === dirname(folder)) return undefined;
  }
}

function pointerIn(text: string | undefined, shape: RegExp): string | undefined {
  return shape.exec(text ?? '')?.[1]?.trim();
}
