import { lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseStore, rememberStore } from '../../../src/secrets/choose.ts';
import { refuseDebugging } from '../../../src/secrets/debugging.ts';
import { unencryptedKeyring } from '../../../src/secrets/default-keyring.ts';
import { emptyVariables, environmentStore } from '../../../src/secrets/environment.ts';
import { userPaths } from '../../../src/system/paths.ts';
import { temporary } from '../../support/tools.ts';

function machine(config?: string) {
  const home = temporary();
  const paths = userPaths({ HOME: home }, 'linux');
  if (config !== undefined) {
    mkdirSync(paths.config, { recursive: true });
    writeFileSync(join(paths.config, 'config.toml'), config);
  }
  return { paths, env: {}, ci: false, interactive: true, platform: 'linux' as const };
}

test('the keychain, unless the person, CI or a headless machine says otherwise', async () => {
  expect(await chooseStore(machine())).toEqual({ store: 'keychain', why: 'default' });
  expect(await chooseStore({ ...machine(), ci: true })).toEqual({ store: 'environment', why: 'ci' });
  expect(await chooseStore({ ...machine('store = "keychain"'), ci: true })).toEqual({
    store: 'keychain',
    why: 'configured',
  });
  expect(await chooseStore(machine('store = "environment"'))).toEqual({ store: 'environment', why: 'configured' });
  expect(await chooseStore({ ...machine(), interactive: false })).toEqual({ store: 'environment', why: 'headless' });
  const piped = { ...machine(), interactive: false, env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/bus' } };
  expect(await chooseStore(piped)).toEqual({ store: 'keychain', why: 'default' });
});

test.each([undefined, '', 'store = "keychain"\n', 'other = 1\nstore = "keychain" # mine\n[x]\nstore = "kept"\n'])(
  'a choice is remembered beside what stands in config.toml: %j',
  async config => {
    const where = machine(config);
    const file = rememberStore(where.paths, 'environment');
    expect(await chooseStore(where)).toEqual({ store: 'environment', why: 'configured' });
    const text = readFileSync(file, 'utf8');
    if (config?.includes('other')) expect(text).toBe('store = "environment"\nother = 1\n[x]\nstore = "kept"\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(where.paths.config).mode & 0o777).toBe(0o700);
  },
);

test('a config.toml that is a link stays one', async () => {
  const where = machine('other = 1\n');
  const elsewhere = join(temporary(), 'dotfile');
  writeFileSync(elsewhere, 'other = 2\n');
  const linked = machine();
  mkdirSync(linked.paths.config, { recursive: true });
  symlinkSync(elsewhere, join(linked.paths.config, 'config.toml'));
  expect(lstatSync(rememberStore(linked.paths, 'environment')).isSymbolicLink()).toBe(true);
  expect(readFileSync(elsewhere, 'utf8')).toBe('store = "environment"\nother = 2\n');
  expect(await chooseStore(where)).toEqual({ store: 'keychain', why: 'default' });
});

test.each(['store = "sealed"', 'store = 1', 'store = ', '[['])('config.toml with %j is refused', async config => {
  await expect(chooseStore(machine(config))).rejects.toMatchObject({ exit: 78 });
});

test('the environment store reads, and says which variables are set to nothing', async () => {
  const env = { TOKEN: 'x', EMPTY: '' };
  const items = ['TOKEN', 'EMPTY', 'NONE'].map(name => ({ service: 's', user: name, env: name }));
  const store = environmentStore(env);
  expect(await store.get(items)).toEqual(['x', undefined, undefined]);
  expect(emptyVariables(env, items)).toEqual(['EMPTY']);
  for (const item of items) await expect(store.set(item, 'y')).rejects.toMatchObject({ exit: 64 });
});

test.each([
  [{ NODE_DEBUG: 'net' }, true],
  [{ NODE_OPTIONS: '--require /x/bootloader.js' }, true],
  [{ NODE_OPTIONS: '--inspect=0' }, true],
  [{ NODE_OPTIONS: '--report-on-signal' }, true],
  [{ NODE_OPTIONS: '--heapsnapshot-signal=SIGUSR2' }, true],
  [{ NODE_OPTIONS: '--trace-warnings' }, true],
  [{ NODE_OPTIONS: '--import=x' }, true],
  [{ NODE_OPTIONS: '-r ./x.cjs' }, true],
  [{ NODE_OPTIONS: '--max-old-space-size=4096', NODE_DEBUG: '' }, false],
  [{}, false],
])('refuseDebugging(%j): %s', (env, refuses) => {
  if (refuses) expect(() => refuseDebugging(env)).toThrow(/No secret is read or stored/);
  else expect(() => refuseDebugging(env)).not.toThrow();
});

test('the default keyring is looked at by its first bytes', () => {
  const home = temporary();
  const folder = join(home, '.local', 'share', 'keyrings');
  mkdirSync(folder, { recursive: true });
  expect(unencryptedKeyring({ HOME: home })).toBeUndefined();
  writeFileSync(join(folder, 'login.keyring'), 'GnomeKeyring\n\r\0\n\0\0');
  expect(unencryptedKeyring({ HOME: home })).toBeUndefined();
  writeFileSync(join(folder, 'Other.keyring'), '[keyring]\ndisplay-name=Other\n');
  expect(unencryptedKeyring({ HOME: home })).toBeUndefined();
  writeFileSync(join(folder, 'default'), 'Other\n');
  expect(unencryptedKeyring({ HOME: home })).toBe(join(folder, 'Other.keyring'));
  expect(unencryptedKeyring({ XDG_DATA_HOME: join(home, '.local', 'share') })).toBe(join(folder, 'Other.keyring'));
});

const CONFIGS = [
  undefined,
  '[sealed-file]\nkey = "passphrase" # mine\nother = 1\n\n[telemetry]\nkey = "kept"\n',
  '[telemetry]\nstore = "kept"\nkey = "kept"',
  'store = "keychain"\n\n[vault]\naddress = "https://v.example.com"\n',
];

test.each(CONFIGS)('the sealed file and its key are remembered, and nothing else changes: %j', async config => {
  const where = machine(config);
  for (const key of ['passphrase', 'file:/k/"x" y', 'keychain'] as const) {
    const file = rememberStore(where.paths, 'sealed-file', key);
    expect(await chooseStore(where)).toEqual({ store: 'sealed-file', key, why: 'configured' });
    for (const line of (config ?? '').split('\n').filter(line => /kept|other|address/.test(line))) {
      expect(readFileSync(file, 'utf8').split('\n')).toContain(line);
    }
  }
  rememberStore(where.paths, 'keychain');
  expect(await chooseStore(where)).toEqual({ store: 'keychain', key: 'keychain', why: 'configured' });
});

test('a config.toml that cannot be changed safely is left as it is', () => {
  const where = machine('sealed-file = { key = "passphrase" }\n');
  expect(() => rememberStore(where.paths, 'sealed-file', 'keychain')).toThrow(/could not be changed/);
  expect(readFileSync(join(where.paths.config, 'config.toml'), 'utf8')).toBe('sealed-file = { key = "passphrase" }\n');
});

test.each(['key = "password"', 'key = "file:relative"', 'key = 1'])('[sealed-file] %s is refused', async line => {
  const where = machine(`store = "sealed-file"\n[sealed-file]\n${line}\n`);
  await expect(chooseStore(where)).rejects.toMatchObject({ id: 'HB318', exit: 78 });
});

test('~ in the path of a key file is the home', async () => {
  const where = machine('store = "sealed-file"\n[sealed-file]\nkey = "file:~/key"\n');
  expect((await chooseStore(where)).key).toBe(`file:${where.paths.home}/key`);
});
