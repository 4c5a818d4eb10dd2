import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { githubCommand } from '../../../src/system/github-commands.ts';
import { runnerCommand } from '../../support/github-runner.ts';

/** What breaks commands, and anything else. */
const texts = fc.string({
  unit: fc.oneof(
    fc.constantFrom('%', '%25', '%0A', '%3A', '\r', '\n', ':', '::', ',', '=', '##[', ']', ' ', ';'),
    fc.string({ unit: 'binary', maxLength: 2 }),
  ),
});

describe('a workflow command', () => {
  it('is read by the runner as it was meant, whatever stands in it', () => {
    fc.assert(
      fc.property(texts, texts, texts, (data, title, file) => {
        const line = githubCommand('error', data, { title, file, line: 3, col: undefined });
        expect(line).not.toMatch(/[\r\n]/);
        const properties = Object.fromEntries(Object.entries({ title, file, line: '3' }).filter(([, v]) => v !== ''));
        expect(runnerCommand(line)).toEqual({ name: 'error', properties, data });
      }),
    );
  });

  it('looks as the vendor writes it', () => {
    expect(githubCommand('error', 'no such key', { file: 'a.toml', line: 3, col: 1 })).toBe(
      '::error file=a.toml,line=3,col=1::no such key',
    );
    expect(githubCommand('endgroup')).toBe('::endgroup::');
    expect(githubCommand('warning', '50 %\nmore', { title: 'a: b, c' })).toBe(
      '::warning title=a%3A b%2C c::50 %25%0Amore',
    );
  });
});
