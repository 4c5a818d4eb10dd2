import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskOf, SecretBuffer, tidySecret } from '../../../src/terminal/secret-input.ts';

function type(...keys: (string | { name: string; ctrl?: boolean })[]): SecretBuffer {
  const buffer = new SecretBuffer();
  for (const key of keys) buffer.take(typeof key === 'string' ? { inserted: key } : { ...key, inserted: '' });
  return buffer;
}
const enter = { name: 'return' };
const newline = { name: 'enter' };

describe('tidySecret', () => {
  it.each([
    ['abc\n', 'abc', []],
    ['abc\r\n', 'abc', []],
    ['  abc ', 'abc', ['spaces around it were removed']],
    ['abc\n\n', 'abc', ['spaces around it were removed']],
    ['Basic abc', 'Basic abc', ['it contains spaces, kept as they are']],
    ['a\nb\nc\n', 'a\nb\nc', ['it has 3 lines, kept as they are']],
    [' \n', '', ['spaces around it were removed']],
  ])('%j', (raw, value, remarks) => {
    expect(tidySecret(raw)).toEqual({ value, remarks });
  });

  it('never repeats a part of the value in its remarks', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('Q', '7', ' ', '\n', '\t') }), raw => {
        for (const remark of tidySecret(raw).remarks) expect(remark).not.toMatch(/Q|7/);
      }),
    );
  });
});

describe('SecretBuffer', () => {
  it('ends at an Enter that nothing follows', () => {
    const buffer = type('a', 'b', enter);
    expect([buffer.text, buffer.ended]).toEqual(['ab', true]);
  });

  it('keeps an Enter that more text follows at once: a paste of several lines', () => {
    const buffer = type('a', enter, newline, 'b', enter);
    expect([buffer.text, buffer.ended]).toEqual(['a\nb', true]);
  });

  it('keeps every Enter between the marks of a paste', () => {
    const buffer = type({ name: 'paste-start' }, 'a', enter, { name: 'paste-end' });
    expect([buffer.text, buffer.ended]).toEqual(['a\n', false]);
    buffer.take({ ...enter, inserted: '' });
    expect(buffer.ended).toBe(true);
  });

  it('knows Backspace, Ctrl-U and keys that mean nothing here', () => {
    expect(type('a', '🎉', { name: 'backspace' }).text).toBe('a');
    expect(type('a', 'b', { name: 'u', ctrl: true }, 'c').text).toBe('c');
    expect(type('a', { name: 'left' }, { name: 'up' }, 'b').text).toBe('ab');
  });
});

describe('maskOf', () => {
  it('shows marks only', () => {
    expect(maskOf('', '*')).toBe('');
    expect(maskOf('abc', '*')).toBe('***');
    expect(maskOf('x'.repeat(40), '*')).toBe('************ 40 characters');
  });
});
