import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Machine } from '../support/machine.ts';
import { powershellAssignments } from '../support/powershell.ts';
import { installCommand } from '../support/shells.ts';

const machine = new Machine();
const bin = installCommand(machine);
const workspace = machine.clone();
const manifest = join(workspace, 'hotpass-bootstrap.toml');

/** A value with all that shells quarrel about, as TOML and as it is. */
const ODD = ['it\'s "$HOME" `id` \\\\ ‘x’ #!\\n*', 'it\'s "$HOME" `id` \\ ‘x’ #!\n*'] as const;

/** How each shell takes the settings; it then shows what a program gets. */
const WAYS: [shell: string, args: string[]][] = [
  ['sh', ['-c', 'eval "$(hotpass-bootstrap env)"; exec node -p "JSON.stringify(process.env)"']],
  ['bash', ['--norc', '-c', 'eval "$(hotpass-bootstrap env)"; exec node -p "JSON.stringify(process.env)"']],
  ['zsh', ['-f', '-c', 'eval "$(hotpass-bootstrap env)"; exec node -p "JSON.stringify(process.env)"']],
  [
    'fish',
    ['--no-config', '-c', 'hotpass-bootstrap env --format fish | source; exec node -p "JSON.stringify(process.env)"'],
  ],
];

beforeAll(() => {
  const text = readFileSync(manifest, 'utf8');
  writeFileSync(manifest, `${text}\n[environments.local.variables]\nODD = ${JSON.stringify(ODD[1])}\n`);
});

describe('the settings of an environment', () => {
  it.each(WAYS)('are what %s gives to programs, OTEL_ ones left out', (shell, args) => {
    const out = JSON.parse(execFileSync(shell, args, { cwd: workspace, env: machine.env, encoding: 'utf8' }));
    expect(out).toMatchObject({ ODD: ODD[1], PREFECT_PROFILE: 'harbour-local' });
    expect(Object.keys(out).filter(name => name.startsWith('OTEL_'))).toEqual([]);
  });

  it('are what PowerShell would set, by its grammar', async () => {
    const text = machine.run(workspace, ['env', '--format', 'powershell', '--otel']).stdout;
    const { variables } = JSON.parse(machine.run(workspace, ['env', '--json', '--otel']).stdout);
    expect(await powershellAssignments(text)).toEqual(variables);
    expect(Object.keys(variables).some(name => name.startsWith('OTEL_'))).toBe(true);
  });

  it('are read again by direnv when what decides them has changed', () => {
    writeFileSync(join(workspace, '.envrc'), 'eval "$(hotpass-bootstrap env --format direnv)"\n');
    const direnv = (...args: string[]): string =>
      execFileSync('direnv', args, {
        cwd: workspace,
        env: machine.env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    direnv('allow');
    expect(JSON.parse(direnv('exec', '.', 'node', '-p', 'JSON.stringify(process.env)'))).toMatchObject({ ODD: ODD[1] });
    const watches = direnv(
      'exec',
      '.',
      'direnv',
      'show_dump',
      direnv('exec', '.', 'printenv', 'DIRENV_WATCHES').trim(),
    );
    for (const file of ['hotpass-bootstrap.toml', 'pyproject.toml', 'workspaces.json']) expect(watches).toContain(file);
  });

  it('leave alone what was set to nothing, and in CI whatever is set; a file describes them all', () => {
    const env = { PREFECT_PROFILE: 'mine', ODD: '' };
    const here = (extra: Record<string, string>, ...args: string[]): string =>
      machine.run(workspace, ['env', ...args], { env: { ...env, ...extra } }).stdout;
    for (const format of ['shell', 'fish', 'powershell', 'direnv']) {
      expect(here({}, '--format', format)).toContain('harbour-local');
      expect(here({}, '--format', format)).not.toContain('ODD');
      expect(here({ CI: 'true' }, '--format', format)).not.toContain('PREFECT_PROFILE');
    }
    expect(JSON.parse(here({ CI: 'true' }, '--json')).variables).toMatchObject({ PREFECT_PROFILE: 'harbour-local' });
  });

  it('take out what would send a credential elsewhere, with --secrets --otel', () => {
    const given = {
      CI: 'true',
      PREFECT_API_AUTH_STRING: 'me:canary-Xq7Vw2kT9',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=canary-Hz81Lm40Qp',
    };
    const ask = (...args: string[]): string => {
      const out = machine.run(workspace, ['env', '--env', 'staging', '--secrets', ...args], { env: given });
      expect(out.code, out.stderr).toBe(0);
      return out.stdout;
    };
    const gone = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
    expect(ask('--otel')).toContain(`unset ${gone}`);
    expect(ask('--otel', '--format', 'fish')).toContain(`set -eg ${gone}`);
    expect(ask('--otel', '--format', 'powershell')).toContain(`$env:${gone} = $null`);
    expect(JSON.parse(ask('--otel', '--json')).unset).toContain(gone);
    expect(ask()).not.toContain('OTEL_');
  });

  it('go into a file that others cannot read', () => {
    const file = join(machine.home, 'settings.fish');
    const out = machine.run(workspace, ['env', '--format', 'fish', '--output', file]);
    expect(out.stderr).toMatch(/settings\.fish has \d+ variables?, readable by you alone/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain('set -gx PREFECT_PROFILE');
  });

  it('are followed by a warning in a file with secrets that git does not ignore', () => {
    const given = {
      CI: 'true',
      PREFECT_API_AUTH_STRING: 'me:canary-Xq7Vw2kT9',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=canary-Hz81Lm40Qp',
    };
    const warned = (file: string, ...args: string[]): boolean => {
      const all = ['env', '--env', 'staging', '--format', 'dotenv', '--output', file, ...args];
      const out = machine.run(workspace, all, { env: given });
      expect(out.code, out.stderr).toBe(0);
      return out.stderr.includes(`${file} holds secrets, and git does not ignore it`);
    };
    expect(warned('given.txt', '--secrets')).toBe(true);
    expect(warned('given.txt')).toBe(false);
    expect(warned('given.txt', '--secrets', '--quiet')).toBe(false);
    expect(warned(join(machine.home, 'given.txt'), '--secrets')).toBe(false);
    appendFileSync(join(workspace, '.git', 'info', 'exclude'), 'given.txt\n');
    expect(warned('given.txt', '--secrets')).toBe(false);
    rmSync(join(workspace, 'given.txt'));
  });

  it('are refused in one piece where a shell would run one of them', () => {
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, text.replace('ODD = ', "PS1 = '$(touch ran)'\nODD = "));
    for (const format of ['shell', 'fish', 'powershell', 'direnv']) {
      const out = machine.run(workspace, ['env', '--format', format]);
      expect([out.code, out.stdout]).toEqual([expect.any(Number), '']);
      expect(out.code).not.toBe(0);
      expect(out.stderr).toContain('PS1');
    }
    writeFileSync(manifest, text);
  });

  it('have formats with names that are near', () => {
    const out = machine.run(workspace, ['env', '--format', 'powershel']);
    expect([out.code, out.stderr]).toEqual([64, expect.stringContaining('env --format powershell')]);
    expect(
      spawnSync('sh', ['-c', 'command -v hotpass-bootstrap'], { env: machine.env, encoding: 'utf8' }).stdout,
    ).toContain(bin);
  });
});
