import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, inflateRawSync, inflateSync } from 'node:zlib';

/** A secret of a test that is told apart from all others wherever it shows up. */
export interface Canary {
  /** By which route it reached the machine. */
  route: string;
  value: string;
}

/**
 * How many characters of a value, and at least of a disguise, are looked for at once. Fewer would be found by chance:
 * in tables of escapes (`%30%31%32%33…`), two or three characters of a value stand side by side.
 */
const WINDOW = 12;

/** @param ending what the value ends with: characters that need escaping somewhere. */
export function canary(route: string, ending = ''): Canary {
  return { route, value: `Cn${randomBytes(15).toString('hex')}${ending}` };
}

/** What a value looks like in each disguise; each is a text to be searched for, in latin1. */
export function disguises({ value }: Canary): Map<string, string[]> {
  const bytes = Buffer.from(value);
  const digests = ['sha1', 'sha256', 'md5'].map(name => createHash(name).update(value).digest());
  const urlSafe = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_');
  const base64 = alignments(bytes);
  return new Map([
    ['plain', windows(bytes.toString('latin1'))],
    ['base64', [...base64, ...base64.map(urlSafe)].flatMap(text => windows(text))],
    ['hex', windows(bytes.toString('hex'), 2).flatMap(text => [text, text.toUpperCase()])],
    ['URL', [...windows(encodeURIComponent(value)), ...windows(percent(bytes), 3)]],
    ['JSON', [...windows(JSON.stringify(value).slice(1, -1)), ...windows(unicode(value), 6)]],
    ['repr', windows(hexEscapes(bytes), 4)],
    ['UTF-16', ['utf16le', 'be'].flatMap(order => windows(wide(value, order), 2))],
    [
      'digest',
      digests
        .flatMap(digest => [digest.toString('hex'), digest.toString('base64'), digest.toString('base64url')])
        .flatMap(text => windows(text)),
    ],
  ]);
}

/** Every piece of a text that stands for twelve characters of the value. @param each how many letters one character became. */
function windows(text: string, each = 1): string[] {
  const out: string[] = [];
  for (let at = 0; at + WINDOW * each <= text.length; at++) out.push(text.slice(at, at + WINDOW * each));
  return out;
}

/** The middle of the value in base64, as it looks after 0, 1 or 2 bytes of something else. */
function alignments(bytes: Buffer): string[] {
  return [0, 1, 2].map(before => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return encoded.slice(before === 0 ? 0 : before + 1, -2);
  });
}

function percent(bytes: Buffer): string {
  return [...bytes].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

function unicode(text: string): string {
  return [...text].map(letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
}

function hexEscapes(bytes: Buffer): string {
  return [...bytes].map(byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

function wide(text: string, order: string): string {
  const bytes = Buffer.from(text, 'utf16le');
  return (order === 'be' ? bytes.swap16() : bytes).toString('latin1');
}

/** The route alone of `route as form`. */
export function withoutForm(hit: string): string {
  return hit.replace(/ as [^ ]*$/, '');
}

/** One look for many canaries at once. */
export class Detector {
  /** Every piece of every disguise by its first characters, and what it tells. */
  readonly #pieces = new Map<string, { piece: string; tells: string }[]>();

  constructor(canaries: readonly Canary[]) {
    for (const one of canaries) {
      for (const [form, pieces] of disguises(one)) {
        for (const piece of pieces) {
          const start = piece.slice(0, WINDOW);
          const same = this.#pieces.get(start) ?? [];
          if (same.length === 0) this.#pieces.set(start, same);
          same.push({ piece, tells: `${one.route} as ${form}` });
        }
      }
    }
  }

  /** `route as form` for each canary that is in the bytes, also in compressed members of them. */
  in(bytes: Buffer | string): string[] {
    const found = new Set<string>();
    for (const layer of layers(Buffer.from(bytes))) {
      const text = layer.toString('latin1');
      for (let at = 0; at + WINDOW <= text.length; at++) {
        for (const { piece, tells } of this.#pieces.get(text.slice(at, at + WINDOW)) ?? []) {
          if (text.startsWith(piece, at)) found.add(tells);
        }
      }
    }
    return [...found].sort();
  }

  /** `path: route as form` for everything in the files below a folder, their names included. */
  below(folder: string, leaveOut: RegExp = /^$/): string[] {
    const found: string[] = [];
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (leaveOut.test(path)) continue;
      const bytes = entry.isFile() ? readFileSync(path) : Buffer.alloc(0);
      for (const hit of [...this.in(entry.name), ...this.in(bytes)]) found.push(`${path}: ${hit}`);
    }
    return found;
  }
}

/** The bytes, and what is compressed in them: zlib as a whole (git's objects), gzip members anywhere. */
function layers(bytes: Buffer): Buffer[] {
  const out = [bytes];
  if (bytes[0] === 0x78) out.push(...unpacked(() => inflateSync(bytes)));
  for (let at = bytes.indexOf('1f8b08', 0, 'hex'); at !== -1; at = bytes.indexOf('1f8b08', at + 1, 'hex')) {
    out.push(...unpacked(() => gunzipMember(bytes.subarray(at))));
  }
  return out;
}

/** One gzip member, whatever comes after it (RFC 1952); Node's own reader stops at what is no second member. */
function gunzipMember(bytes: Buffer): Buffer {
  const flags = bytes[3] ?? 0;
  let at = 10;
  if (flags & 4) at += 2 + bytes.readUInt16LE(at);
  for (const text of [8, 16]) if (flags & text) at = bytes.indexOf(0, at) + 1;
  if (flags & 2) at += 2;
  return inflateRawSync(bytes.subarray(at), { finishFlush: constants.Z_SYNC_FLUSH });
}

function unpacked(read: () => Buffer): Buffer[] {
  try {
    return [read()];
  } catch {
    return []; // Not compressed after all.
  }
}
