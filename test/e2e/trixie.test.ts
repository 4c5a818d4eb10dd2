import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../src/system/process.ts';
import { type InspectingProxy, inspectingProxy } from '../support/inspecting-proxy.ts';
import { type LoopbackIndex, loopbackIndex } from '../support/loopback-index.ts';
import { tinyProject } from '../support/projects.ts';
import { emptyHome, temporary, uvPath } from '../support/tools.ts';
import { type Trixie, trixie } from '../support/trixie.ts';
import { makeWheel } from '../support/wheels.ts';

/** Only root may make a system in a folder and change into it. CI does. */
const isRoot = process.getuid?.() === 0;
const INDEX = 'https://packages.example/simple';
const base = temporary('hb-trixie-');
let system: Trixie;
let index: LoopbackIndex;
let proxy: InspectingProxy;

beforeAll(async () => {
  const wheels = join(base, 'wheels');
  index = await loopbackIndex(wheels, { alpha: makeWheel(wheels, 'alpha') });
  proxy = await inspectingProxy({ 'packages.example': index.url.replace('/simple', '') });
  if (isRoot) system = trixie();
});

afterAll(async () => {
  await proxy.close();
  await index.close();
  rmSync(base, { recursive: true, force: true });
});

it('sets up on a fresh Debian trixie, with a uv of its own, and takes it back', async () => {
  if (!isRoot) return;
  const { home } = system;
  const root = `${home.inside}/small`;
  tinyProject(join(home.outside, 'small'));
  const setup = await system.run(root, ['setup', '--yes']);
  expect(setup.stderr).toMatch(/ready in/);
  expect(setup.code).toBe(0);
  expect(readlinkSync(join(home.outside, '.local/bin/uv'))).toMatch(
    /^\/home\/ana\/\.local\/share\/hotpass-bootstrap\/uv\//,
  );
  expect(readFileSync(join(home.outside, 'small/.venv/pyvenv.cfg'), 'utf8')).toMatch(/version_info = 3\.13/);
  expect((await system.run(root, ['setup', '--yes'])).stderr.trim().split('\n')).toHaveLength(1);
  const inside = await system.run(root, [
    'run',
    '--',
    'python',
    '-c',
    'import sys, os; print(sys.prefix, os.confstr("CS_GNU_LIBC_VERSION"))',
  ]);
  expect(inside.stdout).toBe(`${root}/.venv glibc 2.41\n`);
  const undo = await system.run(root, ['undo', '--yes']);
  expect(undo.code).toBe(0);
  expect(existsSync(join(home.outside, 'small/.venv'))).toBe(false);
});

it('trusts there what the system trusts, of which uv is told only then', async () => {
  if (!isRoot) return;
  const project = join(base, 'project');
  mkdirSync(project);
  writeFileSync(
    join(project, 'pyproject.toml'),
    '[project]\nname = "demo"\nversion = "0"\nrequires-python = ">=3.9"\ndependencies = ["alpha"]\n',
  );
  writeFileSync(join(base, 'ca.pem'), proxy.ca);
  const way = { HTTPS_PROXY: proxy.url };
  const here = {
    ...way,
    SSL_CERT_FILE: join(base, 'ca.pem'),
    UV_DEFAULT_INDEX: INDEX,
    UV_CACHE_DIR: join(base, 'cache'),
  };
  expect((await run([uvPath(), 'lock'], { cwd: project, env: emptyHome(base, here) })).code).toBe(0);
  const { home } = system;
  const root = join(home.outside, 'demo');
  mkdirSync(root);
  for (const file of ['pyproject.toml', 'uv.lock']) writeFileSync(join(root, file), readFileSync(join(project, file)));

  expect((await system.run(`${home.inside}/demo`, ['setup', '--yes', '--only', 'uv'])).code).toBe(0);
  const refused = await system.run(`${home.inside}/demo`, ['setup', '--yes'], way);
  expect(refused.stderr).toContain('The certificate of the package index is not trusted here.');
  expect(refused.code).toBe(69);
  system.trust(proxy.ca);
  const setup = await system.run(`${home.inside}/demo`, ['setup', '--yes'], way);
  expect(setup.stderr).toMatch(/ready in/);
  expect(setup.code).toBe(0);
  expect(existsSync(join(root, '.venv/lib/python3.13/site-packages/alpha/__init__.py'))).toBe(true);
});
