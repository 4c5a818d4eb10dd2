import { type PlainFile, refuseTwice } from './plain-entry.ts';

/**
 * Reads a file for `docker run --env-file`: everything behind `=` is the value, quotes included (facts secrets §6).
 * What docker refuses is refused.
 */
export function readDockerFile(text: string): PlainFile {
  const file: PlainFile = { entries: [], problems: [] };
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  for (let line = 1; start < text.length; line++) {
    const at = text.indexOf('\n', start);
    const end = at === -1 ? text.length : at + 1;
    const written = text
      .slice(start, end)
      .replace(/\r?\n$/, '')
      .replace(/^[ \t]+/, '');
    const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(written) ?? [];
    if (written !== '' && !written.startsWith('#')) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        file.problems.push({ line, name: undefined, reason: 'docker refuses what stands before its =' });
      } else if (value !== undefined) file.entries.push({ name, value, line, start, end });
    }
    start = end;
  }
  return refuseTwice(file);
}
