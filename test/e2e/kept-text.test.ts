import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PLAIN, smallClone } from '../support/hostile.ts';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine } from '../support/machine.ts';

const VALUE = 'canary-region-Bv93tHx16';

const machine = new Machine();
let keyring: Keyring;
let clone: string;
let file: string;
/** The environment file once somebody wrote a secret into our block. */
let mixed: string;

beforeAll(async () => {
  keyring = await withKeyring(machine.home);
  machine.env = { ...machine.env, ...keyring.env };
  clone = smallClone(machine, 'small', `${PLAIN}variables = { GREETING = "hello" }\n`);
  file = join(clone, '.env.small');
  expect(machine.run(clone, ['setup', '--yes']).code).toBe(0);
  mixed = `MINE=1\n${readFileSync(file, 'utf8').replace('GREETING=', `PARTNER_TOKEN=${VALUE}\nGREETING=`)}`;
  writeFileSync(file, mixed);
});
afterAll(() => keyring.stop());

/** Files of the machine that hold the value, the encrypted keyring aside. */
function holders(): string[] {
  return readdirSync(machine.home, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.name.endsWith('.keyring'))
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => statSync(path).size < 5_000_000 && readFileSync(path, 'latin1').includes(VALUE));
}

/** The recorded runs. */
function runs(): string[] {
  const { stdout } = machine.run(clone, ['undo', '--list', '--json']);
  return (JSON.parse(stdout) as { runs: { run: string }[] }).runs.map(({ run }) => run);
}

function kept(run: string): string {
  const argv = ['lookup', 'service', 'hotpass-bootstrap/small', 'username', `.journal/${run}/1`];
  return spawnSync(keyring.secretTool, argv, { env: machine.env, encoding: 'utf8' }).stdout;
}

it('a block with a secret in it is left alone where no keychain can keep its text', async () => {
  const headless = machine.run(clone, ['setup', '--yes'], {
    env: { DBUS_SESSION_BUS_ADDRESS: '', XDG_RUNTIME_DIR: '' },
  });
  expect(headless.code).toBe(78);
  expect(headless.stderr).toContain('looks like a secret');
  await keyring.restart(undefined);
  const locked = machine.run(clone, ['setup', '--yes']);
  expect(locked.code).toBe(78);
  expect(locked.stderr).toContain('looks like a secret');
  expect(locked.stderr).toContain('locked');
  await keyring.restart('pw');
  expect(readFileSync(file, 'utf8')).toBe(mixed);
  expect(holders()).toEqual([file]);
});

it('its text goes to the keychain, never into the journal, and undo puts it back', () => {
  const setup = machine.run(clone, ['setup', '--yes']);
  expect(setup.stdout + setup.stderr).not.toContain(VALUE);
  expect(setup.code).toBe(0);
  expect(readFileSync(file, 'utf8')).toContain('MINE=1');
  expect(holders()).toEqual([]);
  const run = runs().find(one => kept(one) !== '') ?? '';
  expect(kept(run)).toContain(`PARTNER_TOKEN=${VALUE}`);

  const shown = machine.run(clone, ['undo', run, '--dry-run']);
  expect(shown.stdout).toContain('.env.small');
  const undo = machine.run(clone, ['undo', run, '--yes']);
  expect(shown.stdout + undo.stdout + undo.stderr).not.toContain(VALUE);
  expect(undo.code).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(mixed);
  expect(holders()).toEqual([file]);
  expect(kept(run)).toBe('');
});
