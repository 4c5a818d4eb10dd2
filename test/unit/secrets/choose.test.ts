import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseStore } from '../../../src/secrets/choose.ts';
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
