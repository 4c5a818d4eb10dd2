import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine, snapshot } from '../support/machine.ts';
import { Terminal } from '../support/pty.ts';

const FORMER = 'former-user:canary-former-Kx82';
const HEADERS = 'Authorization=Basic%20canaryHz81Lm40Qp';
const PROFILES =
  '# mine\nactive = "cloud"\n\n[profiles.cloud]\nPREFECT_API_URL="https://prefect.example.com/api"   # odd\n';

const machine = new Machine();
const workspace = machine.clone();
let keyring: Keyring;

beforeAll(async () => {
  keyring = await withKeyring(machine.home);
  machine.env = { ...machine.env, ...keyring.env };
});
afterAll(() => keyring.stop());

/** Everything of the person, folders too: not our own state, not the keyring's encrypted file, not caches. */
function belongings(): Map<string, string> {
  const ours =
    /^\.local\/state|^\.local$|\.keyring$|^\.local\/share\/keyrings|^\.cache|__pycache__|^\.prefect\/(?!profiles)/;
  return snapshot(machine.home, ours);
}

function stored(user: string): string {
  const argv = ['lookup', 'service', 'hotpass-bootstrap/harbour', 'username', user];
  return spawnSync('secret-tool', argv, { env: machine.env, encoding: 'utf8' }).stdout;
}

it('undo gives everything back that setup changed, byte for byte and with its modes', () => {
  mkdirSync(join(machine.home, '.prefect'));
  writeFileSync(join(machine.home, '.prefect', 'profiles.toml'), PROFILES);
  chmodSync(join(machine.home, '.prefect', 'profiles.toml'), 0o644);
  writeFileSync(join(workspace, '.env.harbour'), 'MINE=1 # kept\nLAST=2', { mode: 0o640 });
  const before = belongings();
  expect(machine.run(workspace, ['setup', '--yes', '--env', 'staging', '--no-input']).code).toBe(3);
  for (const [name, value] of Object.entries({ 'prefect-auth': FORMER, 'otlp-headers': HEADERS })) {
    expect(machine.run(workspace, ['secrets', 'set', name, '--env', 'staging'], { input: value }).code).toBe(0);
  }
  expect(machine.run(workspace, ['setup', '--yes', '--env', 'staging']).code).toBe(0);
  expect(belongings()).not.toEqual(before);
  expect([...belongings().keys()]).toContain('.local/bin');

  const undo = machine.run(workspace, ['undo', '--yes']);
  expect(undo.stderr).toContain('prefect');
  expect(undo.stderr).toMatch(/Taken back\. To set it up again: .*hotpass-bootstrap setup\n$/);
  expect(undo.code).toBe(0);
  expect(belongings()).toEqual(before);
  // What `secrets set` stored is no change of that run.
  expect(stored('staging/prefect-auth')).toBe(FORMER);
  const next = machine.run(workspace, ['setup', '--yes', '--env', 'staging']);
  expect(next.stderr).not.toContain('stopped before its first step');
  expect(next.code).toBe(0);
});

it('undo shows what it would do, changes nothing, and is refused where somebody wrote since', () => {
  const shown = machine.run(workspace, ['undo', '--dry-run']);
  expect(shown.code).toBe(2);
  expect(shown.stdout).toContain('env-file');
  const profiles = join(machine.home, '.prefect', 'profiles.toml');
  writeFileSync(profiles, readFileSync(profiles, 'utf8').replace('prefect.staging', 'prefect.other'));
  const before = belongings();
  const refused = machine.run(workspace, ['undo', '--yes']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/cannot be taken back; nothing was changed/);
  expect(refused.stderr).toContain('Next: ');
  expect(belongings()).toEqual(before);
  const json = machine.run(workspace, ['undo', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'error' });
});

it('undo --force takes out what was changed where we wrote, and keeps a copy; then there is nothing left to refuse', () => {
  const envFile = join(workspace, '.env.harbour');
  const profiles = join(machine.home, '.prefect', 'profiles.toml');
  writeFileSync(envFile, readFileSync(envFile, 'utf8').replace('PREFECT_PROFILE=', 'PREFECT_PROFILE=x-'));
  const changed = readFileSync(envFile, 'utf8');
  const refused = machine.run(workspace, ['undo', '--yes']);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('undo --force')]);
  const forced = machine.run(workspace, ['undo', '--yes', '--force']);
  expect(forced.code).toBe(0);
  expect(readFileSync(envFile, 'utf8')).toBe('MINE=1 # kept\nLAST=2');
  expect(readFileSync(`${envFile}.kept`, 'utf8')).toBe(changed);
  expect(readFileSync(profiles, 'utf8')).toBe(PROFILES);
  expect(readFileSync(`${profiles}.kept`, 'utf8')).toContain('prefect.other');
});

it('a secret that a second setup replaced is the former one again, and one that the first setup stored is gone', async () => {
  const second = new Machine();
  const ring = await withKeyring(second.home);
  try {
    second.env = { ...second.env, ...ring.env, TERM: 'xterm-256color' };
    const root = second.clone();
    const manifest = join(root, 'hotpass-bootstrap.toml');
    const lookup = (): string =>
      spawnSync('secret-tool', ['lookup', 'service', 'hotpass-bootstrap/harbour', 'username', 'staging/prefect-auth'], {
        env: second.env,
        encoding: 'utf8',
      }).stdout;
    const only = ['setup', '--env', 'staging', '--only', 'secrets', '--yes'];
    const first = new Terminal(root, only, second.env);
    await first.sees(/Paste it here/);
    first.type('user:canary-first-1\r');
    await first.sees(/collector[\s\S]*Paste it here/);
    first.type(`${HEADERS}\r`);
    expect((await first.exit).exitCode).toBe(0);
    expect(lookup()).toBe('user:canary-first-1');

    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('https://prefect.staging', 'https://prefect.moved'));
    const again = new Terminal(root, only, second.env);
    await again.sees(/was stored for/);
    again.type('1\r');
    await again.sees(/Paste it here/);
    again.type('user:canary-second-2\r');
    expect((await again.exit).exitCode).toBe(0);
    expect(lookup()).toBe('user:canary-second-2');

    expect(second.run(root, ['undo', '--yes']).code).toBe(0);
    expect(lookup()).toBe('user:canary-first-1');
    // It was given for the first server, and goes to no other one.
    const running = second.run(root, ['run', '--', 'printenv', 'PREFECT_API_AUTH_STRING']);
    expect([running.code, running.stdout]).toEqual([125, '']);
    expect(running.stderr).toContain('--approve-origin');

    expect(second.run(root, ['undo', '--yes']).code).toBe(0);
    expect(lookup()).toBe('');
    const all = spawnSync('secret-tool', ['search', '--all', 'service', 'hotpass-bootstrap/harbour'], {
      env: second.env,
      encoding: 'utf8',
    });
    expect(all.stdout + all.stderr).not.toContain('username');
    const state = join(second.home, '.local', 'state');
    expect(spawnSync('grep', ['-r', 'canary', state], { encoding: 'utf8' }).stdout).toBe('');
  } finally {
    await ring.stop();
  }
});
