import { type TomlTable, type TomlValue, tomlKey, tomlValue } from '../../telemetry/toml-writer.ts';

/** Where something was found: a path relative to the root, and a line from 1. */
export interface Place {
  file: string;
  line?: number;
}

/** `pyproject.toml:12` */
export function placeText({ file, line }: Place): string {
  return line === undefined ? file : `${file}:${line}`;
}

/** Several things with their places: `dev (pyproject.toml:12), docs (pyproject.toml:14)`. */
export function listText(items: readonly { name: string; place: Place }[]): string {
  return items.map(({ name, place }) => `${name} (${placeText(place)})`).join(', ');
}

const WIDTH = 100;
/** What would end a comment, or deceive who reads it: a repository may be hostile. */
const UNSEEN = /[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** A text as comment lines, broken between words. */
export function comment(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.replace(UNSEEN, '?').split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`# ${word}`);
  }
  return lines;
}

/** `key = value`, the value on one line where it fits, else a list with one element a line. */
export function pair(key: string, value: TomlValue | TomlTable): string[] {
  const name = tomlKey(key);
  const line = `${name} = ${inline(value)}`;
  if (line.length <= WIDTH || !Array.isArray(value)) return [line];
  return [`${name} = [`, ...(value as TomlValue[]).map(entry => `    ${tomlValue(entry)},`), ']'];
}

/** The same as a comment: what is uncertain, ready to be uncommented. */
export function offPair(key: string, value: TomlValue | TomlTable): string[] {
  return off(pair(key, value));
}

/** Lines of TOML as comments. */
export function off(lines: readonly string[]): string[] {
  return lines.map(line => `# ${line}`.trimEnd());
}

function inline(value: TomlValue | TomlTable): string {
  if (typeof value !== 'object' || Array.isArray(value)) return tomlValue(value as TomlValue);
  const pairs = Object.entries(value as TomlTable).map(([key, entry]) => `${tomlKey(key)} = ${inline(entry)}`);
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}
