import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { githubAssignment, githubMasks } from '../../../src/system/github-env.ts';

/** How GitHub's runner reads such a file on Linux (actions/runner, `FileCommandManager.cs`: `EnvFileKeyValuePairs`). */
function runnerReads(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  let index = 0;
  const readLine = (): { line: string; newline: string } | undefined => {
    if (index >= text.length) return undefined;
    const end = text.indexOf('\n', index);
    const from = index;
    index = end === -1 ? text.length : end + 1;
    return { line: text.slice(from, end === -1 ? undefined : end), newline: end === -1 ? '' : '\n' };
  };
  for (let read = readLine(); read; read = readLine()) {
    const { line } = read;
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) pairs.push([line.slice(0, equals), line.slice(equals + 1)]);
    else if (heredoc >= 0) {
      const [name, delimiter] = [line.slice(0, heredoc), line.slice(heredoc + 2)];
      if (name === '' || delimiter === '') throw new Error(`invalid format: ${line}`);
      let value = '';
      let newline = '';
      for (let next = readLine(); ; next = readLine()) {
        if (!next) throw new Error(`no delimiter ${delimiter}`);
        if (next.line === delimiter) break;
        value += newline + next.line;
        newline = next.newline;
      }
      pairs.push([name, value]);
    } else throw new Error(`invalid format: ${line}`);
  }
  return pairs;
}

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
  it('cover the value and each of its lines, one command a line, with nothing that ends the command', () => {
    fc.assert(
      fc.property(values, value => {
        const masks = githubMasks(value, 6);
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
