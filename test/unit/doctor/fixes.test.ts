import { describe, expect, it } from 'vitest';
import { finding } from '../../../src/core/findings.ts';
import { readFix, safeFixes } from '../../../src/doctor/fixes.ts';

describe('a printed command', () => {
  it.each([
    [
      'hotpass-bootstrap setup --only prefect',
      { kind: 'run', argv: ['hotpass-bootstrap', 'setup', '--only', 'prefect'] },
    ],
    ["chmod o-w '/a b/.env'", { kind: 'run', argv: ['chmod', 'o-w', '/a b/.env'] }],
    ["cd '/a b' && uv lock", { kind: 'run', argv: ['uv', 'lock'], cwd: '/a b' }],
    ["echo .env.w >> '/a b/.gitignore'", { kind: 'append', path: '/a b/.gitignore', line: '.env.w' }],
    ["printf '\\n%s\\n' .env.w >> /a/.gitignore", { kind: 'append', path: '/a/.gitignore', line: '.env.w' }],
  ])('%s can be carried out without a shell', (command, fix) => {
    expect(readFix(command)).toEqual(fix);
  });

  it.each([
    'sudo chown -R "$(id -u):$(id -g)" /x',
    '${EDITOR:-vi} /x',
    'export HOME=/x',
    'deactivate',
    'umask 022',
    'cd /a && export B=c',
    'A=1 program',
    'a | b',
    'a; b',
    'a && b',
    'cd /a b && c',
    'cd /a && b && c',
    'echo x >> ~/.bashrc',
    'echo \'export PATH="$HOME/bin:$PATH"\' >> $HOME/.bashrc',
    "touch $'a\\x1bb'",
    'rm *',
    '',
    ' ',
  ])('%s is for a person to type', command => {
    expect(readFix(command)).toBeUndefined();
  });
});

describe('the safe fixes', () => {
  const one = (id: `HB${number}`, command: string, safe: boolean) => finding(id, 'warn', 'x', '', { command, safe });

  it('are each run once, with the findings they mend, and none that is not safe', () => {
    const fixes = safeFixes([
      one('HB120', 'hotpass-bootstrap setup', true),
      one('HB121', 'rm -rf /', false),
      one('HB122', 'hotpass-bootstrap setup', true),
      one('HB122', 'hotpass-bootstrap setup', true),
      one('HB123', 'echo $HOME', true),
      one('HB124', 'chmod 600 x', true),
      finding('HB125', 'warn', 'x', ''),
    ]);
    expect(fixes.map(({ command, ids }) => [command, ids])).toEqual([
      ['hotpass-bootstrap setup', ['HB120', 'HB122']],
      ['chmod 600 x', ['HB124']],
    ]);
  });

  it('leave out a part of setup where all of it is run', () => {
    const part = one('HB201', 'hotpass-bootstrap setup --only prefect', true);
    expect(safeFixes([part]).length).toBe(1);
    const commands = safeFixes([part, one('HB513', 'hotpass-bootstrap setup', true)]).map(({ command }) => command);
    expect(commands).toEqual(['hotpass-bootstrap setup']);
  });
});
