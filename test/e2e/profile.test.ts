import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { output } from '../../src/commands/documents.ts';
import { Machine, snapshot } from '../support/machine.ts';
import { Terminal } from '../support/pty.ts';

const KEY = 'pnu_canaryAdopt0123456789';
const FOREIGN = `active = "mine"\n\n[profiles.mine]\nPREFECT_API_URL="http://mine.example.com/api"  # odd\n\n[profiles.harbour-local]\n# theirs\nPREFECT_API_KEY = "${KEY}"\nPREFECT_API_URL = 'https://old.example.com/api'\n`;

const machine = new Machine();
const workspace = machine.clone();
const file = join(machine.home, '.prefect', 'profiles.toml');

beforeAll(() => {
  mkdirSync(join(machine.home, '.prefect'), { mode: 0o700 });
});

/** What the real Prefect of the workspace says: the profile in force and the active one. */
function prefect(env: Record<string, string> = {}): { profile: string; url: string; listed: string } {
  const python =
    'from prefect.context import get_settings_context as g; c = g(); print(c.profile.name, c.settings.api.url)';
  const options = {
    cwd: workspace,
    env: { ...machine.env, DO_NOT_TRACK: '1', ...env },
    encoding: 'utf8' as const,
  };
  const [profile = '', url = ''] = spawnSync(join(workspace, '.venv', 'bin', 'python'), ['-c', python], options)
    .stdout.trim()
    .split(' ');
  const { stdout } = spawnSync(join(workspace, '.venv', 'bin', 'prefect'), ['profile', 'ls'], options);
  return { profile, url, listed: /\* (\S+)/.exec(stdout)?.[1] ?? '' };
}

function json(args: readonly string[]): Record<string, unknown> & { environments: Record<string, unknown>[] } {
  const { stdout } = machine.run(workspace, [...args, '--json']);
  expect(stdout).not.toContain('canary');
  return output.parse(JSON.parse(stdout)) as never;
}

describe('a profile that somebody else made, with a key in it', () => {
  it('stops setup, which names the command that takes it over', () => {
    writeFileSync(file, FOREIGN, { mode: 0o600 });
    chmodSync(file, 0o644);
    const refused = machine.run(workspace, ['setup', '--yes']);
    expect(refused.code).toBe(78);
    expect(refused.stderr).toMatch(/^Next: .*hotpass-bootstrap profile adopt harbour-local$/m);
    expect(json(['profile', 'list'])).toMatchObject({
      file,
      active: 'mine',
      environments: [
        {
          environment: 'local',
          profile: 'harbour-local',
          state: 'not ours',
          foundUrl: 'https://old.example.com/api',
          apiUrl: 'http://127.0.0.1:4200/api',
          secrets: ['PREFECT_API_KEY'],
          selected: true,
          active: false,
        },
        { environment: 'staging', state: 'missing', selected: false },
      ],
    });
    const text = machine.run(workspace, ['profile', 'list']);
    expect(text.stdout).toMatch(/^\* local +harbour-local +made by somebody else; .*PREFECT_API_KEY in the clear/m);
  });

  it('is not taken over by --yes alone, since the key would go to another server; nothing is changed', () => {
    const before = snapshot(machine.home);
    for (const args of [['--yes'], ['--json'], ['--no-input'], []]) {
      const refused = machine.run(workspace, ['profile', 'adopt', 'harbour-local', ...args]);
      expect(refused.code).toBe(3);
      expect(refused.stderr).toMatch(/^Next: .* --yes --approve-origin http:\/\/127\.0\.0\.1:4200$/m);
      expect(refused.stderr).toContain('https://old.example.com');
    }
    const elsewhere = ['profile', 'adopt', 'harbour-local', '--yes', '--approve-origin', 'https://other.example.com'];
    expect(machine.run(workspace, elsewhere).code).toBe(3);
    expect(snapshot(machine.home)).toEqual(before);
  });

  it('asks on a terminal also with --yes, and no changes nothing', async () => {
    const terminal = new Terminal(workspace, ['profile', 'adopt', 'harbour-local', '--yes'], {
      ...machine.env,
      TERM: 'xterm-256color',
    });
    await terminal.sees(/https:\/\/old\.example\.com\/api[\s\S]*would then be sent to/);
    terminal.type('\r');
    expect((await terminal.exit).exitCode).toBe(3);
    expect(terminal.raw).not.toContain('canary');
    expect(readFileSync(file, 'utf8')).toBe(FOREIGN);
  });

  it('is taken over when the server is named: what is wanted changes, the key stays and is in no journal', () => {
    const args = ['profile', 'adopt', 'harbour-local', '--yes', '--approve-origin', 'http://127.0.0.1:4200/api'];
    const done = machine.run(workspace, args);
    expect(done.stderr).toMatch(/https:\/\/old\.example\.com\/api (->|→) http:\/\/127\.0\.0\.1:4200\/api/);
    expect(done.stderr).toContain('was left in');
    expect(done.code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(
      FOREIGN.replace(
        "'https://old.example.com/api'",
        '"http://127.0.0.1:4200/api"\nPREFECT_SERVER_ANALYTICS_ENABLED = "false"',
      ),
    );
    const state = join(machine.home, '.local', 'state');
    expect(spawnSync('grep', ['-r', 'canary', state], { encoding: 'utf8' }).stdout).toBe('');
  });

  it('is given back byte for byte by undo, with its mode; then it is nobody\u2019s again', () => {
    expect(machine.run(workspace, ['undo', '--yes']).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(FOREIGN);
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(json(['profile', 'list']).environments[0]).toMatchObject({ state: 'not ours' });
  });

  it('goes on with setup after it was taken over, and Prefect uses it for this workspace', () => {
    const args = ['profile', 'adopt', 'harbour-local', '--json', '--approve-origin', 'http://127.0.0.1:4200'];
    expect(output.parse(JSON.parse(machine.run(workspace, args).stdout))).toMatchObject({
      action: 'adopt',
      environment: 'local',
      changes: [{ key: 'profile', action: 'change' }],
    });
    expect(machine.run(workspace, ['setup', '--yes']).code).toBe(0);
    expect(json(['profile', 'list']).environments[0]).toMatchObject({ state: 'ours', active: false });
    expect(prefect()).toMatchObject({ profile: 'mine', listed: 'mine' });
    const running = machine.run(workspace, [
      'run',
      '--',
      'python',
      '-c',
      'import os; print(os.environ["PREFECT_PROFILE"])',
    ]);
    expect(running.stdout.trim()).toBe('harbour-local');
  });
});

describe('profile use', () => {
  const remembered = (): unknown =>
    Object.values(
      JSON.parse(readFileSync(join(machine.home, '.local', 'state', 'hotpass-bootstrap', 'workspaces.json'), 'utf8'))
        .workspaces as Record<string, { environment?: string }>,
    )[0]?.environment;

  it('shows its plan and changes nothing where nobody can say yes', () => {
    const before = readFileSync(file, 'utf8');
    const shown = machine.run(workspace, ['profile', 'use', 'staging']);
    expect(shown.code).toBe(3);
    expect(shown.stderr).toMatch(/mine (->|→) harbour-staging/);
    expect(shown.stderr).toMatch(/^Next: .*profile use staging --yes$/m);
    expect([readFileSync(file, 'utf8'), remembered()]).toEqual([before, 'local']);
  });

  it('makes the environment the one of this folder and its profile the active one, as Prefect itself says', () => {
    const before = readFileSync(file, 'utf8');
    const done = machine.run(workspace, ['profile', 'use', 'staging', '--yes']);
    expect(done.code).toBe(0);
    expect(remembered()).toBe('staging');
    expect(prefect()).toEqual({
      profile: 'harbour-staging',
      url: 'https://prefect.staging.example.com/api',
      listed: 'harbour-staging',
    });
    expect(json(['profile', 'list']).environments).toMatchObject([
      { environment: 'local', selected: false },
      { environment: 'staging', state: 'ours', selected: true, active: true },
    ]);
    expect(machine.run(workspace, ['env']).stdout).toContain("PREFECT_PROFILE='harbour-staging'");
    // A second time there is nothing to do.
    expect(json(['profile', 'use', 'staging'])).toMatchObject({ changes: [], run: null });

    expect(machine.run(workspace, ['undo', '--yes']).code).toBe(0);
    expect([readFileSync(file, 'utf8'), remembered()]).toEqual([before, 'local']);
    expect(prefect()).toMatchObject({ listed: 'mine' });
  });

  it('remembers nothing in CI', () => {
    const env = { CI: 'true' };
    const done = machine.run(workspace, ['profile', 'use', 'staging'], { env });
    expect(done.code).toBe(0);
    expect(remembered()).toBe('local');
    expect(prefect().listed).toBe('harbour-staging');
  });

  it('says what beats the active profile', () => {
    const shown = machine.run(workspace, ['profile', 'list'], { env: { PREFECT_PROFILE: 'mine' } });
    expect(shown.stderr).toContain('HB206');
  });

  it.each([
    [['profile', 'use', 'stagng'], 64, /staging/],
    [['profile', 'use'], 64, /profile list$/m],
    [['profile', 'use', 'local', '--env', 'staging'], 64, /disagree/],
    [['profile', 'adopt', 'local'], 64, /profile adopt harbour-local$/m],
    [['profile', 'adopt', 'harbour-lokal'], 64, /profile adopt harbour-local$/m],
    [['profile', 'list', 'x'], 64, /profile --help$/m],
    [['profile', 'us'], 64, /profile use$/m],
  ])('%j: a sentence and the next command', (args, code, words) => {
    const refused = machine.run(workspace, args);
    expect([refused.code, refused.stderr]).toEqual([code, expect.stringMatching(words)]);
    expect(refused.stderr).toContain('Next: ');
  });

  it('leaves a folder that setup has not linked alone', () => {
    const other = machine.clone('second');
    const refused = machine.run(other, ['profile', 'use', 'staging', '--yes']);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/^Next: .*setup --env staging$/m);
  });
});
