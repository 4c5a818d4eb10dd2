const BEGIN = '# >>> hotpass-bootstrap >>>';
const END = '# <<< hotpass-bootstrap <<<';
const NOTE = '# Written by hotpass-bootstrap setup. Lines outside this block are yours.';

/** Where our block stands in a text, in UTF-16 units; both markers and the newline after it are part of it. */
export interface BlockPlace {
  start: number;
  end: number;
}

export type FoundBlock =
  | { kind: 'none' }
  | ({ kind: 'block' } & BlockPlace)
  /** A marker without its partner, or a second block. `line` counts from 1. */
  | { kind: 'broken'; line: number; reason: string };

/** Finds the managed block of an environment file. */
export function findBlock(text: string): FoundBlock {
  let begin: { at: number; line: number } | undefined;
  let block: BlockPlace | undefined;
  for (const { at, end, body, line } of linesOf(text)) {
    const word = body.trimEnd();
    if (word === BEGIN) {
      if (begin || block) return { kind: 'broken', line, reason: 'a second block begins here' };
      begin = { at, line };
    } else if (word === END) {
      if (!begin) return { kind: 'broken', line, reason: 'a block ends here that never began' };
      block = { start: begin.at, end };
      begin = undefined;
    }
  }
  if (begin) return { kind: 'broken', line: begin.line, reason: 'the block that begins here never ends' };
  return block ? { kind: 'block', ...block } : { kind: 'none' };
}

/** The text of a block. @param lines without newlines of their own, but values may hold some. */
export function blockText(lines: readonly string[], newline: '\n' | '\r\n'): string {
  return [BEGIN, NOTE, ...lines, END].map(line => line + newline).join('');
}

/** What line ending a file uses: that of its first line. */
export function newlineOf(text: string): '\n' | '\r\n' {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
}

/** A setting in an environment file; `line` counts from 1. */
export interface EnvEntry {
  name: string;
  line: number;
  /** Where its value ends. */
  lastLine: number;
  /** The quote that opens its value is never closed. */
  open: boolean;
}

/** The settings in a piece of an environment file, as the lenient readers see them; a quoted value may take several lines. */
export function entriesOf(text: string, firstLine = 1): EnvEntry[] {
  const entries: EnvEntry[] = [];
  let skipTo = 0;
  for (const { at, body, line } of linesOf(text)) {
    if (at < skipTo) continue;
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=[^\S\n]*(["']?)/.exec(body);
    if (match?.[1] === undefined) continue;
    const quote = match[2] ?? '';
    const close = quote === '' ? 0 : closing(text, at + match[0].length, quote);
    skipTo = close ?? text.length;
    const more = text.slice(at, skipTo).split('\n').length - 1;
    const number = line + firstLine - 1;
    entries.push({ name: match[1], line: number, lastLine: number + more, open: close === undefined });
  }
  return entries;
}

/** A setting, a comment or nothing: what uv takes in a line. Unquoted values have no spaces and few backslashes. */
const UV_LINE =
  /^\s*(#.*|(export\s+)?[A-Za-z_][A-Za-z0-9_.]*\s*=[^\S\n]*("(\\[\s\S]|[^"\\])*"|'[^']*'|(\\[\\'"$ n]|[^\s\\'"#])*)[^\S\n]*(\s#.*)?)?$/;

/**
 * The first line at which uv stops reading, so that it loses everything after it without a word (facts secrets §6);
 * undefined when it reads to the end. Meant for a warning: it knows the common cases.
 */
export function uvStopsAt(text: string): number | undefined {
  const quoted = new Map(entriesOf(text).map(entry => [entry.line, entry]));
  const lines = [...linesOf(text)];
  for (let i = 0; i < lines.length; i++) {
    const first = lines[i];
    if (!first) break;
    const last = lines[(quoted.get(first.line)?.lastLine ?? first.line) - 1] ?? first;
    if (!UV_LINE.test(text.slice(first.at, last.end).replace(/\r?\n$/, ''))) return first.line;
    i = last.line - 1;
  }
  return undefined;
}

/** Where a quote is closed: the place after it, or undefined. A backslash protects the next character in double quotes. */
function closing(text: string, from: number, quote: string): number | undefined {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\' && quote === '"') at++;
    else if (text[at] === quote) return at + 1;
  }
  return undefined;
}

function* linesOf(text: string): Generator<{ at: number; end: number; body: string; line: number }> {
  let line = 1;
  for (let at = 0; at < text.length; line++) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline + 1;
    yield { at, end, body: text.slice(at, newline === -1 ? end : newline).replace(/\r$/, ''), line };
    at = end;
  }
}
