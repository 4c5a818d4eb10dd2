import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentStore } from '../../src/secrets/environment.ts';
import { freshEntry, readIndex, updateIndex } from '../../src/secrets/index-file.ts';
import { moveSecrets } from '../../src/secrets/move.ts';
import { keySource, openChosen, openKeychain, openSealed, type StorePorts } from '../../src/secrets/open.ts';
import { withOverflow } from '../../src/secrets/overflow.ts';
import { doubledRepairs, remakeRepair, repairCopy } from '../../src/secrets/repair.ts';
import { sealedFilePath } from '../../src/secrets/sealed-file.ts';
import type { Item, SecretStore } from '../../src/secrets/store.ts';
import { tryStore } from '../../src/secrets/try-store.ts';
import { withVault } from '../../src/secrets/vault-login.ts';
import { readFromVault } from '../../src/secrets/vault-read.ts';
import { vaultStore } from '../../src/secrets/vault-store.ts';
import { userPaths } from '../../src/system/paths.ts';
import { type Keyring, keychainWorker, withKeyring } from '../support/keyring.ts';
import { OpenBao } from '../support/openbao.ts';
import { answersWhatItHolds, item, keepsTheContract, type StoreUnderTest } from '../support/store-contract.ts';
import { cache, repository, temporary, uvCache, uvPath } from '../support/tools.ts';
import { vaultLogin } from '../support/vault.ts';

const PASSPHRASE = 'correct horse battery';
const home = temporary('hb-stores-');
const writer = join(cache, 'store-writer.mjs');
let keyring: Keyring;
let worker: string;

beforeAll(async () => {
  [keyring, worker] = await Promise.all([withKeyring(home), keychainWorker(), buildWriter()]);
});
afterAll(() => keyring.stop());

async function buildWriter(): Promise<void> {
  await build({
    stdin: {
      resolveDir: repository,
      contents: `
        import { openChosen } from './src/secrets/open.ts';
        const { choice, ports, prefix, count } = JSON.parse(process.argv[2]);
        const store = await openChosen(choice, { ...ports, askPassphrase: async () => ${JSON.stringify(PASSPHRASE)} });
        for (let n = 0; n < count; n++) {
          const user = prefix + '/' + n;
          await store.set({ service: 'hotpass-bootstrap/contract', user, env: '' }, user);
        }`,
    },
    outfile: writer,
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
}

type Chosen = Parameters<typeof openChosen>[0];

function portsAt(state: string): StorePorts {
  const { env } = keyring;
  const paths = { ...userPaths(env, 'linux'), state };
  const askPassphrase = async (): Promise<string> => PASSPHRASE;
  return { paths, env, path: env['PATH'] ?? '', worker, interactive: false, askPassphrase, platform: 'linux' };
}

/** A store that is opened at its first call, so that each `open` is a run of its own. */
function lazily(choice: Chosen, state: string): SecretStore {
  let opened: Promise<SecretStore> | undefined;
  const store = (): Promise<SecretStore> => {
    opened ??= openChosen(choice, portsAt(state));
    return opened;
  };
  return {
    name: choice.store,
    writable: true,
    probe: async () => (await store()).probe(),
    get: async items => (await store()).get(items),
    set: async (one, value) => (await store()).set(one, value),
    remove: async one => (await store()).remove(one),
  };
}

function underTest(choice: Chosen, state: string, runs: number): StoreUnderTest {
  return {
    open: () => lazily(choice, state),
    runs,
    inProcess: (prefix, count) =>
      new Promise((resolve, reject) => {
        const { askPassphrase: _, ...ports } = portsAt(state);
        const request = JSON.stringify({ choice, ports, prefix, count });
        const child = spawn(process.execPath, [writer, request], { stdio: ['ignore', 'ignore', 'pipe'] });
        let said = '';
        child.stderr.on('data', text => {
          said += text;
        });
        child.on('close', code => (code === 0 ? resolve() : reject(new Error(said))));
      }),
  };
}

/** A store to which these values were written by another run. */
async function holding(choice: Chosen, state: string, values: Readonly<Record<string, string>>): Promise<SecretStore> {
  const store = lazily(choice, state);
  for (const [env, value] of Object.entries(values))
    await store.set({ ...item(`local/${env.toLowerCase()}`), env }, value);
  return lazily(choice, state);
}

describe('the keychain', () => {
  const state = temporary();
  keepsTheContract(() => underTest({ store: 'keychain' }, state, 8));
  answersWhatItHolds(values => holding({ store: 'keychain' }, state, values));
});

describe.each([
  ['keychain' as const, 8],
  ['passphrase' as const, 2],
  ['file:' as const, 40],
])('the sealed file, its key from: %s', (kind, runs) => {
  const state = temporary();
  const key = kind === 'file:' ? (`file:${join(temporary(), 'folder', 'key')}` as const) : kind;
  keepsTheContract(() => underTest({ store: 'sealed-file', key }, state, runs));
  answersWhatItHolds(values => holding({ store: 'sealed-file', key }, state, values));

  test('is one file of our own, and holds nothing that can be read', async () => {
    const store = lazily({ store: 'sealed-file', key }, state);
    await store.set(item('local/canary'), 'canary-9d2f71c6');
    const path = sealedFilePath(state);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, 'utf8');
    for (const part of ['canary', 'contract', Buffer.from('canary-9d2f').toString('base64').slice(0, 12)]) {
      expect(text).not.toContain(part);
    }
    expect(await tryStore(store)).toMatchObject({ state: 'ok' });
    const list = (await openSealed(key, portsAt(state))).list();
    expect((await list).filter(({ service }) => service.includes('.probe'))).toEqual([]);
  });
});

describe('the environment', () => {
  answersWhatItHolds(async values => environmentStore(values));
});

describe('Vault behind the environment', () => {
  let bao: OpenBao;
  let reads = 0;
  beforeAll(async () => {
    bao = await OpenBao.start();
    await bao.mount('kv', 2);
  });
  afterAll(() => bao?.stop());

  /** Half of the values stand in variables, half in Vault. */
  const behind = async (values: Readonly<Record<string, string>>): Promise<SecretStore> => {
    const names = Object.keys(values);
    const given = names.filter((_, at) => at % 2 === 1);
    const kept = names.filter(name => !given.includes(name));
    const only = (some: readonly string[]) => Object.fromEntries(some.map(name => [name, values[name] ?? '']));
    await bao.must('POST', 'kv/data/contract', { data: only(kept) });
    const login = vaultLogin({ VAULT_ADDR: bao.address, VAULT_TOKEN: bao.root });
    const wanted = [...kept, 'NEITHER'].map(name => ({ name, vault: `kv/contract#${name}` }));
    return vaultStore(environmentStore(only(given)), async () => {
      reads += 1;
      const found = await withVault(login, (vault, by) => readFromVault(vault, by, wanted));
      return new Map([...found].flatMap(([name, one]) => ('value' in one ? [[name, one.value] as const] : [])));
    });
  };
  answersWhatItHolds(behind);

  test('is asked once, and not at all when variables have everything', async () => {
    const store = await behind({ A: 'a', B: 'b', C: 'c' });
    reads = 0;
    const [a, b, c] = ['A', 'B', 'C'].map(env => ({ ...item('local/x'), env })) as [Item, Item, Item];
    expect(await store.get([b])).toEqual(['b']);
    expect(reads).toBe(0);
    expect(await store.get([a, c])).toEqual(['a', 'c']);
    expect(await store.get([c])).toEqual(['c']);
    expect(reads).toBe(1);
  });
});

test('another implementation opens the sealed file, and we open what it seals', async () => {
  const python = pythonWithJwcrypto();
  const state = temporary();
  const store = lazily({ store: 'sealed-file', key: 'passphrase' }, state);
  await store.set(item('local/interop'), 'grüße 🔑');
  const path = sealedFilePath(state);
  const code = `
import json, sys
from jwcrypto import jwa, jwe, jwk
jwa.default_max_pbkdf2_iterations = 10**7
path, passphrase = sys.argv[1:]
box = json.load(open(path))
wrapped = jwe.JWE(algs=['PBES2-HS512+A256KW', 'A256GCM'])
wrapped.deserialize(box['wrapped'], jwk.JWK.from_password(passphrase))
key = jwk.JWK(kty='oct', k=jwk.base64url_encode(wrapped.payload))
secrets = jwe.JWE(algs=['dir', 'A256GCM'])
secrets.deserialize(box['secrets'], key)
rows = json.loads(secrets.payload)
print(json.dumps(rows))
again = jwe.JWE(json.dumps([[s, u, v + '!'] for s, u, v in rows]).encode(), json.dumps(secrets.jose_header))
again.add_recipient(key)
box['secrets'] = again.serialize(compact=True)
json.dump(box, open(path, 'w'))`;
  const out = execFileSync(python, ['-c', code, path, PASSPHRASE], { encoding: 'utf8' });
  expect(JSON.parse(out)).toEqual([['hotpass-bootstrap/contract', 'local/interop', 'grüße 🔑']]);
  const [value] = await lazily({ store: 'sealed-file', key: 'passphrase' }, state).get([item('local/interop')]);
  expect(value).toBe('grüße 🔑!');
});

describe('a keychain whose items are short, as on Windows', () => {
  test('has longer values in the sealed file, and each value in one place', async () => {
    const ports = portsAt(temporary());
    const keychain = openKeychain(ports);
    const sealed = await openSealed('keychain', ports);
    const store = withOverflow(keychain, sealed, 2560);
    const [short, long] = ['x'.repeat(1280), 'y'.repeat(1281)];
    const name = item('overflow/one');
    for (const [value, inKeychain] of [
      [short, true],
      [long, false],
      [`${long}z`, false],
      ['again', true],
    ] as const) {
      await store.set(name, value);
      expect(await store.get([item('overflow/none'), name])).toEqual([undefined, value]);
      expect(await keychain.get([name])).toEqual([inKeychain ? value : undefined]);
      expect(await sealed.get([name])).toEqual([inKeychain ? undefined : value]);
    }
    await store.set(name, long);
    expect(await store.remove(name)).toBe(true);
    expect(await store.remove(name)).toBe(false);
    expect(await store.get([name])).toEqual([undefined]);
  });

  test('is what Windows gets', async () => {
    const ports = { ...portsAt(temporary()), platform: 'win32' as const };
    const store = await openChosen({ store: 'keychain' }, ports);
    await store.set(item('overflow/windows'), '密'.repeat(1300));
    expect(existsSync(sealedFilePath(ports.paths.state))).toBe(true);
    expect(await store.get([item('overflow/windows')])).toEqual(['密'.repeat(1300)]);
  });
});

test('the key of the sealed file is the only item in the keychain, and without it the file says so', async () => {
  const state = temporary();
  await lazily({ store: 'sealed-file', key: 'keychain' }, state).set(item('local/x'), 'value');
  const { key } = JSON.parse(readFileSync(sealedFilePath(state), 'utf8')) as { key: string };
  const attributes = ['service', 'hotpass-bootstrap/.sealed-file', 'username', `key/${key}`];
  const before = readFileSync(sealedFilePath(state), 'utf8');
  expect(spawnSync(keyring.secretTool, ['clear', ...attributes], { env: keyring.env }).status).toBe(0);
  const lost = lazily({ store: 'sealed-file', key: 'keychain' }, state);
  await expect(lost.get([item('local/x')])).rejects.toMatchObject({ id: 'HB352', state: 'absent', exit: 3 });
  // A new key would make what stands in the file unreadable for ever.
  await expect(lost.set(item('local/y'), 'other')).rejects.toMatchObject({ id: 'HB352' });
  expect(readFileSync(sealedFilePath(state), 'utf8')).toBe(before);
});

test('a key given up for another one leaves the keychain only when the new file is there', async () => {
  const state = temporary();
  const ports = portsAt(state);
  const sealed = await openSealed('keychain', ports);
  await sealed.set(item('local/x'), 'value');
  const { key } = JSON.parse(readFileSync(sealedFilePath(state), 'utf8')) as { key: string };
  await sealed.reseal(await keySource('passphrase', ports));
  expect(await lazily({ store: 'sealed-file', key: 'passphrase' }, state).get([item('local/x')])).toEqual(['value']);
  const attributes = ['service', 'hotpass-bootstrap/.sealed-file', 'username', `key/${key}`];
  expect(spawnSync(keyring.secretTool, ['lookup', ...attributes], { env: keyring.env }).status).toBe(1);
  const old = lazily({ store: 'sealed-file', key: 'keychain' }, state);
  await expect(old.get([item('local/x')])).rejects.toMatchObject({
    id: 'HB357',
    next: 'hotpass-bootstrap secrets where --use sealed-file:passphrase',
  });
});

test('secrets move from one store to another, with what the index knows of them', async () => {
  const state = temporary();
  const from = lazily({ store: 'keychain' }, state);
  const to = lazily({ store: 'sealed-file', key: 'keychain' }, state);
  const entry = freshEntry('keychain', 'https://a.example.com:443', true);
  await updateIndex(state, 'contract', { 'local/moved': entry, 'local/gone': entry });
  await from.set(item('local/moved'), 'value');
  const index = readIndex(state, 'contract');
  expect(await moveSecrets(Object.keys(index), { from, to, state, namespace: 'contract', index })).toBe(1);
  expect(await from.get([item('local/moved')])).toEqual([undefined]);
  expect(await to.get([item('local/moved')])).toEqual(['value']);
  expect(readIndex(state, 'contract')['local/moved']).toEqual({ ...entry, store: 'sealed-file' });
});

describe('repair', () => {
  test('keeps the item that was written last of two of one name', async () => {
    const keychain = openKeychain(portsAt(temporary()));
    await keychain.set(item('local/twice'), 'older');
    await new Promise(resolve => setTimeout(resolve, 1100));
    const attributes = ['service', 'hotpass-bootstrap/contract', 'username', 'local/twice', 'application', 'other'];
    spawnSync(keyring.secretTool, ['store', '--label=x', ...attributes], { env: keyring.env, input: 'newer' });
    await expect(keychain.get([item('local/twice')])).rejects.toMatchObject({ id: 'HB309' });
    const repairs = await doubledRepairs(keychain, [item('local/none'), item('local/twice')]);
    expect(repairs.map(({ what }) => what)).toEqual([
      'keychain item hotpass-bootstrap/contract local/twice is there twice: keep the one that was written last',
    ]);
    await repairs[0]?.apply();
    expect(await keychain.get([item('local/twice')])).toEqual(['newer']);
    await keychain.set(item('local/twice'), 'newest');
    expect(await keychain.get([item('local/twice')])).toEqual(['newest']);
  });

  test('makes items anew, each with its value, and leaves no copy', async () => {
    const keychain = openKeychain(portsAt(temporary()));
    await keychain.set(item('local/again'), 'value');
    await remakeRepair(keychain, [item('local/none'), item('local/again')]).apply();
    expect(await keychain.get(['local/again', '.repair/local/again', 'local/none'].map(item))).toEqual([
      'value',
      undefined,
      undefined,
    ]);
  });

  test('finds the value again that an interrupted one has left beside the item', async () => {
    const keychain = openKeychain(portsAt(temporary()));
    const [lost, half] = [item('local/lost'), item('local/half')];
    // Ended between taking the item away and making it anew, and before taking it away.
    await keychain.set(repairCopy(lost), 'value');
    await keychain.set(repairCopy(half), 'value');
    await keychain.set(half, 'changed since');
    await remakeRepair(keychain, [lost, half]).apply();
    expect(await keychain.get([lost, half, repairCopy(lost), repairCopy(half)])).toEqual([
      'value',
      'changed since',
      undefined,
      undefined,
    ]);
  });
});

/** A Python with `jwcrypto`, installed once. */
function pythonWithJwcrypto(): string {
  const folder = join(cache, 'venvs', 'jwcrypto');
  const python = join(folder, 'bin', 'python');
  if (existsSync(python)) return python;
  mkdirSync(join(cache, 'venvs'), { recursive: true });
  const env = { ...process.env, UV_CACHE_DIR: uvCache };
  const made = spawnSync(uvPath(), ['venv', '--clear', folder], { env, encoding: 'utf8' });
  const installed = spawnSync(uvPath(), ['pip', 'install', '--python', python, 'jwcrypto==1.5.6'], {
    env,
    encoding: 'utf8',
  });
  if (made.status !== 0 || installed.status !== 0) {
    throw new Error(`jwcrypto cannot be installed: ${installed.stderr}`);
  }
  return python;
}
