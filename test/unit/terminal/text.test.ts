import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, hang, pad, widthOf, wrap } from '../../../src/terminal/text.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '-', 'é', '日', '🎉', 'e\u0301') });

describe('text', () => {
  it('counts columns', () => {
    expect(widthOf('abc')).toBe(3);
    expect(widthOf('\x1b[31mabc\x1b[39m')).toBe(3);
    expect(widthOf('日本')).toBe(4);
    expect(widthOf('🎉')).toBe(2);
    expect(widthOf('e\u0301')).toBe(1);
    expect(pad('日', 4)).toBe('日  ');
  });

  it('never makes a line wider than asked', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 8, max: 60 }), (value, columns) => {
        for (const line of wrap(value, columns)) expect(widthOf(line)).toBeLessThanOrEqual(columns);
        expect(widthOf(cut(value, columns, '...'))).toBeLessThanOrEqual(columns);
        for (const line of hang('  + ', value, columns + 8)) expect(widthOf(line)).toBeLessThanOrEqual(columns + 8);
      }),
    );
  });

  it('loses nothing but spaces when it wraps', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 8, max: 60 }), (value, columns) => {
        expect(wrap(value, columns).join('').replaceAll(' ', '')).toBe(value.replaceAll(' ', ''));
      }),
    );
  });

  it('breaks between words, and inside a word that is too long', () => {
    expect(wrap('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
    expect(wrap('abcdefghijkl mn', 8)).toEqual(['abcdefgh', 'ijkl mn']);
    expect(wrap('a\nb', Number.POSITIVE_INFINITY)).toEqual(['a', 'b']);
    expect(hang('* ', 'aaaa bbbb cccc', 12)).toEqual(['* aaaa bbbb', '  cccc']);
  });
});
