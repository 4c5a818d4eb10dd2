import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkValue, trimValue, warnAboutValue } from '../../../src/secrets/pattern.ts';

const check = (value: string, pattern?: string) => checkValue({ env: 'TOKEN', pattern }, value);

describe('checkValue', () => {
  test.each([
    ['', 'empty'],
    [' x', 'begins with a space'],
    ['value\t', 'ends with a tab'],
    ['value\u00A0', 'odd space (U+00A0)'],
    ['\uFEFFvalue', 'invisible character (U+FEFF) at position 1'],
    ['va\u200Blue', 'invisible character (U+200B) at position 3'],
    ['a\0b', 'U+0000'],
    ['a\u001B[0m', 'U+001B'],
    ['one\ntwo', 'has 2 lines'],
    ['half \uD800', 'broken character'],
    ['x'.repeat(200_000), '128 KiB'],
  ])('%j: %s', (value, words) => {
    expect(check(value)).toContain(words);
  });

  test.each(['a', 'Bearer abc', 'pässwörd', '-----BEGIN KEY-----\nx\n-----END KEY-----', '{\n "a": 1\n}'])(
    'takes %j',
    value => {
      expect(check(value)).toBeUndefined();
    },
  );

  test('the pattern covers the whole value, and what is odd is named', () => {
    expect(check('user:pw', '[^:]+:.+')).toBeUndefined();
    expect(check('user pw', '[^:\\s]+:.+')).toContain('a space at position 5');
    // Where the pattern ends and the sentence goes on can be seen.
    expect(check('user-pw', '[^:]+:.+')).toContain('the pattern is "[^:]+:.+".');
    expect(check('two\nlines', '[a-z\\n]+')).toBeUndefined();
    expect(check(`${'a'.repeat(40)}c`, '(a+)+b')).toContain('takes too long');
    expect(check('x', '(')).toContain('no regular expression');
  });

  test('no message shows the value', () => {
    const value = fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme' }).filter(text => new Set(text).size > 5);
    fc.assert(
      fc.property(value, text => {
        expect(check(text, '[a-f]{4}') ?? '').not.toContain(text);
      }),
      { numRuns: 100 },
    );
  });
});

test('one trailing newline is taken off, and no more', () => {
  expect(trimValue('a\n')).toBe('a');
  expect(trimValue('a\r\n')).toBe('a');
  expect(trimValue('a\n\n')).toBe('a\n');
  expect(trimValue(' a')).toBe(' a');
});

test.each([
  ['DEBUG', 'common word'],
  ['/app', 'path'],
  ['C:\\keys', 'path'],
  ['abc', 'shorter'],
  ['long-enough-token', undefined],
  ['/Kx9+/ab:cd', undefined],
])('warnAboutValue(%j): %s', (value, words) => {
  const said = warnAboutValue(value);
  if (words === undefined) expect(said).toBeUndefined();
  else expect(said).toContain(words);
});
