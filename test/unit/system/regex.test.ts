import { describe, expect, test } from 'vitest';
import { matchesWhole } from '../../../src/system/regex.ts';

describe('matchesWhole', () => {
  test.each([
    ['[^:]+:.+', 'user:password', 'match'],
    ['[^:]+:.+', ' user', 'no match'],
    ['a|b', 'ab', 'no match'],
    ['abc', 'abc\n', 'no match'],
    ['(', 'x', 'invalid'],
    [')|(', 'anything', 'invalid'],
    ['\\p{L}+', 'žluť', 'match'],
  ] as const)('%s on %j: %s', (pattern, text, outcome) => {
    expect(matchesWhole(pattern, text)).toBe(outcome);
  });

  test('a pattern that backtracks for ever is stopped', () => {
    const started = performance.now();
    expect(matchesWhole('(a+)+b', `${'a'.repeat(40)}c`, 50)).toBe('timeout');
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
