import { join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { otherIndex } from '../manifest/other-index.ts';
import { normalName, type Project } from '../manifest/pyproject.ts';
import { readText } from '../system/files.ts';
import type { WorkspaceCheck, WorkspaceLook } from './check.ts';
import { projectIn } from './python-project.ts';

/** Why uv may call a lock stale that nobody has touched. Reads files only. */
export const lockFits: WorkspaceCheck = {
  title: 'uv.lock is usable on this machine',
  about: 'workspace',
  async run(look) {
    const lock = readText(join(look.root, 'uv.lock'));
    if (lock === undefined) return [];
    const project = projectIn(look.root);
    return [...(await notFromHere(project, look)), ...gitVersion(lock, project, look.root)];
  },
};

async function notFromHere(project: Project | undefined, look: WorkspaceLook): Promise<Finding[]> {
  const other = await otherIndex(look.root, project, look.env);
  if (other === undefined) return [];
  const { locked, instead } = other;
  if (instead === undefined) {
    return [
      finding(
        'HB290',
        'info',
        `uv.lock was made with the index ${locked}, and nothing here names it.`,
        'uv installs from there, as the lock says; whoever writes the lock next without naming it makes one for another index. [[tool.uv.index]] in pyproject.toml names it for everybody.',
        { command: `grep -n ${quoteWord(`registry = "${locked}`)} uv.lock`, safe: false },
      ),
    ];
  }
  return [
    finding(
      'HB290',
      'warn',
      `${instead.source} names the index ${instead.url}, and uv.lock was made with ${locked}.`,
      'uv does not put one index in the place of another: it calls the lock stale, and rewriting it would change it for everybody.',
      { command: instead.isVariable ? `unset ${instead.source}` : `cat ${quoteWord(instead.source)}`, safe: false },
    ),
  ];
}

/** A version that git makes differs in every clone, so a lock that holds one is stale for everybody else (facts real-world 6). */
function gitVersion(lock: string, project: Project | undefined, root: string): Finding[] {
  const text = readText(join(root, 'pyproject.toml')) ?? '';
  if (project?.name === undefined || !/^[ \t]*dynamic[ \t]*=[ \t]*\[[^\]]{0,500}?["']version["']/m.test(text))
    return [];
  const name = normalName(project.name).replace(/[.]/g, '\\.');
  const block = new RegExp(
    `^name = "${name}"\\r?\\nversion = "([^"]+)"\\r?\\nsource = \\{ (?:editable|virtual|directory) = "\\."`,
    'm',
  );
  const version = block.exec(lock)?.[1];
  if (version === undefined || !/\.dev\d|\+/.test(version)) return [];
  return [
    finding(
      'HB290',
      'warn',
      `uv.lock holds the version ${version} of the project itself.`,
      'That version is made from git and differs in every clone, so uv calls the lock stale for everybody but its author. A newer uv leaves such versions out when it locks.',
      { command: 'uv lock', safe: false },
    ),
  ];
}
