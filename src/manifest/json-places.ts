import type { Position } from './positions.ts';
import type { Path } from './problems.ts';

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y;
const PLAIN = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Deeper than any answer, and shallower than what would exhaust the stack. */
const DEEPEST = 100;

/** What a JSON document looks like: where its members stand, or where it stops being JSON. */
export interface JsonPlaces {
  /** The place of a path, or of the nearest value that holds it. */
  find: (path: Path, atKey: boolean) => Position;
  /** Keys that stand twice in one object; `JSON.parse` takes the last one without a word. */
  twice: readonly Path[];
  /** Where the text is no JSON; undefined when it is. */
  invalid: Position | undefined;
}

/** Reads a JSON text for its places. Never fails: `JSON.parse` says what the values are. */
export function jsonPlaces(text: string): JsonPlaces {
  const walk = new Walk(text);
  const invalid = walk.document();
  const positionAt = (offset: number): Position => {
    const before = text.slice(0, offset);
    const line = before.split('\n').length;
    return { line, column: offset - before.lastIndexOf('\n') };
  };
  return {
    invalid: invalid === undefined ? undefined : positionAt(invalid),
    twice: walk.twice,
    find: (path, atKey) => {
      for (let length = path.length; length > 0; length--) {
        const place = walk.places.get(JSON.stringify(path.slice(0, length)));
        if (place) return positionAt(atKey || length < path.length ? place.key : place.value);
      }
      return { line: 1, column: 1 };
    },
  };
}

/** Walks over a JSON text once. */
class Walk {
  readonly places = new Map<string, { key: number; value: number }>();
  readonly twice: Path[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** @returns where the text stops being JSON; undefined when all of it is. */
  document(): number | undefined {
    if (!this.#value([])) return this.#at;
    this.#take(SPACE);
    return this.#at === this.#text.length ? undefined : this.#at;
  }

  #value(path: Path, key?: number): boolean {
    this.#take(SPACE);
    if (path.length > 0) {
      const id = JSON.stringify(path);
      if (this.places.has(id)) this.twice.push(path);
      this.places.set(id, { key: key ?? this.#at, value: this.#at });
    }
    if (path.length >= DEEPEST) return false;
    if (this.#sign('{')) return this.#members('}', () => this.#member(path));
    let index = 0;
    if (this.#sign('[')) return this.#members(']', () => this.#value([...path, index++]));
    return this.#take(STRING) !== undefined || this.#take(PLAIN) !== undefined;
  }

  /** What stands between brackets, with commas. */
  #members(end: string, one: () => boolean): boolean {
    this.#take(SPACE);
    if (this.#sign(end)) return true;
    do if (!one()) return false;
    while (this.#sign(',', true));
    return this.#sign(end, true);
  }

  #member(path: Path): boolean {
    this.#take(SPACE);
    const start = this.#at;
    const key = this.#take(STRING);
    if (key === undefined || !this.#sign(':', true)) return false;
    return this.#value([...path, String(JSON.parse(key))], start);
  }

  #sign(sign: string, afterSpace = false): boolean {
    if (afterSpace) this.#take(SPACE);
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  #take(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    const found = token.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}
