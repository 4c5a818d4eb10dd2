// What the tests need beside npm packages: a real uv, got by the tool itself, and unpacked Debian packages if any.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { $ } from 'zx';

const root = join(import.meta.dirname, '..');

/** Environment variables for the test run. */
export async function testTools() {
  const home = join(root, '.cache', 'tools');
  const store = join(home, 'share', 'hotpass-bootstrap', 'uv');
  if (!existsSync(store)) await fetchUv(home);
  const version = readdirSync(store)
    .filter(name => /^\d/.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1);
  if (version === undefined) throw new Error('the tool did not get a uv');
  const debian = join(root, '.cache', 'debian');
  const unpacked = existsSync(join(debian, '.complete'));
  const bins = unpacked ? [join(debian, 'usr/bin'), join(debian, 'bin')] : [];
  return {
    HOTPASS_TEST_UV: join(store, version, 'uv'),
    UV_CACHE_DIR: process.env.UV_CACHE_DIR ?? join(root, '.cache', 'uv'),
    ...(unpacked ? { HOTPASS_TEST_ROOT: debian, PATH: [...bins, process.env.PATH].join(delimiter) } : {}),
  };
}

/** The `uv` step of the tool, on a PATH where there is none. */
async function fetchUv(home) {
  const project = join(home, 'project');
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, 'pyproject.toml'), '[project]\nname = "tools"\nversion = "0"\n');
  const env = {
    ...process.env,
    HOME: home,
    XDG_DATA_HOME: join(home, 'share'),
    XDG_BIN_HOME: join(home, 'bin'),
    XDG_STATE_HOME: join(home, 'state'),
    PATH: process.execPath.replace(/\/[^/]*$/, ''),
    CI: 'true',
  };
  await $({ env, stdio: 'inherit' })`${process.execPath} ${join(root, 'bin', 'hotpass-bootstrap.cjs')} setup --only uv --yes -C ${project}`;
}
