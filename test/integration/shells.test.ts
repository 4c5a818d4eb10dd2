import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Shell, setLine, unsetLine } from '../../src/system/shell-lines.ts';
import { powershellAssignments } from '../support/powershell.ts';
import { emptyHome, pythonFolder, temporary } from '../support/tools.ts';

const python = join(pythonFolder(), 'python3');
const folder = temporary();
const env = emptyHome(folder);

/** Prints the variables that begin with V and a number as JSON, with what Unicode cannot hold as it is. */
const PRINT = `import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k[:1] == "V" and k[1:2].isdigit()}))`;

/** Values in which what shells treat specially is common, private-use characters of fish and typographic quotes too. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...'\'"\\$`#!~=:; \n\r\t{}[]()<>&|*?%^@,',
        ...['${X}', '$(id)', '\\n', "\\'", 'é', '😀', '‘', '’', '‚', '‛', '“', '\uf8ff', '\uf600', '\ue000', '\u2028'],
        ...['\x01', '\x1b', '\x7f', '\u0085', 'a'],
      ),
      fc.string({ maxLength: 3, unit: 'grapheme' }),
    ),
    { maxLength: 8 },
  )
  .map(parts => parts.join(''))
  .filter(value => !value.includes('\0'));

/** Lines for many values under names of every other kind, the same in every run; and what they are to give. */
function sample(shell: Shell): { text: string; values: Record<string, string> } {
  const values: Record<string, string> = {};
  for (const value of fc.sample(hostile, { numRuns: 400, seed: 11 })) {
    const count = Object.keys(values).length;
    values[`V${count}${count % 3 === 0 ? '_PATH' : ''}`] = value;
  }
  const lines = Object.entries(values).map(([name, value]) => {
    const written = setLine(shell, name, value);
    if (!('line' in written)) throw new Error(`${name} is refused: ${written.reason}`);
    return written.line;
  });
  return { text: `${lines.join('\n')}\n`, values };
}

/** How a person makes each shell take what is printed; `$1` and `$2` are the file and the program to start. */
const SHELLS: [name: string, kind: Shell, args: (file: string) => string[]][] = [
  ['sh', 'shell', file => ['-c', 'eval "$(cat "$1")"; exec "$2" -c "$3"', 'sh', file, python, PRINT]],
  ['bash', 'shell', file => ['--norc', '-c', 'eval "$(cat "$1")"; exec "$2" -c "$3"', 'bash', file, python, PRINT]],
  ['zsh', 'shell', file => ['-f', '-c', 'eval "$(cat "$1")"; exec "$2" -c "$3"', 'zsh', file, python, PRINT]],
  [
    'fish',
    'fish',
    file => ['--no-config', '-c', 'cat $argv[1] | source; exec $argv[2] -c $argv[3]', file, python, PRINT],
  ],
];

describe('what env prints is what the shell sets', () => {
  it.each(SHELLS)('%s', (shell, kind, args) => {
    const { text, values } = sample(kind);
    const file = join(folder, `values.${shell}`);
    writeFileSync(file, text);
    expect(JSON.parse(execFileSync(shell, args(file), { encoding: 'utf8', env }))).toEqual(values);
  });

  it('direnv', () => {
    const { text, values } = sample('shell');
    const root = join(folder, 'direnv');
    mkdirSync(root);
    writeFileSync(join(root, 'values'), text);
    writeFileSync(join(root, '.envrc'), 'eval "$(cat values)"\n');
    execFileSync('direnv', ['allow'], { cwd: root, env, stdio: 'ignore' });
    const out = execFileSync('direnv', ['exec', '.', python, '-c', PRINT], {
      cwd: root,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(JSON.parse(out)).toEqual(values);
  });

  it('PowerShell, by its grammar: one line of ASCII each, nothing but literals', async () => {
    const { text, values } = sample('powershell');
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text.trimEnd().split('\n').length).toBe(Object.keys(values).length);
    expect(await powershellAssignments(text)).toEqual(values);
  });
});

describe('what is to be forgotten', () => {
  const unset = (kind: Shell): string => {
    const written = unsetLine(kind, 'V1');
    return 'line' in written ? written.line : '';
  };

  it.each(SHELLS)('is forgotten by %s, whether it was there or not', (shell, kind, args) => {
    const file = join(folder, `unset.${shell}`);
    writeFileSync(file, `${unset(kind)}\n${unset(kind).replace('V1', 'V2')}\n`);
    const out = spawnSync(shell, args(file), { encoding: 'utf8', env: { ...env, V1: 'x', V3: 'stays' } });
    expect([out.stderr, JSON.parse(out.stdout)]).toEqual(['', { V3: 'stays' }]);
  });

  it('is forgotten by PowerShell, by its grammar', async () => {
    expect(await powershellAssignments(`${unset('powershell')}\n`)).toEqual({ V1: undefined });
  });
});

/** Names that a shell has a use for itself, as it says. */
const OWN_NAMES: [shell: string, args: string[]][] = [
  ['bash', ['--norc', '-c', 'compgen -v']],
  [
    'zsh',
    [
      '-f',
      '-c',
      'zmodload zsh/parameter zsh/zle; for k in ${(ko)parameters}; [[ $parameters[$k] == *(special|readonly)* ]] && print -r -- $k; true',
    ],
  ],
  ['fish', ['--no-config', '-c', 'set -n']],
];

/** Sets one name, says what a program then gets, and whether PATH and the person are still the same. */
const TRY: Record<string, (name: string, line: string) => string[]> = {
  bash: (name, line) => ['--norc', '-c', `p=$PATH; ${line}; [ "$PATH" = "$p" ] && exec /usr/bin/printenv ${name}`],
  zsh: (name, line) => ['-f', '-c', `p=$PATH; ${line}; [[ $PATH == $p ]] && exec /usr/bin/printenv ${name}`],
  fish: (name, line) => [
    '--no-config',
    '-c',
    `set -l p "$PATH"; ${line}; test "$PATH" = "$p"; and exec /usr/bin/printenv ${name}`,
  ],
};

describe.each(OWN_NAMES)('names that %s has a use for', (shell, args) => {
  it('are set as they should, or refused', () => {
    const names = execFileSync(shell, args, { encoding: 'utf8', env })
      .split('\n')
      .filter(name => /^[A-Za-z_]\w*$/.test(name));
    expect(names.length).toBeGreaterThan(20);
    const wrong = names.filter(name => {
      const written = setLine(shell === 'fish' ? 'fish' : 'shell', name, 'x y');
      // PATH, HOME and their like no manifest may set at all.
      if (!('line' in written) || name === 'PATH') return false;
      const out = spawnSync(shell, TRY[shell]?.(name, written.line) ?? [], { encoding: 'utf8', env });
      return out.stdout !== 'x y\n' || out.stderr !== '';
    });
    expect(wrong).toEqual([]);
  });
});
