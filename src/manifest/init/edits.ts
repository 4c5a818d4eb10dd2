import { join } from 'node:path';
import { type Finding, finding } from '../../core/findings.ts';
import { quoteWord } from '../../core/quote.ts';
import { readBytes } from '../../system/files.ts';
import { ownFile } from '../../system/own-file.ts';

/** A file of the project that `init` writes or adds to. */
export interface ProjectEdit {
  /** Relative to the root. */
  file: string;
  path: string;
  action: 'add' | 'change';
  /** What stands there now; undefined when there is no such file. */
  expected: string | undefined;
  /** The whole file afterwards. */
  content: string;
  /** What is added to it. */
  added: string;
  /** Byte offset of `added` in the file. */
  offset: number;
  mode: number;
}

/** A file as `init` may edit it, or why it is left alone. */
export type Editable =
  | { kind: 'absent' }
  | { kind: 'file'; text: string; mode: number }
  | { kind: 'left'; finding: Finding };

/** Looks at a file without following links (security §4, §8). @param want what was to be added, for the sentence. */
export function editable(root: string, file: string, want: string): Editable {
  const path = join(root, file);
  const own = ownFile(path);
  if (own.kind === 'absent') return { kind: 'absent' };
  const left = (cause: string): Editable => ({
    kind: 'left',
    finding: finding('HB523', 'info', `${file} stays as it is: ${want} is not in it.`, cause, {
      command: `ls -ld ${quoteWord(path)}`,
      safe: false,
    }),
  });
  if (own.kind !== 'file') return left(WHY[own.kind]);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readBytes(path));
    return { kind: 'file', text, mode: own.mode };
  } catch {
    return left('It is not UTF-8 text.');
  }
}

const WHY = {
  link: 'It is a symbolic link, and files elsewhere are not written.',
  shared: 'It has a second name (a hard link), so a change would show in another place too.',
  foreign: 'It belongs to another user.',
  special: 'It is not a regular file.',
} as const;

/** A file that is not there yet. */
export function newFile(root: string, file: string, content: string): ProjectEdit {
  const parts = { expected: undefined, content, added: content, offset: 0, mode: 0o644 };
  return { file, path: join(root, file), action: 'add', ...parts };
}

/**
 * Lines at the end of a file, behind an empty one, in the file's own line ends; nothing else of it is touched.
 * @param block lines without an end.
 */
export function appended(
  root: string,
  file: string,
  text: string,
  mode: number,
  block: readonly string[],
): ProjectEdit {
  const end = /\r\n/.test(text) && !/[^\r]\n/.test(text) ? '\r\n' : '\n';
  const gap = text === '' ? '' : (text.endsWith('\n') ? '' : end) + (/\n\r?\n$/.test(text) ? '' : end);
  const added = `${gap}${block.join(end)}${end}`;
  return {
    file,
    path: join(root, file),
    action: 'change',
    expected: text,
    content: text + added,
    added,
    offset: Buffer.byteLength(text),
    mode,
  };
}
