import { RAW_VALUE } from '../../system/dotenv.ts';
import { type PlainFile, type PlainProblem, refuseTwice } from './plain-entry.ts';

const ASSIGNMENT = /^ *(?:export )?([A-Za-z_][A-Za-z0-9_]*)=/;
const NAME_ONLY = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)/;

/** How a value was read: it, or why not; `end` is the offset behind it, undefined where nobody can say. */
interface Value {
  value: string;
  end: number | undefined;
  reason?: string;
}

/**
 * Reads a `.env` file, and takes only what dotenv, Node, python-dotenv, uv and bash all read alike (facts secrets §6).
 * A byte order mark, CRLF line ends, `export` and values of several lines are fine.
 */
export function readDotenvStrictly(text: string): PlainFile {
  const file: PlainFile = { entries: [], problems: [] };
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const start = at;
    const written = text.slice(at, lineEnd(text, at));
    const head = ASSIGNMENT.exec(written);
    let end: number | undefined = lineEnd(text, at);
    if (head) {
      const name = head[1] ?? '';
      const read = readValue(text, at + head[0].length);
      end = read.end;
      if (read.reason === undefined && end !== undefined) {
        file.entries.push({ name, value: read.value, line, start, end: nextLine(text, end) });
      } else file.problems.push(problem(line, end === undefined ? undefined : name, read.reason));
    } else if (/^ +#/.test(written) && /=\s*$/.test(text.slice(0, start))) {
      // Node takes it for the name of the next variable.
      file.problems.push(problem(line, undefined, 'a comment after an empty value has to begin its line'));
    } else if (!/^ *(#.*)?\r?$/.test(written)) {
      file.problems.push(problem(line, NAME_ONLY.exec(written)?.[1], 'it is no NAME=value without spaces'));
    }
    if (end === undefined) break;
    at = nextLine(text, end);
    line += text.slice(start, at).split('\n').length - 1;
  }
  return refuseTwice(file);
}

/** @param at the offset behind `=`. */
function readValue(text: string, at: number): Value {
  const quote = text[at];
  if (quote === "'") return single(text, at);
  if (quote === '"') return double(text, at);
  const end = lineEnd(text, at);
  // Behind a space it is a comment.
  const value = text
    .slice(at, end)
    .replace(/\r$/, '')
    .replace(/ +#.*$/, '')
    .replace(/ +$/, '');
  if (value.includes('\0')) return { value, end: undefined, reason: 'it holds a NUL character' };
  // uv takes a quote in the comment for the beginning of a value of several lines.
  if (/#.*["'`]/.test(text.slice(at, end))) return { value, end: undefined, reason: 'a quote stands in its comment' };
  if (RAW_VALUE.test(value)) return { value, end };
  const open = /["'`]/.exec(value);
  // A quote further on may reach over the line for some readers.
  const known = open ? count(value, open[0]) % 2 === 0 : true;
  return { value, end: known ? end : undefined, reason: 'it needs quotes around its value' };
}

function single(text: string, at: number): Value {
  const close = text.indexOf("'", at + 1);
  if (close === -1) return { value: '', end: undefined, reason: 'its quote is not closed' };
  const value = text.slice(at + 1, close);
  if (value.endsWith('\\')) return { value, end: undefined, reason: 'a backslash stands before its quote' };
  const reason = value.includes('${')
    ? 'some programs put a variable in for what begins with ${'
    : value.includes('\\\\')
      ? 'some programs make one backslash of two'
      : undefined;
  return behind(text, close + 1, value, reason);
}

function double(text: string, at: number): Value {
  const close = text.indexOf('"', at + 1);
  if (close === -1) return { value: '', end: undefined, reason: 'its quote is not closed' };
  const value = text.slice(at + 1, close);
  if (value.endsWith('\\')) return { value, end: undefined, reason: 'a backslash stands before its quote' };
  const reason = value.includes('\\')
    ? 'programs read a backslash in double quotes in different ways'
    : /[$`]/.test(value)
      ? 'some programs put something else in for $ and ` in double quotes'
      : undefined;
  return behind(text, close + 1, value, reason);
}

/** Behind a closing quote only a comment may stand, after a space. */
function behind(text: string, close: number, value: string, reason: string | undefined): Value {
  const end = lineEnd(text, close);
  const rest = text.slice(close, end).replace(/\r$/, '');
  if (/["'`]/.test(rest.replace(/^ +#.*$/, ''))) {
    return { value, end: undefined, reason: 'something stands behind its quotes' };
  }
  if (!/^ *$|^ +#/.test(rest)) return { value, end, reason: 'something stands behind its quotes' };
  if (value.includes('\0')) return { value, end: undefined, reason: 'it holds a NUL character' };
  if (value.includes('\r')) return { value, end, reason: 'it has several lines that end in CRLF' };
  return reason === undefined ? { value, end } : { value, end, reason };
}

function problem(line: number, name: string | undefined, reason = ''): PlainProblem {
  return { line, name, reason };
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

/** Offset of the line break that ends the line, or of the end. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

function nextLine(text: string, end: number): number {
  return Math.min(text.length, end + 1);
}
