import { EXIT, UserError } from '../../core/errors.ts';
import { quoteWord } from '../../core/quote.ts';
import { type PlainFile, refuseTwice } from './plain-entry.ts';

/**
 * Reads a JSON object of variables, `{"NAME": "value"}`. Values that are no text are no secrets of ours and left out.
 * @param path named in sentences alone.
 * @throws UserError 78 for what is no JSON, or no object.
 */
export function readJsonFile(text: string, path: string): PlainFile {
  let plain: unknown;
  try {
    plain = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw noObject(path, 'It is not valid JSON.');
  }
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) {
    throw noObject(path, 'It is no object of names and values.');
  }
  const file: PlainFile = { entries: [], problems: [] };
  for (const { name, value, start, end } of membersOf(text)) {
    if (typeof value !== 'string') continue;
    file.entries.push({ name, value, line: text.slice(0, start).split('\n').length, start, end });
  }
  return refuseTwice(file);
}

/**
 * The text without these members; a comma that is left over goes too, and a line that is empty then.
 * @param gone spans of `readJsonFile`, in their order.
 */
export function withoutMembers(text: string, gone: readonly { start: number; end: number }[]): string {
  let out = text;
  for (const { start, end } of [...gone].reverse()) {
    const after = /^\s*,/.exec(out.slice(end));
    const before = /,\s*$|\s*$/.exec(out.slice(0, start))?.[0] ?? '';
    if (after) out = out.slice(0, start) + out.slice(end + after[0].length).replace(/^\s*/, '');
    else out = out.slice(0, start - before.length) + out.slice(end);
  }
  return out;
}

/** The members of the outer object of a text that `JSON.parse` took. */
function membersOf(text: string): { name: string; value: unknown; start: number; end: number }[] {
  const members: { name: string; value: unknown; start: number; end: number }[] = [];
  let depth = 0;
  let key: { text: string; start: number } | undefined;
  let colon = false;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === 1 && token === ':') colon = true;
    else if (depth === 1 && token === ',') {
      key = undefined;
      colon = false;
    } else if (depth === 1 && key === undefined) key = { text: token, start: index };
    else if (depth === 1 && key && colon) {
      const name = String(JSON.parse(key.text));
      members.push({ name, value: JSON.parse(token), start: key.start, end: index + token.length });
    }
  }
  return members;
}

function noObject(path: string, cause: string): UserError {
  return new UserError({
    id: 'HB380',
    message: `${path} cannot be read as JSON of variables.`,
    cause,
    next: `\${EDITOR:-vi} ${quoteWord(path)}`,
    exit: EXIT.invalid,
  });
}
