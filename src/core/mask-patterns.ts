import { SHORTEST_SECRET, secretParts } from './secret-parts.ts';

/**
 * Every spelling of the values that is masked: as they are, line by line, and as JSON, URLs, hex, base64 (at the three
 * alignments), HTML, a shell and Python write them (facts secrets §5).
 * @returns bytes, one character each (latin1), so that a stream can be searched whatever its encoding; none is shorter
 *   than six.
 */
export function maskPatterns(values: Iterable<string>): string[] {
  const patterns = new Set<string>();
  for (const value of values) {
    for (const text of secretParts(value)) for (const spelling of spellingsOf(text)) patterns.add(spelling);
  }
  return [...patterns];
}

/** Every spelling of this one text, itself the first; see `maskPatterns` for the form of what comes back. */
export function spellingsOf(text: string): string[] {
  const all = [...escaped(text), ...inUrls(text), ...asBytes(text)].map(toBytes);
  return [...new Set(all)].filter(({ length }) => length >= SHORTEST_SECRET);
}

function escaped(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const python = text.replace(/[\\\n\r\t]/g, character => PYTHON[character] ?? character);
  const repr = [python, python.replaceAll("'", "\\'")];
  const html = text.replace(/[&<>]/g, character => HTML[character] ?? character);
  return [
    text,
    json,
    json.replaceAll('/', '\\/'),
    ascii(json),
    json.replace(/[<>&]/g, character => `\\u${hex4(character)}`),
    ...repr,
    ...repr.map(pythonBytes),
    text.replaceAll("'", `'\\''`),
    text.replaceAll("'", `'"'"'`),
    html,
    html.replaceAll('"', '&quot;').replaceAll("'", '&#x27;'),
    html.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
  ];
}

const PYTHON: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** As Python writes `bytes`: what is no ASCII is `\\x` and two digits for each byte. */
function pythonBytes(text: string): string {
  return text.replace(/[^\x20-\x7E]+/g, part => hexOf(part).replace(/../g, '\\x$&'));
}

function ascii(text: string): string {
  return text.replace(/[\x7F-\uFFFF]/g, unit => `\\u${hex4(unit)}`);
}

const hex4 = (unit: string): string => unit.charCodeAt(0).toString(16).padStart(4, '0');
const hexOf = (text: string): string => Buffer.from(text).toString('hex');

function inUrls(text: string): string[] {
  const component = encodeURIComponent(text.toWellFormed());
  const strict = component.replace(/[!'()*]/g, mark => `%${hexOf(mark).toUpperCase()}`);
  const form = new URLSearchParams({ '': text }).toString().slice(1);
  const all = [component, strict, strict.replaceAll('%20', '+'), strict.replaceAll('%2F', '/'), form];
  return all.flatMap(url => [url, url.replace(/%[0-9A-F]{2}/g, code => code.toLowerCase())]);
}

function asBytes(text: string): string[] {
  const hex = hexOf(text);
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map(offset => alignedBase64(bytes, offset));
  const url = base64.map(each => each.replaceAll('+', '-').replaceAll('/', '_'));
  return [hex, hex.toUpperCase(), ...base64, ...url];
}

/** The characters of a base64 text that stand for these bytes alone when `offset` others (of 3) stand before them. */
function alignedBase64(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const first = Math.ceil((offset * 8) / 6);
  return text.slice(first, Math.floor(((offset + bytes.length) * 8) / 6));
}

const toBytes = (text: string): string => Buffer.from(text).toString('latin1');
