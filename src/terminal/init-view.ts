import type { Finding } from '../core/findings.ts';
import type { ProjectEdit } from '../manifest/init/edits.ts';
import { clean } from './clean.ts';
import { findingBlock, type PlanLook } from './plan-view.ts';

/** Lines of the file that stand above what is added. */
const CONTEXT = 2;

/** What `init` would write, file by file as a difference, and what is worth knowing. Lines are never broken. */
export function initLines(edits: readonly ProjectEdit[], findings: readonly Finding[], look: PlanLook): string[] {
  const lines = edits.flatMap(edit => editLines(edit, look));
  if (findings.length === 0) return lines;
  return [...lines, look.style.bold('Worth knowing'), ...findings.flatMap(found => findingBlock(found, look))];
}

function editLines({ file, action, expected, added }: ProjectEdit, { style }: PlanLook): string[] {
  // What ends the last line of a file is no line of its own.
  const ends = expected !== undefined && expected !== '' && !expected.endsWith('\n');
  const news = split(ends ? added.replace(/^\r?\n/, '') : added);
  const what = action === 'add' ? `new, ${count(news.length)}` : `${count(news.length)} more at the end`;
  const above = expected === undefined ? [] : split(expected).slice(-CONTEXT);
  return [
    style.bold(`${clean(file)} (${what})`),
    ...above.map(line => style.dim(`    ${clean(line)}`)),
    ...news.map(line => style.green(`  + ${clean(line)}`.trimEnd())),
    '',
  ];
}

function split(text: string): string[] {
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

function count(lines: number): string {
  return lines === 1 ? '1 line' : `${lines} lines`;
}
