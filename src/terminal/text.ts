import { stripVTControlCharacters } from 'node:util';

const WIDE =
  /\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
const NO_WIDTH = /[\p{M}\p{Cf}\p{Cc}]/u;

/** Columns that a text takes on a terminal; styling counts nothing, East Asian and emoji characters count two. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const character of stripVTControlCharacters(text)) columns += columnsOf(character);
  return columns;
}

function columnsOf(character: string): number {
  if (NO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** An unstyled text cut to a number of columns; what is cut is shown by `mark`. */
export function cut(text: string, columns: number, mark: string): string {
  if (widthOf(text) <= columns) return text;
  const room = columns - widthOf(mark);
  if (room <= 0) return take(text, Math.max(0, columns));
  return take(text, room) + mark;
}

function take(text: string, columns: number): string {
  let used = 0;
  let out = '';
  for (const character of text) {
    used += columnsOf(character);
    if (used > columns) break;
    out += character;
  }
  return out;
}

/** An unstyled text padded with spaces on the right to a number of columns. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

/**
 * An unstyled text as lines of at most `columns` columns, broken between words; a word longer than a line is broken
 * inside. Newlines in the text are kept. An infinite width breaks only at newlines.
 */
export function wrap(text: string, columns: number): string[] {
  const limit = Math.max(8, columns);
  return text.split('\n').flatMap(line => wrapLine(line, limit));
}

function wrapLine(text: string, limit: number): string[] {
  if (widthOf(text) <= limit) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (widthOf(joined) <= limit) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (widthOf(line) > limit) {
      const head = take(line, limit);
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  lines.push(line);
  return lines;
}

/** Lines behind a first prefix, the later ones indented by as many spaces or by `indent`. */
export function hang(prefix: string, text: string, columns: number, indent = widthOf(prefix)): string[] {
  const [first = '', ...rest] = wrap(text, columns - Math.max(indent, widthOf(prefix)));
  return [prefix + first, ...rest.map(line => ' '.repeat(indent) + line)];
}

/**
 * A text with the paths below the person's home as people write them: `~/harbour`.
 * @param home undefined leaves them as they are.
 */
export function homely(text: string, home: string | undefined): string {
  if (home === undefined || home.length < 2) return text;
  const escaped = home.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\w./\\\\-])${escaped}(?![\\w.-])`, 'g'), '~');
}
