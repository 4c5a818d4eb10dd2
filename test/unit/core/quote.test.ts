import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quoteCommand } from '../../../src/core/quote.ts';

it('a shell reads back exactly the words', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 10 }), { minLength: 1, maxLength: 6 }),
      words => {
        const shell = spawnSync('sh', ['-c', `printf '%s\\0' ${quoteCommand(words)}`], { encoding: 'utf8' });
        expect(shell.stdout.split('\0').slice(0, -1)).toEqual(words);
      },
    ),
    { numRuns: 40 },
  );
});

it('plain words stay plain', () => {
  expect(quoteCommand(['uv', 'run', '--no-sync', 'a b'])).toBe("uv run --no-sync 'a b'");
});
