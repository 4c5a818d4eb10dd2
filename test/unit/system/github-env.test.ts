import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { githubAssignment, githubMasks } from '../../../src/system/github-env.ts';
import { runnerReads } from '../../support/github-runner.ts';

const values = fc.string({
  unit: fc.oneof(fc.constantFrom('\n', '\r', '=', '<', 'E', ' ', '%'), fc.string({ maxLength: 1 })),
});

describe('what is written to GITHUB_ENV', () => {
  it('is read by the runner as it was, whatever the value', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,9}$/), values)), pairs => {
        const text = pairs.map(([name, value]) => `${githubAssignment(name, value)}\n`).join('');
        expect(runnerReads(text)).toEqual(pairs);
      }),
    );
  });

  it('has a delimiter that the value does not hold, however the dice fall', () => {
    const dice = ['HB_a', 'HB_b', 'HB_c'];
    const text = githubAssignment('A', 'x\nHB_a\nB<<HB_b\nevil', () => dice.shift() ?? 'HB_d');
    expect(runnerReads(text)).toEqual([['A', 'x\nHB_a\nB<<HB_b\nevil']]);
    expect(githubAssignment('A', 'x')).not.toBe(githubAssignment('A', 'x'));
  });
});

describe('masks for GitHub', () => {
  it('cover the value and each of its lines but those of every key, one command a line, with nothing that ends the command', () => {
    fc.assert(
      fc.property(values, value => {
        const masks = githubMasks(value);
        for (const mask of masks) expect(mask).toMatch(/^::add-mask::[^\r\n]+$/);
        const read = masks.map(mask =>
          mask.slice('::add-mask::'.length).replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%'),
        );
        for (const line of [value, ...value.split(/\r\n|\n|\r/)]) {
          expect(read.includes(line)).toBe(line.trim().length >= 6);
        }
      }),
    );
  });
});
