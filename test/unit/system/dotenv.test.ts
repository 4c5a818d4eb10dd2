import { parse } from 'dotenv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dotenvLine, jsonText, readDotenv } from '../../../src/system/dotenv.ts';

const line = (name: string, value: string): string | undefined => {
  const result = dotenvLine(name, value);
  return 'line' in result ? result.line : undefined;
};

/** Strings in which the characters that readers quarrel about are common. */
const hostile = fc
  .array(
    fc.oneof(fc.constantFrom(...'\'"\\$`#!~=: \n\t{}é😀', '${X}', '\\n', 'a', 'export '), fc.string({ maxLength: 3 })),
    {
      maxLength: 8,
    },
  )
  .map(parts => parts.join(''));

describe('dotenvLine', () => {
  it('writes plain values as they are', () => {
    expect(line('A', 'a-b_c.d/e:f@g+h,i=j%k')).toBe('A=a-b_c.d/e:f@g+h,i=j%k');
    expect(line('A', '')).toBe('A=');
    expect(line('A', '~/x')).toBe("A='~/x'");
  });

  it('quotes what needs it', () => {
    expect(line('A', 'a #b')).toBe("A='a #b'");
    expect(line('A', "it's")).toBe('A="it\'s"');
    expect(line('A', 'two\nlines')).toBe("A='two\nlines'");
    expect(line('A', 'pa$word')).toBe("A='pa$word'");
  });

  it.each([
    ['NUL', 'a\0b'],
    ['CR', 'a\rb'],
    ['lone surrogate', 'a\ud800b c'],
    ['expansion', '${HOME}'],
    ['two backslashes', 'a\\\\b'],
    ['backslash at the end', 'a\\'],
    ['both quotes', `'"`],
  ])('refuses %s without repeating the value', (_, value) => {
    const result = dotenvLine('SECRET_THING', value);
    expect(result).toHaveProperty('reason');
    expect(JSON.stringify(result)).not.toContain(value);
  });

  it('refuses names that are no variables', () => {
    for (const name of ['', '1A', 'A-B', 'A B', 'Ä', 'A=B']) expect(dotenvLine(name, 'x')).toHaveProperty('reason');
  });

  it('reads back equal in dotenv and Node for every value it writes', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 5 }), values => {
        const lines = values.map((value, i) => line(`V${i}`, value));
        const text = `${lines.filter(each => each !== undefined).join('\n')}\n`;
        const [node, library] = [readDotenv(text), parse(text)];
        values.forEach((value, i) => {
          if (lines[i] === undefined) return;
          expect(node[`V${i}`]).toBe(value);
          expect(library[`V${i}`]).toBe(value);
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe('jsonText', () => {
  it('gives JSON that reads back', () => {
    const value = { A: 'x\n"y"', B: '' };
    expect(JSON.parse(jsonText(value))).toEqual(value);
    expect(jsonText(value).endsWith('}\n')).toBe(true);
  });
});
