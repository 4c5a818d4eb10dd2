import type { AST } from 'toml-eslint-parser';
import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { holdsSecret } from '../core/redact.ts';
import { isTable, type Profiles, readProfiles, settingText } from './profiles-text.ts';
import { isSecretSetting } from './settings.ts';

/** A part of the file that is ours: what stood there and what stands there now. Same shape as the journal's. */
export interface Region {
  /** Byte offset of `after` in the new content. */
  offset: number;
  before: string;
  after: string;
}

export interface Edited {
  content: string;
  regions: readonly Region[];
}

/** Replaces `[start, end)` of the old text, in UTF-16 units. */
interface Splice {
  start: number;
  end: number;
  text: string;
}

/**
 * Writes one profile table; every other byte of the file stays (facts prefect §7.1). New settings are one a line,
 * `NAME = "value"`; the person's extra keys and comments in the table stay.
 * @param text the file, undefined when there is none; `path` is only named in sentences.
 * @param edit canonical names and values without backslash; `forget` lists names to take out.
 * @throws UserError 78 when the file is no TOML, or the profile is written in a form that is not edited.
 */
export async function editProfile(
  text: string | undefined,
  path: string,
  edit: { profile: string; settings: Readonly<Record<string, string>>; forget: readonly string[] },
): Promise<Edited> {
  const source = text ?? '';
  const found = readProfiles(source, path);
  const { profile, settings, forget } = edit;
  const newline = newlineOf(source);
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${basicString(value)}`);
  const nodes = source === '' ? [] : await parseNodes(source);
  if (nodes.some(node => node.type === 'TOMLKeyValue' && keyNames(node)[0] === 'profiles'))
    throw otherForm(path, profile);
  let edited: Edited;
  if (!found.profiles.has(profile)) {
    const gap = source === '' ? '' : `${endsLine(source) ? '' : newline}${/(^|\n)\r?\n$/.test(source) ? '' : newline}`;
    const table = [`[profiles.${tomlKey(profile)}]`, ...lines].join(newline) + newline;
    edited = splice(source, source.length, source.length, [
      { start: source.length, end: source.length, text: gap + table },
    ]);
  } else {
    const table = nodes.find(
      (node): node is AST.TOMLTable =>
        node.type === 'TOMLTable' &&
        node.kind === 'standard' &&
        node.resolvedKey.length === 2 &&
        node.resolvedKey[0] === 'profiles' &&
        node.resolvedKey[1] === profile,
    );
    if (table === undefined) throw otherForm(path, profile);
    edited = editTable(source, table, found, edit, newline);
  }
  const profiles = isTable(found.document['profiles']) ? found.document['profiles'] : {};
  const before = isTable(profiles[profile]) ? profiles[profile] : {};
  const kept = Object.entries(before).filter(([name]) => Object.hasOwn(settings, name) || !forget.includes(name));
  const changed = Object.entries(settings).filter(([name, value]) => settingText(before, name) !== value);
  const table = { ...Object.fromEntries(kept), ...Object.fromEntries(changed) };
  return proven(edited, { ...found.document, profiles: { ...profiles, [profile]: table } }, path, profile);
}

function editTable(
  source: string,
  table: AST.TOMLTable,
  found: Profiles,
  edit: { profile: string; settings: Readonly<Record<string, string>>; forget: readonly string[] },
  newline: string,
): Edited {
  const splices: Splice[] = [];
  const present = new Set<string>();
  const start = table.range[0];
  let anchor = lineEnd(source, headerEnd(source, table));
  let end = anchor;
  for (const node of table.body) {
    const names = keyNames(node);
    const name = names.length === 1 ? (names[0] ?? '') : '';
    const value = Object.hasOwn(edit.settings, name) ? edit.settings[name] : undefined;
    const last = lineEnd(source, node.range[1]);
    end = Math.max(end, last);
    if (value === undefined && edit.forget.includes(name)) {
      splices.push(removal(source, node.range[0], node.range[1], last));
      continue;
    }
    anchor = last;
    if (value === undefined) continue;
    present.add(name);
    if (settingText(found.profiles.get(edit.profile), name) === value) continue;
    splices.push({ start: node.value.range[0], end: node.value.range[1], text: basicString(value) });
  }
  const missing = Object.entries(edit.settings).filter(([name]) => !present.has(name));
  const added = missing.map(([name, value]) => `${newline}${name} = ${basicString(value)}`).join('');
  if (added !== '') splices.push({ start: anchor, end: anchor, text: added });
  const secret = table.body.some(node => isSecretSetting(keyNames(node)[0] ?? ''));
  return splice(source, start, end, splices, secret || holdsSecret(source.slice(start, end)));
}

/** Takes out a setting; a comment behind it stays. The line break before it goes, so that it works on the last line. */
function removal(source: string, start: number, end: number, last: number): Splice {
  const comment = source.slice(end, last).trim();
  if (comment !== '') return { start, end: last - source.slice(end, last).trimStart().length, text: '' };
  const lineStart = source.lastIndexOf('\n', start - 1);
  const before = source[lineStart - 1] === '\r' ? lineStart - 1 : lineStart;
  return { start: Math.max(0, before), end: last, text: '' };
}

/**
 * Makes a profile the active one; every other byte stays.
 * @throws UserError 78 when the file is no TOML.
 */
export async function editActive(text: string | undefined, path: string, active: string): Promise<Edited> {
  const source = text ?? '';
  const found = readProfiles(source, path);
  const newline = newlineOf(source);
  const line = `active = ${basicString(active)}`;
  const nodes = source === '' ? [] : await parseNodes(source);
  const top = nodes.filter((node): node is AST.TOMLKeyValue => node.type === 'TOMLKeyValue');
  const present = top.find(node => keyNames(node).join('.') === 'active');
  const last = top.at(-1);
  let one: Splice;
  if (present) one = { start: present.range[0], end: present.range[1], text: line };
  else if (last) {
    const at = lineEnd(source, last.range[1]);
    one = { start: at, end: at, text: `${newline}${line}` };
  } else {
    one = { start: 0, end: 0, text: `${line}${newline}${/^(\r?\n|$)/.test(source) ? '' : newline}` };
  }
  return proven(splice(source, one.start, one.end, [one]), { ...found.document, active }, path, active);
}

/**
 * Applies splices that lie within one region of ours. Where a secret stands in it, only the changed lines are the
 * region: what is kept for undo must not hold the secret (security §6).
 */
function splice(
  source: string,
  start: number,
  end: number,
  splices: readonly Splice[],
  apart = holdsSecret(source.slice(start, end)),
): Edited {
  const regions: Region[] = [];
  let content = source.slice(0, start);
  let at = start;
  for (const part of [...splices].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const from = apart ? Math.max(at, lineStart(source, part)) : at;
    const kept = source.slice(from, part.start);
    content += source.slice(at, from);
    const before = source.slice(from, part.end);
    if (before !== kept + part.text) {
      regions.push({ offset: Buffer.byteLength(content), before, after: kept + part.text });
    }
    content += kept + part.text;
    at = part.end;
  }
  content += source.slice(at);
  if (regions.length === 0) return { content: source, regions };
  if (apart) return { content, regions };
  const after = content.slice(start, content.length - (source.length - end));
  return {
    content,
    regions: [{ offset: Buffer.byteLength(source.slice(0, start)), before: source.slice(start, end), after }],
  };
}

/** Where the line of a replaced piece begins; what begins with a line break is taken as it is. */
function lineStart(source: string, { start, end }: Splice): number {
  return start === end || /[\r\n]/.test(source[start] ?? '') ? start : source.lastIndexOf('\n', start - 1) + 1;
}

/** The edit is handed out only when the new file reads back as exactly what was meant. */
function proven(edited: Edited, intended: unknown, path: string, profile: string): Edited {
  let document: unknown;
  try {
    document = readProfiles(edited.content, path).document;
  } catch {
    throw otherForm(path, profile);
  }
  if (canonicalJson(document) !== canonicalJson(intended)) throw otherForm(path, profile);
  return edited;
}

function otherForm(path: string, profile: string): UserError {
  return new UserError({
    id: 'HB203',
    message: `The profiles in ${path} are written in a form that this tool does not edit.`,
    cause: `It edits tables with a header of their own, [profiles.${tomlKey(profile)}], and leaves everything else alone; nothing was changed.`,
    next: `\${EDITOR:-vi} ${quoteWord(path)}`,
    exit: EXIT.invalid,
  });
}

async function parseNodes(source: string): Promise<AST.TOMLTopLevelTable['body']> {
  const { parseTOML } = await import('toml-eslint-parser');
  return parseTOML(source, { tomlVersion: '1.0' }).body[0].body;
}

function keyNames(node: AST.TOMLKeyValue): string[] {
  return node.key.keys.map(key => (key.type === 'TOMLBare' ? key.name : key.value));
}

/** End of the header `[…]` of a table. */
function headerEnd(source: string, table: AST.TOMLTable): number {
  return source.indexOf(']', table.key.range[1]) + 1;
}

/** Where the line of an offset ends, before its line break. */
function lineEnd(source: string, offset: number): number {
  const at = source.indexOf('\n', offset);
  if (at === -1) return source.length;
  return source[at - 1] === '\r' ? at - 1 : at;
}

function newlineOf(source: string): string {
  const at = source.indexOf('\n');
  return at > 0 && source[at - 1] === '\r' ? '\r\n' : '\n';
}

function endsLine(source: string): boolean {
  return source.endsWith('\n');
}

/** A key as TOML writes it: bare when it can be. */
export function tomlKey(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : basicString(name);
}

/** A one-line basic string. Backslashes never stand in it as a value, since Prefect's writer spoils them. */
function basicString(value: string): string {
  if (/[^\x20-\x7e]|\\/.test(value)) throw new Error('A value for profiles.toml was not checked.');
  return `"${value.replaceAll('"', '\\"')}"`;
}

/** JSON with sorted keys, so that the order of keys does not matter. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') return `${item}n`;
    if (typeof item === 'number') return Object.is(item, -0) || !Number.isFinite(item) ? `number ${item}` : item;
    return isTable(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item;
  });
}
