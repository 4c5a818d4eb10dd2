import { join, relative, sep } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { sitePackages, venvFolder } from '../engine/fingerprint.ts';
import { lstatOf, namesIn } from '../system/files.ts';
import { ownership } from '../system/ownership.ts';
import { uvCacheFolder } from '../system/uv-cache.ts';
import type { WorkspaceCheck, WorkspaceLook } from './check.ts';

/**
 * A sync that was started once with sudo leaves folders that the next one cannot change, and fails in the middle
 * (facts real-world 12). Files do not count: they are replaced by their folder's leave.
 */
export const ownedByUs: WorkspaceCheck = {
  title: ".venv and uv's cache can be written",
  about: 'workspace',
  async run(look) {
    const cache = uvCacheFolder(look.env, look.root, look.paths.home);
    const places = [venvPlaces(look), cachePlaces(cache, look.deep)];
    return places.flatMap(folders => problemIn(folders, look.root, cache));
  },
};

function problemIn(folders: readonly string[], root: string, cache: string): Finding[] {
  const problem = ownership(folders);
  if (!problem) return [];
  const foreign = problem.kind === 'foreign';
  const venv = venvFolder(root);
  const inVenv = problem.path === venv || problem.path.startsWith(`${venv}${sep}`);
  const shown = inVenv ? relative(root, problem.path) : problem.path;
  const top = quoteWord(inVenv ? venv : cache);
  return [
    finding(
      'HB282',
      'warn',
      foreign ? `${shown} belongs to somebody else.` : `${shown} cannot be written.`,
      foreign
        ? 'Something was run there as another user (often with sudo), so a sync can fail in the middle.'
        : 'Its permissions, or a read-only file system, keep a sync from changing it.',
      { command: foreign ? `sudo chown -R "$(id -u):$(id -g)" ${top}` : `chmod -R u+w ${top}`, safe: false },
    ),
  ];
}

/** The folders a sync changes: those of packages and their bytecode; with `--deep` every one. */
function venvPlaces({ root, deep }: WorkspaceLook): string[] {
  const venv = venvFolder(root);
  if (!lstatOf(venv)?.isDirectory()) return [];
  if (deep) return below(venv);
  const site = sitePackages(root);
  const packages = site === undefined ? [] : [site, ...inside(site)];
  return [venv, join(venv, 'bin'), ...packages, ...packages.map(folder => join(folder, '__pycache__'))];
}

/** The cache, its buckets, and what stands directly in them: unpacked wheels. */
function cachePlaces(cache: string, deep: boolean): string[] {
  if (deep) return below(cache);
  const buckets = inside(cache);
  return [cache, ...buckets, ...buckets.filter(path => /[\\/]archive-v\d+$/.test(path)).flatMap(inside)];
}

function inside(folder: string): string[] {
  try {
    return namesIn(folder).map(name => join(folder, name));
  } catch {
    return []; // A folder that cannot be read is judged itself.
  }
}

function below(folder: string): string[] {
  const found: string[] = [];
  const open = [folder];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (!lstatOf(next)?.isDirectory()) continue;
    found.push(next);
    open.push(...inside(next));
  }
  return found;
}
