import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/commands/table.ts';
import { parsePowershell } from '../../support/powershell.ts';
import { temporary } from '../../support/tools.ts';

const folder = temporary('hb-completion-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The line that is typed once, and the one for a session. */
function linesFor(shell: string): [string, string] {
  const action = COMMANDS.find(({ name }) => name === 'completion')?.actions?.find(({ name }) => name === shell);
  const [once = '', now = ''] = action?.examples ?? [];
  return [once, now];
}

describe('the line that makes a shell complete for good', () => {
  it.each([
    ['bash', '.bashrc'],
    ['zsh', '.zshrc'],
  ])('%s: is right behind a file without a newline at its end', (shell, file) => {
    const [once, now] = linesFor(shell);
    writeFileSync(join(folder, file), 'alias a=b');
    execFileSync('sh', ['-c', once], { env: { HOME: folder, PATH: process.env['PATH'] } });
    expect(readFileSync(join(folder, file), 'utf8').split('\n')).toEqual(['alias a=b', now, '']);
  });

  it('fish: the folder may be missing', () => {
    const [once] = linesFor('fish');
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'hotpass-bootstrap'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    execFileSync('sh', ['-c', once], { env: { HOME: folder, PATH: `${bin}:${process.env['PATH']}` } });
    const written = readFileSync(join(folder, '.config/fish/completions/hotpass-bootstrap.fish'), 'utf8');
    expect(written).toBe('completion fish\n');
  });

  it('powershell: makes the folder, then adds two lines, the first one empty', async () => {
    const [once, now] = linesFor('powershell');
    const commands = (await parsePowershell(once)).descendantsOfType('command').map(node => node?.text);
    expect(commands).toEqual([
      'New-Item -Force -Type Directory (Split-Path $PROFILE) > $null',
      'Split-Path $PROFILE',
      `Add-Content $PROFILE '', '${now}'`,
    ]);
    expect((await parsePowershell(now)).descendantsOfType('command').length).toBe(3);
  });
});
