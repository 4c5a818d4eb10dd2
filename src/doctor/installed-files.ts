import { createHash } from 'node:crypto';
import { dirname, join, relative, sep } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type Finding, finding } from '../core/findings.ts';
import { sitePackages, venvFolder } from '../engine/fingerprint.ts';
import { lstatOf, namesIn, readBytes, readText } from '../system/files.ts';
import type { WorkspaceCheck } from './check.ts';

/** With `--deep`: what stands in `.venv` is what was installed, byte for byte (contracts §4). */
export const installedFiles: WorkspaceCheck = {
  title: 'Packages are as they were installed',
  about: 'workspace',
  deepOnly: true,
  run: ({ root, signal }) => changedPackages(root, signal),
};

/** Distributions with files that were changed, and how many. */
async function changedPackages(root: string, signal: AbortSignal): Promise<Finding[]> {
  const site = sitePackages(root);
  if (site === undefined || !lstatOf(venvFolder(root))?.isDirectory()) return [];
  const files = recorded(site);
  const changed = new Map<string, string[]>();
  for (const [path, { hashes, owner }] of files) {
    if (isAsInstalled(join(site, path), hashes, venvFolder(root))) continue;
    changed.set(owner, [...(changed.get(owner) ?? []), path]);
  }
  await turn();
  signal.throwIfAborted();
  if (changed.size === 0) return [];
  const shown = [...changed].slice(0, 3).map(([owner, paths]) => `${owner} (${paths.slice(0, 2).join(', ')})`);
  const more = changed.size > 3 ? ` and ${changed.size - 3} more` : '';
  const command = `uv sync ${[...changed.keys()].map(name => `--reinstall-package ${name}`).join(' ')}`;
  return [
    finding(
      'HB168',
      'warn',
      `Files of ${changed.size === 1 ? 'a package' : `${changed.size} packages`} in .venv were changed: ${shown.join(', ')}${more}.`,
      'Somebody edited them, or the disk did. Where packages are hard links, the same file in uv’s cache is changed too: `uv cache clean NAME` before.',
      { command, safe: false },
    ),
  ];
}

/**
 * What the RECORDs say (PEP 376): by path relative to site-packages, the hashes. Two distributions may own one file;
 * either of them is right then (facts real-world 3).
 */
function recorded(site: string): Map<string, { hashes: string[]; owner: string }> {
  const files = new Map<string, { hashes: string[]; owner: string }>();
  for (const info of namesIn(site).filter(name => name.endsWith('.dist-info'))) {
    const owner = info.slice(0, info.lastIndexOf('-', info.length - '.dist-info'.length));
    for (const line of (readText(join(site, info, 'RECORD')) ?? '').split(/\r?\n/)) {
      const [, quoted, plain, hash] = /^(?:"((?:[^"]|"")*)"|([^",]*)),sha256=([\w-]+)/.exec(line) ?? [];
      const path = quoted?.replaceAll('""', '"') ?? plain;
      if (path === undefined || hash === undefined || path.endsWith('.pyc')) continue;
      const known = files.get(path);
      if (known) known.hashes.push(hash);
      else files.set(path, { hashes: [hash], owner });
    }
  }
  return files;
}

/** A file that is missing, or lies outside of `.venv`, is not ours to judge here. */
function isAsInstalled(path: string, hashes: readonly string[], venv: string): boolean {
  if (relative(venv, dirname(path)).split(sep)[0] === '..' || !lstatOf(path)?.isFile()) return true;
  const bytes = readBytes(path);
  return bytes === undefined || hashes.includes(createHash('sha256').update(bytes).digest('base64url'));
}
