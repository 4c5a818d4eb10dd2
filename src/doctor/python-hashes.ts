import { createHash } from 'node:crypto';
import { resolve, sep } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteCommand } from '../core/quote.ts';
import { sitePackages, venvFolder } from '../engine/fingerprint.ts';
import { normalName } from '../manifest/pyproject.ts';
import { lstatOf, namesIn, readBytes, readText } from '../system/files.ts';
import { recordedFiles } from '../system/wheel-record.ts';
import type { WorkspaceCheck } from './check.ts';

/**
 * With `--deep`: are the files of the packages those that were installed? On Linux a file in `.venv` is the file in
 * uv's cache (a hard link), so an edit comes back after every reinstall, in every project (facts uv §2, §7.9).
 */
export const unchangedFiles: WorkspaceCheck = {
  title: 'Packages are as they were published',
  about: 'workspace',
  deepOnly: true,
  async run({ root, signal }) {
    const site = sitePackages(root);
    if (site === undefined) return [];
    const changed = await changedPackages(site, venvFolder(root), signal);
    return changed.length === 0 ? [] : [told(changed)];
  },
};

interface Changed {
  name: string;
  file: string;
}

/** The first changed file of each distribution. Two may own one file; it is right when it is that of one of them. */
async function changedPackages(site: string, venv: string, signal: AbortSignal): Promise<Changed[]> {
  const owned = new Map<string, { name: string; file: string; hashes: string[] }>();
  for (const folder of namesIn(site)) {
    const name = /^(.+?)-[^-]+\.dist-info$/.exec(folder)?.[1];
    if (name === undefined) continue;
    for (const { path, sha256 } of recordedFiles(readText(resolve(site, folder, 'RECORD')) ?? '')) {
      const full = resolve(site, path);
      // Compiled files are made anew, and what lies outside of .venv is not ours to judge.
      if (sha256 === undefined || path.endsWith('.pyc') || !full.startsWith(`${venv}${sep}`)) continue;
      const entry = owned.get(full) ?? { name, file: path, hashes: [] };
      entry.hashes.push(sha256);
      owned.set(full, entry);
    }
  }
  const found = new Map<string, Changed>();
  let read = 0;
  for (const [path, { name, file, hashes }] of owned) {
    if (found.has(name) || !lstatOf(path)?.isFile()) continue; // What is missing, the step tells.
    const bytes = readBytes(path);
    if (bytes !== undefined && !hashes.includes(createHash('sha256').update(bytes).digest('base64url'))) {
      found.set(name, { name: normalName(name), file });
    }
    // Thousands of files: what else is looked at goes on in between, and a Ctrl-C is heard.
    if (++read % 200 === 0) await new Promise(resume => setImmediate(resume));
    signal.throwIfAborted();
  }
  return [...found.values()];
}

function told(changed: readonly Changed[]): Finding {
  const names = changed.map(({ name }) => name);
  const shown = changed.slice(0, 5).map(({ name, file }) => `${name} (${file})`);
  const more = changed.length > 5 ? ` and ${changed.length - 5} more` : '';
  const again = names.flatMap(name => ['--reinstall-package', name]);
  const clean = quoteCommand(['uv', 'cache', 'clean', ...names]);
  const sync = quoteCommand(['uv', 'sync', '--locked', '--inexact', ...again]);
  return finding(
    'HB296',
    'warn',
    `Files of installed packages were changed: ${shown.join(', ')}${more}.`,
    "An edit in .venv is usually an edit of uv's cache too, so it comes back with every new .venv, also in other projects.",
    { command: `${clean} && ${sync}`, safe: false },
  );
}
