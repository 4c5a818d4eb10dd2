import { clean } from '../clean.ts';

/** A text as Markdown that shows just that text, on one line: no markup, HTML, link or mention in it counts. */
export function markdownText(text: string): string {
  return clean(text)
    .replace(/[\n\t]+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()#+.!~=^$:@-]/g, '\\$&')
    .replaceAll('|', '&#124;');
}

/** A text as code inside a line or a cell of a table. (Between backticks a cell cannot hold every text.) */
export function markdownCode(text: string): string {
  const inner = markdownText(text).trim();
  return inner === '' ? '' : `<code>${inner}</code>`;
}

/** Lines as a block of code, with a fence that they do not hold. */
export function markdownBlock(lines: readonly string[]): string[] {
  const plain = lines.map(line => clean(line));
  const fence = '`'.repeat(Math.max(2, ...plain.map(longestRun)) + 1);
  return [`${fence}text`, ...plain, fence];
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
