import { join, relative, resolve, sep } from 'node:path';
import { EXIT, UserError } from '../../core/errors.ts';
import { type Finding, finding } from '../../core/findings.ts';
import { quoteWord } from '../../core/quote.ts';
import { sitePackages, venvFolder, venvPython } from '../../engine/fingerprint.ts';
import type { Read } from '../../engine/step.ts';
import { linkTarget, lstatOf, namesIn, readText, realPath, statOf } from '../../system/files.ts';
import { isTracked } from '../../system/git.ts';
import { type Ownership, ownership } from '../../system/ownership.ts';
import { uvCacheFolder } from '../../system/uv-cache.ts';

export type VenvKind = 'absent' | 'empty' | 'whole' | 'no-interpreter' | 'foreign';

/**
 * What stands at `.venv`, without starting anything.
 * @throws UserError 78 for a link or a file: uv would follow it and empty another project's environment (security §4).
 */
export function venvKind(root: string): VenvKind {
  const venv = venvFolder(root);
  const stats = lstatOf(venv);
  if (!stats) return 'absent';
  const real = realPath(venv);
  if (!stats.isDirectory() || real !== join(realPath(root) ?? root, '.venv')) throw notOurs(root, stats.isDirectory());
  if (namesIn(venv).length === 0) return 'empty';
  const isEnvironment = readText(join(venv, 'pyvenv.cfg')) !== undefined;
  const python = realPath(venvPython(root));
  if (python !== undefined && statOf(python)?.isFile()) return isEnvironment ? 'whole' : 'no-interpreter';
  // A folder that never was an environment holds somebody's files; an environment without Python is made anew.
  return isEnvironment || sitePackages(root) !== undefined || isBegun(venv) ? 'no-interpreter' : 'foreign';
}

/** Only what uv makes before its first link to a Python: a full disk stops it there. */
function isBegun(venv: string): boolean {
  const names = [...namesIn(venv), ...namesIn(join(venv, 'bin'))];
  return names.every(name => /^(CACHEDIR\.TAG|\.gitignore|\.lock|bin)$/.test(name));
}

function notOurs(root: string, isFolder: boolean): UserError {
  const target = linkTarget(venvFolder(root)) ?? realPath(venvFolder(root)) ?? '';
  const what = isFolder
    ? `leads to ${target}`
    : linkTarget(venvFolder(root)) === undefined
      ? 'is a file'
      : `is a link to ${target}`;
  return new UserError({
    id: 'HB240',
    message: `.venv ${what}, and not a folder of this workspace.`,
    cause: 'uv would synchronise, and empty, the environment of whatever it leads to.',
    next: 'mv .venv .venv.mine',
    exit: EXIT.invalid,
  });
}

/**
 * Refuses a `.venv` that came with the repository: its interpreter would be started (security §4).
 * @throws UserError 78
 */
export async function assertNotTracked(ctx: Read): Promise<void> {
  if (!lstatOf(venvFolder(ctx.root)) || !(await isTracked(ctx.root, '.venv', ctx.env, ctx.path))) return;
  throw new UserError({
    id: 'HB240',
    message: '.venv is tracked by git.',
    cause: 'Its Python would be started, and synchronising would change files that belong to the repository.',
    next: 'git rm -r -q --cached .venv',
    exit: EXIT.invalid,
  });
}

/**
 * Refusals that need more than a look, asked only when a change is due: tracked by git (security §4), or not ours to
 * write (facts real-world 12).
 */
export async function assertChangeable(ctx: Read): Promise<void> {
  await assertNotTracked(ctx);
  const venv = venvFolder(ctx.root);
  const target = lstatOf(venv) ? venv : ctx.root;
  const problem = ownership(placesToWrite(ctx, target));
  if (problem) throw notWritable(ctx, problem);
}

/** Folders whose entries a sync replaces, as deep as a root-owned one is usually found: `__pycache__` of a package. */
function placesToWrite(ctx: Read, target: string): string[] {
  const cache = uvCacheFolder(ctx.env, ctx.root, ctx.paths.home);
  if (target === ctx.root) return [ctx.root, cache];
  const site = sitePackages(ctx.root);
  const packages = site === undefined ? [] : [site, ...inside(site)];
  const compiled = packages.map(folder => join(folder, '__pycache__'));
  return [target, join(target, process.platform === 'win32' ? 'Scripts' : 'bin'), ...packages, ...compiled, cache];
}

function inside(folder: string): string[] {
  return namesIn(folder).map(name => join(folder, name));
}

function notWritable(ctx: Read, problem: { path: string; kind: Ownership }): UserError {
  const inRoot = relative(ctx.root, problem.path);
  const shown = inRoot === '' ? 'The folder of the workspace' : inRoot.startsWith('..') ? problem.path : inRoot;
  const top = inRoot.split(sep)[0] === '.venv' ? venvFolder(ctx.root) : problem.path;
  const foreign = problem.kind === 'foreign';
  return new UserError({
    id: 'HB241',
    message: foreign ? `${shown} belongs to somebody else.` : `${shown} cannot be written.`,
    cause: foreign
      ? 'Something was run there as another user (often with sudo), so a sync would fail in the middle.'
      : 'Its permissions, or a read-only file system, keep a sync from changing it.',
    next: foreign ? `sudo chown -R "$(id -u):$(id -g)" ${quoteWord(top)}` : `chmod -R u+w ${quoteWord(top)}`,
    exit: EXIT.failed,
  });
}

/**
 * Settings of the caller that would send uv elsewhere; they are not handed on.
 * @throws UserError 78 for a `.python-version` that names a path: it would be executed (security §5).
 */
export function surroundings(ctx: Read): Finding[] {
  for (const file of ['.python-version', '.python-versions']) {
    if (!/[\\/]/.test(readText(join(ctx.root, file)) ?? '')) continue;
    throw new UserError({
      id: 'HB254',
      message: `${file} names a path, not a version.`,
      cause: 'uv would start the program that stands there, and a workspace does not choose programs.',
      next: 'uv python pin 3.11',
      exit: EXIT.invalid,
    });
  }
  const elsewhere = ctx.env['UV_PROJECT_ENVIRONMENT'];
  if (!elsewhere || resolve(ctx.root, elsewhere) === venvFolder(ctx.root)) return [];
  return [
    finding(
      'HB247',
      'warn',
      'UV_PROJECT_ENVIRONMENT is set and is not used here.',
      'It sends a plain uv to another environment than .venv, the one that is brought in order.',
      { command: 'unset UV_PROJECT_ENVIRONMENT', safe: false },
    ),
  ];
}
