import { maskPatterns } from './mask-patterns.ts';
import { REDACTED } from './redact.ts';

const MARK = Buffer.from(REDACTED);
/** Bytes by which a place in the text is recognised; no pattern is shorter. */
const HEAD = 6;

/** What is looked for, prepared once for all streams of a program. */
export interface MaskTable {
  /** Patterns by their first bytes (latin1). */
  byHead: ReadonlyMap<string, readonly Buffer[]>;
  /** By two bytes: how far the search may move on when they end the window it looks at (Wu and Manber). */
  shift: Uint8Array;
}

/** @param values the secrets; see `maskPatterns` for what is masked of them. Undefined when nothing can be. */
export function maskTable(values: Iterable<string>): MaskTable | undefined {
  return tableOf(maskPatterns(values));
}

/** @param patterns bytes as latin1, none shorter than six. Undefined when there are none. */
export function tableOf(patterns: Iterable<string>): MaskTable | undefined {
  const byHead = new Map<string, Buffer[]>();
  for (const pattern of patterns) {
    const head = pattern.slice(0, HEAD);
    byHead.set(head, [...(byHead.get(head) ?? []), Buffer.from(pattern, 'latin1')]);
  }
  if (byHead.size === 0) return undefined;
  const shift = new Uint8Array(65_536).fill(HEAD - 1);
  for (const head of byHead.keys()) {
    for (let at = 1; at < HEAD; at++) {
      const pair = (head.charCodeAt(at - 1) << 8) | head.charCodeAt(at);
      shift[pair] = Math.min(shift[pair] ?? 0, HEAD - 1 - at);
    }
  }
  return { byHead, shift };
}

/**
 * Masks secrets in a stream of bytes, wherever it is cut into chunks. What could be the beginning of a secret is held
 * back until the next chunk tells, so never more than the longest spelling of one; all else passes at once, byte by byte
 * as it was. Every byte that belongs to a secret is masked, also where two overlap.
 */
export class Mask {
  readonly #table: MaskTable;
  #rest: Buffer = Buffer.alloc(0);
  /** So many bytes of `#rest` belong to a mark that was written already; -1: none does. */
  #covered = -1;

  constructor(table: MaskTable) {
    this.#table = table;
  }

  /** @returns what can be passed on now. */
  push(chunk: Buffer): Buffer {
    return this.#scan(this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]), false);
  }

  /** @returns what was held back. */
  end(): Buffer {
    return this.#scan(this.#rest, true);
  }

  #scan(text: Buffer, last: boolean): Buffer {
    const out: Buffer[] = [];
    let masked = this.#covered;
    let hold = text.length;
    for (let at = find(this.#table, text, 0); at !== -1; at = find(this.#table, text, at + 1)) {
      const patterns = patternsAt(this.#table, text, at);
      if (!last && patterns.some(pattern => isCut(pattern, text, at))) {
        hold = at;
        break;
      }
      const length = longest(patterns, text, at);
      if (length === 0) continue;
      if (at > masked) out.push(text.subarray(Math.max(masked, 0), at), MARK);
      masked = Math.max(masked, at + length);
    }
    if (!last && hold === text.length) hold = this.#cutHead(text);
    if (hold > masked) out.push(text.subarray(Math.max(masked, 0), hold));
    // A copy: the chunk's memory is used again by whoever reads the next one.
    this.#rest = Buffer.from(text.subarray(hold));
    this.#covered = masked >= hold ? masked - hold : -1;
    return out.length === 1 && out[0] ? out[0] : Buffer.concat(out);
  }

  /** Where the text ends in the middle of a head; its length when it does not. */
  #cutHead(text: Buffer): number {
    for (let at = Math.max(0, text.length - HEAD + 1); at < text.length; at++) {
      const tail = text.toString('latin1', at);
      for (const head of this.#table.byHead.keys()) if (head.startsWith(tail)) return at;
    }
    return text.length;
  }
}

/** Where patterns stand in a whole text, `[start, end)` in bytes, the longest at each place; none within another. */
export function placesIn(table: MaskTable, text: Buffer): { start: number; end: number }[] {
  const places: { start: number; end: number }[] = [];
  for (let at = find(table, text, 0); at !== -1; at = find(table, text, at)) {
    const length = longest(patternsAt(table, text, at), text, at);
    if (length > 0) places.push({ start: at, end: at + length });
    at += length || 1;
  }
  return places;
}

/** @returns where the next head begins, at `from` or later; -1: nowhere. */
function find(table: MaskTable, text: Buffer, from: number): number {
  const { shift } = table;
  let at = from + HEAD - 1;
  while (at < text.length) {
    const step = shift[((text[at - 1] ?? 0) << 8) | (text[at] ?? 0)] ?? 1;
    if (step === 0 && patternsAt(table, text, at - HEAD + 1).length > 0) return at - HEAD + 1;
    at += step || 1;
  }
  return -1;
}

function patternsAt(table: MaskTable, text: Buffer, at: number): readonly Buffer[] {
  return table.byHead.get(text.toString('latin1', at, at + HEAD)) ?? [];
}

/** Does the text end before this pattern does, and is it the same until there? */
function isCut(pattern: Buffer, text: Buffer, at: number): boolean {
  const length = text.length - at;
  return length < pattern.length && text.compare(pattern, 0, length, at) === 0;
}

function longest(patterns: readonly Buffer[], text: Buffer, at: number): number {
  let length = 0;
  for (const pattern of patterns) {
    if (pattern.length <= length || text.length - at < pattern.length) continue;
    if (text.compare(pattern, 0, pattern.length, at, at + pattern.length) === 0) length = pattern.length;
  }
  return length;
}
