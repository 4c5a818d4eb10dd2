/** What a diff adds to one file: its text, and for each line of it the line in the file. */
export interface Added {
  file: string;
  text: string;
  lines: readonly number[];
}

/**
 * The added lines of a diff, file by file.
 * @param diff as git prints it with `-U0` and the prefixes `a/` and `b/`; also that of a merge (`--cc`), where a line
 *   counts that one of the parents does not have.
 */
export function addedLines(diff: string): Added[] {
  const out: Added[] = [];
  let file = '';
  let text: string[] = [];
  let lines: number[] = [];
  /** Columns in front of a line of the hunk; 0 outside one. */
  let columns = 0;
  let number = 1;
  const flush = (): void => {
    if (text.length > 0) out.push({ file, text: text.join('\n'), lines });
    text = [];
    lines = [];
  };
  for (const line of diff.split('\n')) {
    const hunk = /^(@@+) .*?\+(\d+)(?:,\d+)? \1/.exec(line);
    if (hunk) {
      columns = (hunk[1]?.length ?? 2) - 1;
      number = Number(hunk[2]);
    } else if (line.startsWith('diff --')) {
      flush();
      columns = 0;
    } else if (columns === 0) {
      if (line.startsWith('+++ ')) file = pathOf(line.slice(4));
    } else {
      const marks = line.slice(0, columns);
      if (marks.includes('-') || !/^[ +]+$/.test(marks)) continue;
      if (marks.includes('+')) {
        text.push(line.slice(columns));
        lines.push(number);
      }
      number += 1;
    }
  }
  flush();
  return out;
}

/** `b/src/a.py`, in quotes with escapes where the name is odd; a tab ends a name with spaces. */
function pathOf(written: string): string {
  const plain = written.replace(/\t$/, '');
  const name = plain.startsWith('"') ? plain.slice(1, -1).replace(/\\(["\\])/g, '$1') : plain;
  return name.replace(/^b\//, '');
}
