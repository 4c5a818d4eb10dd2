import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../src/system/process.ts';
import { type InspectingProxy, inspectingProxy } from '../support/inspecting-proxy.ts';
import { type LoopbackIndex, loopbackIndex } from '../support/loopback-index.ts';
import { Machine } from '../support/machine.ts';
import { tellingBackend } from '../support/telling-backend.ts';
import { temporary, uvPath } from '../support/tools.ts';
import { makeWheel } from '../support/wheels.ts';

const PASSWORD = 'canary-index-Tv63KdXa19';
const MIRROR = 'https://mirror.example/simple';

const BACKEND = tellingBackend();

const source = temporary('hb-behind-proxy-');
const machine = new Machine();
const workspace = join(machine.home, 'demo');
let index: LoopbackIndex;
let proxy: InspectingProxy;

/** A project whose package comes from a private index behind a proxy, and its lock. */
beforeAll(async () => {
  const wheels = join(source, 'wheels');
  index = await loopbackIndex(wheels, { alpha: makeWheel(wheels, 'alpha') });
  const server = index.url.replace('/simple', '');
  proxy = await inspectingProxy({ 'packages.example': server, 'mirror.example': server });
  const project = join(source, 'project');
  mkdirSync(project);
  writeFileSync(join(source, 'ca.pem'), proxy.ca);
  writeFileSync(join(project, 'backend.py'), BACKEND);
  writeFileSync(
    join(project, 'pyproject.toml'),
    `[project]
name = "demo"
version = "0.1"
requires-python = ">=3.9"
dependencies = ["alpha"]
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[[tool.uv.index]]
name = "ours"
url = "https://packages.example/simple"
default = true
`,
  );
  writeFileSync(
    join(project, 'hotpass-bootstrap.toml'),
    `schema = 1
workspace = "demo"
[environments.local]
secrets = ["index"]
[secrets.index]
for = "index:ours"
user = "ana"
description = "Read token of the index"
`,
  );
  const way = { HTTPS_PROXY: proxy.url, SSL_CERT_FILE: join(source, 'ca.pem'), UV_CACHE_DIR: join(source, 'cache') };
  const lock = [uvPath(), 'lock', '--no-python-downloads'];
  expect((await run(lock, { cwd: project, env: new Machine({ ...way, UV_DEFAULT_INDEX: '' }).env })).code).toBe(0);
  index.login = `ana:${PASSWORD}`;
  cpSync(project, workspace, { recursive: true });
  const bare = { SSL_CERT_FILE: '', SSL_CERT_DIR: '', UV_DEFAULT_INDEX: '', UV_INDEX_URL: '' };
  const own = { NODE_EXTRA_CA_CERTS: join(source, 'ca.pem'), UV_CACHE_DIR: join(machine.home, 'uv-cache') };
  Object.assign(machine.env, bare, own, { CI: 'true', HTTPS_PROXY: proxy.url, UV_HTTP_RETRIES: '0' });
});

afterAll(async () => {
  await proxy.close();
  await index.close();
  rmSync(source, { recursive: true, force: true });
});

it('says that the lock is tied to its index where a mirror is named', async () => {
  const env = { UV_DEFAULT_INDEX: MIRROR, UV_INDEX_OURS_PASSWORD: PASSWORD };
  const { code, stderr } = await machine.start(workspace, ['setup'], env).done;
  expect(stderr).toContain(
    `uv.lock is tied to the package index https://packages.example/simple, and UV_DEFAULT_INDEX names ${MIRROR}.`,
  );
  expect(stderr).toMatch(/Next: .*env -u UV_DEFAULT_INDEX .*hotpass-bootstrap setup/);
  expect(code).toBe(1);
});

it('gets packages of a private index through a proxy whose authority only Node was told of', async () => {
  const { code, stderr } = await machine.start(workspace, ['setup'], { UV_INDEX_OURS_PASSWORD: PASSWORD }).done;
  expect(stderr).toMatch(/ready in/);
  expect(stderr).not.toContain('canary');
  expect(code).toBe(0);
  expect(proxy.seen.some(line => line.startsWith('packages.example /files/alpha'))).toBe(true);
  const seen = readFileSync(join(machine.home, 'seen'), 'utf8');
  expect(seen).toContain('PATH=');
  expect(seen).not.toMatch(/canary|UV_INDEX_OURS/);
  const holders = readdirSync(machine.home, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => statSync(path).size < 5_000_000 && readFileSync(path, 'latin1').includes('canary'));
  expect(holders).toEqual([]);
});

it('installs the same from the caches with --offline, and asks nobody', async () => {
  rmSync(join(workspace, '.venv'), { recursive: true });
  proxy.seen.length = 0;
  const { code, stderr } = await machine.start(workspace, ['setup', '--offline'], { UV_INDEX_OURS_PASSWORD: PASSWORD })
    .done;
  expect(stderr).toMatch(/ready in/);
  expect(code).toBe(0);
  expect(existsSync(join(workspace, '.venv'))).toBe(true);
  rmSync(join(workspace, '.venv'), { recursive: true });
  rmSync(join(machine.home, 'uv-cache'), { recursive: true });
  const refused = await machine.start(workspace, ['setup', '--offline'], { UV_INDEX_OURS_PASSWORD: PASSWORD }).done;
  expect(refused.stderr).toContain('A package is not in the cache, and --offline keeps uv from fetching it.');
  expect(refused.code).toBe(69);
  expect(proxy.seen).toEqual([]);
});
