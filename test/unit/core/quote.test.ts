import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quoteCommand, splitCommand } from '../../../src/core/quote.ts';

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

/** What a shell makes of a command line, word by word; undefined when it cannot read it. */
function shellWords(command: string): string[] | undefined {
  const shell = spawnSync('sh', ['-fc', `printf '%s\\0' ${command}`], { encoding: 'utf8' });
  return shell.status === 0 && shell.stderr === '' ? shell.stdout.split('\0').slice(0, -1) : undefined;
}

it('what is split without a shell is what a shell would have split', () => {
  const piece = fc.constantFrom(
    'a',
    'B=',
    '/x',
    "'",
    "' '",
    "'$x'",
    "\\'",
    '"',
    '$',
    '|',
    '>',
    ' ',
    '~',
    '*',
    '&&',
    '-n',
    '\\',
    '#',
    '\n',
    '\t',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), pieces => {
      const command = pieces.join('');
      const words = splitCommand(command);
      if (words !== undefined) expect(words).toEqual(shellWords(command));
    }),
    { numRuns: 60 },
  );
});

it('what was quoted is split again, if a person can see all of it', () => {
  const word = fc.string({
    unit: fc.constantFrom('a', ' ', "'", '"', '$', '\\', '/', '\u00e9', '*', '-'),
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), words => {
      fc.pre(words[0] !== '');
      expect(splitCommand(quoteCommand(words))).toEqual(words);
    }),
  );
});

it.each(['', 'A=1 b', 'a $HOME', 'a ~', 'a | b', 'a > b', "a 'b", 'a "b c"', "touch $'\\x1b'", 'a\nb', 'a\n'])(
  'leaves %j to a shell',
  command => {
    expect(splitCommand(command)).toBeUndefined();
  },
);
