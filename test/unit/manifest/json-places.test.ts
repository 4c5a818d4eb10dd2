import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonPlaces } from '../../../src/manifest/json-places.ts';

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** JSON, and JSON with something broken in it. */
const texts = fc
  .tuple(
    fc.json({ maxDepth: 3 }),
    fc.nat(),
    fc.constantFrom('', ',', '"', '{', '}', ']', '\\', '0', '\n', 'e', '-', '\t'),
  )
  .map(([text, at, piece]) => text.slice(0, at % (text.length + 1)) + piece + text.slice(at % (text.length + 1)));

describe('places in a JSON document', () => {
  it('takes for JSON what JSON.parse takes, and nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(texts, fc.string()), text => {
        expect(jsonPlaces(text).invalid === undefined).toBe(isJson(text));
      }),
      { numRuns: 500 },
    );
  });

  it('finds every member of an object where it stands', () => {
    const names = fc.string({ unit: 'grapheme' }).filter(name => !/["\\\x00-\x1f]/.test(name));
    fc.assert(
      fc.property(fc.dictionary(names, fc.jsonValue({ maxDepth: 2 })), value => {
        const text = JSON.stringify(value, null, 2);
        const { find, twice } = jsonPlaces(text);
        expect(twice).toEqual([]);
        const lines = text.split('\n');
        for (const [key, member] of Object.entries(value)) {
          const at = find([key], true);
          expect(lines[at.line - 1]?.slice(at.column - 1).startsWith(`${JSON.stringify(key)}: `)).toBe(true);
          const inside = find([key], false);
          const rest = [lines[inside.line - 1]?.slice(inside.column - 1), ...lines.slice(inside.line)].join('\n');
          const first = JSON.stringify(member, null, 2).split('\n')[0] ?? '';
          expect(rest.startsWith(first)).toBe(true);
        }
      }),
    );
  });

  it('says where it breaks, and which key stands twice', () => {
    expect(jsonPlaces('{\n  "a": 1,\n  "b" 2\n}').invalid).toEqual({ line: 3, column: 7 });
    const { twice, find } = jsonPlaces('{"a": 1,\n "a": 2}');
    expect(twice).toEqual([['a']]);
    expect(find(['a'], true)).toEqual({ line: 2, column: 2 });
  });
});
