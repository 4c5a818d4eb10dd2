import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine, snapshot } from '../support/machine.ts';

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

/** Everything of the person: not our own state, not the keyring's encrypted file, not caches, not empty folders. */
function belongings(): Map<string, string> {
  const ours = /^\.local\/state|\.keyring$|^\.local\/share\/keyrings|^\.cache|__pycache__|^\.prefect\/(?!profiles)/;
  return new Map([...snapshot(machine.home, ours)].filter(([, is]) => is.includes(' ') || is === 'link'));
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

  const undo = machine.run(workspace, ['undo', '--yes']);
  expect(undo.stderr).toContain('prefect');
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
