import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { UserError } from '../../src/core/errors.ts';
import { pythonStep } from '../../src/steps/python.ts';
import { run } from '../../src/system/process.ts';
import { Bench } from '../support/context.ts';
import { type InspectingProxy, inspectingProxy } from '../support/inspecting-proxy.ts';
import { type LoopbackIndex, loopbackIndex } from '../support/loopback-index.ts';
import { syncedFrom, takeOut } from '../support/synced.ts';
import { emptyHome, temporary, uvPath } from '../support/tools.ts';
import { makeWheel } from '../support/wheels.ts';

/** Names that only the proxy knows: what reaches them went through it. */
const INDEX = 'https://packages.example/simple';
const MIRROR = 'https://mirror.example/simple';

const base = temporary('hb-hostile-network-');
const root = join(base, 'work');
const ca = join(base, 'ca.pem');
let index: LoopbackIndex;
let proxy: InspectingProxy;
let bench: Bench;
let count = 0;

beforeAll(async () => {
  mkdirSync(root);
  const wheels = join(base, 'wheels');
  index = await loopbackIndex(wheels, { alpha: makeWheel(wheels, 'alpha') });
  const server = index.url.replace('/simple', '');
  proxy = await inspectingProxy({ 'packages.example': server, 'mirror.example': server });
  writeFileSync(ca, proxy.ca);
  writeFileSync(
    join(root, 'pyproject.toml'),
    '[project]\nname = "demo"\nversion = "0.1"\nrequires-python = ">=3.9"\ndependencies = ["alpha"]\n',
  );
  const env = emptyHome(base, {
    ...through(),
    SSL_CERT_FILE: ca,
    UV_DEFAULT_INDEX: INDEX,
    UV_CACHE_DIR: join(base, 'c'),
  });
  expect((await run([uvPath(), 'lock', '--no-python-downloads'], { cwd: root, env })).code).toBe(0);
});

afterAll(async () => {
  await proxy.close();
  await index.close();
  rmSync(base, { recursive: true, force: true });
});

beforeEach(() => {
  rmSync(join(root, '.venv'), { recursive: true, force: true });
  Object.assign(proxy, { answer: 'server', login: undefined, refuses: undefined });
  proxy.seen.length = 0;
  bench = new Bench(join(base, `machine-${count++}`), root, [pythonStep]);
});

function through(login = ''): Record<string, string> {
  return { HTTPS_PROXY: proxy.url.replace('//', `//${login}`), NO_PROXY: 'localhost' };
}

/** A machine with an empty cache that knows of no index and no authority but those given. */
function machine(env: Record<string, string>, offline = false) {
  const bare = { SSL_CERT_FILE: '', SSL_CERT_DIR: '', NODE_EXTRA_CA_CERTS: '', UV_DEFAULT_INDEX: '', UV_INDEX_URL: '' };
  const cache = { UV_CACHE_DIR: join(bench.home, 'cache'), UV_HTTP_RETRIES: '0' };
  return { env: { ...bare, ...cache, ...env }, offline };
}

async function installs(env: Record<string, string>): Promise<void> {
  proxy.seen.length = 0;
  expect((await bench.run(machine(env))).errors).toEqual([]);
  expect(existsSync(join(root, '.venv'))).toBe(true);
  expect(proxy.seen.filter(line => line.endsWith('.whl'))).toHaveLength(1);
  expect(proxy.seen[0]).toMatch(/^packages\.example /);
  expect(existsSync(join(bench.state, 'authorities.pem'))).toBe(false);
}

async function fails(env: Record<string, string>): Promise<UserError> {
  const { errors } = await bench.run(machine(env));
  expect(errors).toHaveLength(1);
  return errors[0] as UserError;
}

describe('a proxy that opens TLS with an authority of its own', () => {
  it('is trusted when SSL_CERT_FILE names that', () => installs({ ...through(), SSL_CERT_FILE: ca }));

  it('is trusted when it is among those of the system, which uv is asked to trust', () =>
    installs({ ...through(), SSL_CERT_FILE: ca, UV_SYSTEM_CERTS: '1', UV_NATIVE_TLS: '1' }));

  it('is trusted when NODE_EXTRA_CA_CERTS names it, of which uv knows nothing', () =>
    installs({ ...through(), NODE_EXTRA_CA_CERTS: ca }));

  it('is trusted, and found, when npm is told of it', async () => {
    writeFileSync(join(bench.home, '.npmrc'), `https-proxy=${proxy.url}/\nnoproxy=localhost\ncafile=${ca}\n`);
    const npm = { npm_config_https_proxy: `${proxy.url}/`, npm_config_noproxy: 'localhost', npm_config_cafile: ca };
    await installs({ HTTPS_PROXY: '', NO_PROXY: '', ...npm });
  });

  it('is trusted, and found, by an undo as well', async () => {
    writeFileSync(join(bench.home, '.npmrc'), `https-proxy=${proxy.url}/\nnoproxy=localhost\ncafile=${ca}\n`);
    const npm = { npm_config_https_proxy: `${proxy.url}/`, npm_config_noproxy: 'localhost', npm_config_cafile: ca };
    const env = { HTTPS_PROXY: '', NO_PROXY: '', ...npm };
    await installs(env);
    const installed = takeOut(root, /^alpha/);
    const { carryOut } = await bench.undoRuns([syncedFrom(bench.state, [])], machine({ ...env, UV_NO_CACHE: '1' }));
    await carryOut();
    expect(installed()).not.toEqual([]);
    expect(proxy.seen.filter(line => line.endsWith('.whl'))).toHaveLength(2);
    expect(existsSync(join(bench.state, 'authorities.pem'))).toBe(false);
  });

  it('is not believed when only the workspace’s own .npmrc tells npm of it', async () => {
    const npm = { npm_config_https_proxy: `${proxy.url}/`, npm_config_cafile: ca };
    expect(await fails({ HTTPS_PROXY: '', NO_PROXY: '', ...npm })).toMatchObject({ id: 'HB230', exit: 69 });
    expect(proxy.seen).toEqual([]);
  });

  it('is refused when nothing names it, and no check is switched off', async () => {
    const error = await fails(through());
    expect(error).toMatchObject({ id: 'HB231', exit: 69 });
    expect(error.why).toContain('SSL_CERT_FILE or NODE_EXTRA_CA_CERTS');
    expect(proxy.seen).toEqual([]);
  });
});

describe('a proxy', () => {
  const trusted = { SSL_CERT_FILE: ca };

  it('that wants a login is told apart from the index, and gets it from the address', async () => {
    proxy.login = 'ana:canary-of-a-proxy';
    expect(await fails({ ...trusted, ...through() })).toMatchObject({
      id: 'HB496',
      exit: 69,
      message: 'The proxy wants a user name and a password.',
    });
    await installs({ ...trusted, ...through('ana:canary-of-a-proxy@') });
  });

  it('that allows other hosts only, or is not there', async () => {
    proxy.refuses = 403;
    expect((await fails({ ...trusted, ...through() })).message).toBe(
      'The proxy does not let us through to the package index.',
    );
    expect(await fails({ ...trusted, HTTPS_PROXY: 'http://127.0.0.1:9' })).toMatchObject({
      id: 'HB496',
      message: 'The proxy does not answer.',
    });
  });

  it('is left aside for what NO_PROXY names', async () => {
    const error = await fails({ ...trusted, HTTPS_PROXY: proxy.url, NO_PROXY: '.example' });
    expect(error).toMatchObject({ id: 'HB230', exit: 69 });
    expect(error.why).toContain('uv.lock names packages.example for it, and no mirror stands in for that.');
    expect(proxy.seen).toEqual([]);
  });

  it.each(['page', 'redirect', 511] as const)(
    'that shows the sign-in page of a network (%s) is named as that',
    async kind => {
      proxy.answer = kind;
      const error = await fails({ ...trusted, ...through() });
      expect(error).toMatchObject({ id: 'HB497', exit: 69 });
      expect(error.why).toContain('sign in there');
      proxy.answer = 'server';
      expect((await bench.run(machine({ ...trusted, ...through() }))).errors).toEqual([]);
    },
  );
});

describe('a lock that was made with another index', () => {
  const way = () => ({ ...through(), SSL_CERT_FILE: ca });

  it('is said to be that, and not stale, whether the other one answers or not', async () => {
    const refused = {
      id: 'HB495',
      exit: 1,
      message: `uv.lock is tied to the package index ${INDEX}, and UV_DEFAULT_INDEX names ${MIRROR}.`,
      next: `cd ${root} && env -u UV_DEFAULT_INDEX hotpass-bootstrap setup`,
    };
    const env = { ...way(), UV_DEFAULT_INDEX: MIRROR };
    await expect(bench.plan(machine(env))).rejects.toMatchObject(refused);
    expect(proxy.seen.some(line => line.startsWith('mirror.example'))).toBe(true);
    proxy.answer = 403;
    await expect(bench.plan(machine(env))).rejects.toMatchObject(refused);
    await expect(bench.plan(machine({ ...env, HTTPS_PROXY: 'http://127.0.0.1:9' }, true))).rejects.toMatchObject(
      refused,
    );
    const login = { ...env, UV_DEFAULT_INDEX: '', UV_INDEX_URL: MIRROR.replace('//', '//ana:canary-of-a-mirror@') };
    const error = await bench.plan(machine(login)).catch(problem => problem);
    expect(error).toMatchObject({
      ...refused,
      message: expect.stringContaining(`UV_INDEX_URL names ${MIRROR}.`),
      next: expect.any(String),
    });
    expect(JSON.stringify([error, error.message, error.why, error.next])).not.toContain('canary');
  });

  it('is said to be that when the person’s uv.toml names the other one', async () => {
    mkdirSync(join(bench.home, '.config', 'uv'), { recursive: true });
    const file = join(bench.home, '.config', 'uv', 'uv.toml');
    writeFileSync(file, `[[index]]\nurl = "${MIRROR}"\ndefault = true\n`);
    await expect(bench.plan(machine(way()))).rejects.toMatchObject({
      id: 'HB495',
      message: `uv.lock is tied to the package index ${INDEX}, and ${file} names ${MIRROR}.`,
      next: `cd ${root} && UV_DEFAULT_INDEX=${INDEX} hotpass-bootstrap setup`,
    });
    await installs({ ...way(), UV_DEFAULT_INDEX: INDEX });
  });

  it('is told apart from one that differs by a slash only, which is another index to uv', async () => {
    const env = { ...way(), UV_DEFAULT_INDEX: `${INDEX}/` };
    const error: UserError = await bench.plan(machine(env)).catch(problem => problem);
    expect(error).toMatchObject({ id: 'HB495', message: expect.stringContaining(`UV_DEFAULT_INDEX names ${INDEX}/.`) });
    expect(error.why).toContain('a slash at its end');
  });

  it('is in order where nothing names an index, and where its own is named', async () => {
    await installs(way());
    expect((await bench.plan(machine({ ...way(), UV_DEFAULT_INDEX: INDEX }))).changes).toEqual([]);
    expect((await bench.plan(machine({ ...way(), PIP_INDEX_URL: MIRROR }))).changes).toEqual([]);
  });
});

describe('--offline', () => {
  it('refuses what is not in the cache, and installs what is, without a word to the network', async () => {
    const env = { ...through(), SSL_CERT_FILE: ca };
    const { errors } = await bench.run(machine(env, true));
    expect(errors).toEqual([expect.objectContaining({ id: 'HB236', exit: 69 })]);
    expect(proxy.seen).toEqual([]);
    await installs(env);
    rmSync(join(root, '.venv'), { recursive: true });
    proxy.seen.length = 0;
    expect((await bench.run(machine(env, true))).errors).toEqual([]);
    expect(existsSync(join(root, '.venv'))).toBe(true);
    expect(proxy.seen).toEqual([]);
  });
});
