import { describe, expect, it } from 'vitest';
import { setLine, unsetLine } from '../../../src/system/shell-lines.ts';

const SHELLS = ['shell', 'fish', 'powershell'] as const;

describe('a line that sets a variable', () => {
  it('quotes as each shell wants it', () => {
    expect(setLine('shell', 'A', "it's $HOME")).toEqual({ line: `export A='it'\\''s $HOME'` });
    expect(setLine('fish', 'A', "it's \\ $HOME")).toEqual({ line: `set -gx A 'it\\'s \\\\ $HOME'` });
    expect(setLine('powershell', 'A', "it's\n‘x’")).toEqual({
      line: `$env:A = 'it''s' + [char]0xa + [char]0x2018 + 'x' + [char]0x2019`,
    });
    expect(setLine('powershell', 'A', '\n')).toEqual({ line: `$env:A = '' + [char]0xa` });
    expect(setLine('powershell', 'A', '')).toEqual({ line: `$env:A = ''` });
  });

  it.each(SHELLS)('%s: is not written for what no shell can hold, and the reason does not repeat it', shell => {
    for (const value of ['secret\0part', 'secret\ud800part']) {
      const written = setLine(shell, 'A', value);
      expect(written).toHaveProperty('reason');
      expect(JSON.stringify(written)).not.toContain('secret');
    }
  });

  it.each(SHELLS)('%s: is not written for names that a shell keeps, or runs the value of', shell => {
    const kept = ['status', 'path', 'UID', '_', 'BASH_ALIASES', 'fish_function_path', 'ZSH_SUBSHELL', 'dis_builtins'];
    const run = [
      'PS1',
      'PS0',
      'PROMPT',
      'RPROMPT',
      'PROMPT_COMMAND',
      'FPATH',
      'ZDOTDIR',
      'LESSOPEN',
      'PSModulePath',
      'VISUAL',
    ];
    for (const name of [...kept, ...run, 'A-B', '1A', 'A B', '']) {
      expect(setLine(shell, name, 'x'), name).toHaveProperty('reason');
      expect(unsetLine(shell, name), name).toHaveProperty('reason');
    }
    for (const name of ['STATUS', 'MY_PATH', 'PYTHONPATH', 'PREFECT_API_URL', 'ps1', 'LINES_MAX', '_A', 'options_']) {
      expect(setLine(shell, name, 'x'), name).toHaveProperty('line');
    }
  });
});

describe('a line that forgets a variable', () => {
  it('is in the words of each shell', () => {
    expect(SHELLS.map(shell => unsetLine(shell, 'A'))).toEqual([
      { line: 'unset A' },
      { line: 'set -eg A' },
      { line: '$env:A = $null' },
    ]);
  });
});
