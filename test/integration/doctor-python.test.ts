import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { WorkspaceLook } from '../../src/doctor/check.ts';
import { PYTHON_CHECKS } from '../../src/doctor/python.ts';
import { certificates } from '../../src/doctor/python-certificates.ts';
import { foreignVenv } from '../../src/doctor/python-foreign.ts';
import { unchangedFiles } from '../../src/doctor/python-hashes.ts';
import { lockFits } from '../../src/doctor/python-lock.ts';
import { pinnedPython } from '../../src/doctor/python-pin.ts';
import { proxies } from '../../src/doctor/python-proxies.ts';
import { uvVariables } from '../../src/doctor/python-variables.ts';
import { workingVenv } from '../../src/doctor/python-venv.ts';
import { pythonStep } from '../../src/steps/python.ts';
import { run } from '../../src/system/process.ts';
import { Bench } from '../support/context.ts';
import { lookFrom, said } from '../support/doctor-look.ts';
import { type LoopbackIndex, loopbackIndex } from '../support/loopback-index.ts';
import { exampleEnvironment, temporary, uvPath } from '../support/tools.ts';
import { makeProject, makeWheel } from '../support/wheels.ts';

/*
 * What the checks say is held against what the real programs do: the message of a check is a claim about them.
 */

const base = temporary('hb-doctor-');
/** A cache of its own: a test edits files in it and cleans it. */
const CACHE = { UV_CACHE_DIR: join(base, 'cache') };
const root = join(base, 'work');
let bench: Bench;
beforeAll(() => {
  mkdirSync(root);
  makeProject(root);
  bench = new Bench(base, root, []);
  expect(uv({}, 'sync', '--locked').status).toBe(0);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const uv = (env: Record<string, string>, ...args: string[]) =>
  spawnSync(uvPath(), [...args, '--no-python-downloads'], {
    cwd: root,
    env: bench.env({ ...CACHE, ...env }),
    encoding: 'utf8',
  });
const look = (env: Record<string, string> = {}, more: Partial<WorkspaceLook> = {}): WorkspaceLook =>
  lookFrom(bench.read({ env: { ...CACHE, ...env } }), { offline: true, ...more });

test('an environment that uv has just made is in order', async () => {
  for (const check of PYTHON_CHECKS) {
    const findings = await check.run(look());
    // Where the caches lie is this machine's affair.
    expect(findings.filter(({ id }) => id !== 'HB283' && id !== 'HB291')).toEqual([]);
  }
});

test('all of it together takes little time on a whole environment', async () => {
  const whole = exampleEnvironment();
  const other = new Bench(join(base, 'other'), whole, []);
  const seen = lookFrom(other.read(), { offline: true });
  const started = performance.now();
  const quick = PYTHON_CHECKS.filter(check => check !== unchangedFiles);
  const findings = (await Promise.all(quick.map(check => check.run(seen)))).flat();
  console.log(`python checks: ${Math.round(performance.now() - started)} ms`);
  expect(findings.filter(({ level }) => level === 'fail')).toEqual([]);
});

describe('variables do what is said of them', () => {
  test.each([
    ['UV_RESOLUTION', 'lowest'],
    ['UV_PRERELEASE', 'allow'],
    ['UV_FORK_STRATEGY', 'fewest'],
    ['UV_EXCLUDE_NEWER', '2024-01-01'],
  ])('%s makes the lock stale', async (name, value) => {
    expect(uv({ [name]: value }, 'lock', '--check').status).toBe(1);
    expect(await said(uvVariables, look({ [name]: value }))).toEqual([
      `HB289 warn ${name} is set, so uv.lock counts as stale, and \`uv sync --locked\` refuses. / unset ${name}`,
    ]);
  });

  test('UV_FROZEN hides a stale lock, UV_NO_SYNC leaves .venv as it is', () => {
    const stale = { UV_RESOLUTION: 'lowest', UV_FROZEN: '1' };
    expect(uv(stale, 'sync', '--dry-run').status).toBe(0);
    rmSync(join(root, '.venv', 'lib'), { recursive: true });
    expect(uv({ UV_NO_SYNC: '1' }, 'run', 'python', '-c', 'import alpha').status).not.toBe(0);
    expect(uv({}, 'run', 'python', '-c', 'pass').status).toBe(0);
    rmSync(join(root, '.venv'), { recursive: true });
    expect(uv({}, 'sync', '--locked').status).toBe(0);
  });

  test('UV_WORKING_DIR and UV_PROJECT lead away', async () => {
    for (const name of ['UV_WORKING_DIR', 'UV_PROJECT']) {
      expect(uv({ [name]: '/' }, 'sync', '--locked', '--dry-run').stderr).toContain('No `pyproject.toml` found');
      expect(await said(uvVariables, look({ [name]: '/' }))).toEqual([expect.stringContaining(`HB289 warn ${name}`)]);
    }
  });
});

test('the programs react to certificates that are not there as is said', async () => {
  const none = join(base, 'none.pem');
  const text = join(base, 'text.pem');
  writeFileSync(text, 'no certificate\n');
  for (const file of [none, text]) {
    const refused = uv({ SSL_CERT_FILE: file }, 'lock', '--check', '--offline');
    expect(refused.stderr).toMatch(/SSL_CERT_FILE.*No default certificates will be trusted/s);
    expect((await said(certificates, look({ SSL_CERT_FILE: file })))[0]).toMatch(/^HB285 fail SSL_CERT_FILE/);
    const python = join(exampleEnvironment(), '.venv', 'bin', 'python');
    const client = spawnSync(python, ['-P', '-c', 'import httpx; httpx.Client()'], {
      env: { SSL_CERT_FILE: file },
      encoding: 'utf8',
    });
    expect(client.stderr).toMatch(/FileNotFoundError|SSLError/);
  }
  const node = spawnSync(process.execPath, ['-e', 'require("https").globalAgent'], {
    env: { NODE_EXTRA_CA_CERTS: none },
    encoding: 'utf8',
  });
  expect(node.stderr).toMatch(/Ignoring extra certs/);
});

test('Prefect’s HTTP client does what is said of proxies', async () => {
  const python = join(exampleEnvironment(), '.venv', 'bin', 'python');
  const client = (env: Record<string, string>, code: string) =>
    run([python, '-P', '-c', `import httpx; ${code}`], { cwd: base, env });
  const socks = { ALL_PROXY: 'socks5://127.0.0.1:1', NO_PROXY: 'localhost,127.0.0.1' };
  expect((await client(socks, 'httpx.Client()')).stderr).toContain('socksio');
  expect((await said(proxies, look(socks)))[0]).toMatch(/^HB287 warn ALL_PROXY/);
  // A server on this machine is asked for through the proxy, unless it is excepted.
  const index = await indexed();
  const get = `print(httpx.get("${index.url}/beta/").status_code)`;
  const proxy = { HTTP_PROXY: 'http://127.0.0.1:1' };
  expect((await client(proxy, get)).stderr).toContain('ConnectError');
  expect((await said(proxies, look(proxy)))[0]).toMatch(/^HB288 warn HTTP_PROXY/);
  const excepted = { ...proxy, NO_PROXY: 'localhost,127.0.0.1' };
  expect((await client(excepted, get)).stdout).toBe('200\n');
  expect(await said(proxies, look(excepted))).toEqual([]);
});

test('a lock that was made with another index is stale for uv, and it is said why', async () => {
  const [ours, theirs] = [await indexed(), await indexed()];
  const folder = join(base, 'indexed');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'pyproject.toml'),
    '[project]\nname = "demo"\nversion = "0.1"\nrequires-python = ">=3.9"\ndependencies = ["beta"]\n',
  );
  const other = new Bench(join(base, 'second'), folder, []);
  const uvLock = (env: Record<string, string>, ...args: string[]) =>
    run([uvPath(), 'lock', ...args], { cwd: folder, env: other.env({ ...env, UV_NO_CONFIG: '1', UV_NO_CACHE: '1' }) });
  const seen = (env: Record<string, string>) => said(lockFits, lookFrom(other.read({ env })));
  expect((await uvLock({ UV_DEFAULT_INDEX: ours.url })).code).toBe(0);
  expect((await uvLock({ UV_DEFAULT_INDEX: ours.url }, '--check')).code).toBe(0);
  expect(await seen({ UV_DEFAULT_INDEX: ours.url })).toEqual([]);
  expect((await uvLock({ UV_DEFAULT_INDEX: theirs.url }, '--check')).code).toBe(1);
  expect(await seen({ UV_DEFAULT_INDEX: theirs.url })).toEqual([
    `HB290 warn UV_DEFAULT_INDEX names the index ${theirs.url}, and uv.lock was made with ${ours.url}. / unset UV_DEFAULT_INDEX`,
  ]);
  expect((await seen({ UV_DEFAULT_INDEX: '', UV_INDEX_URL: '' }))[0]).toContain(
    `HB290 info uv.lock was made with the index ${ours.url}, and nothing here names it.`,
  );
});

const opened: LoopbackIndex[] = [];
afterEach(async () => {
  for (const index of opened.splice(0)) await index.close();
});

async function indexed(): Promise<LoopbackIndex> {
  const folder = join(base, 'wheels');
  const index = await loopbackIndex(folder, { beta: makeWheel(folder, 'beta') });
  opened.push(index);
  return index;
}

test('a .venv that was made for another Python, or carried here, is found', async () => {
  expect(await said(foreignVenv, look())).toEqual([]);
  writeFileSync(join(root, '.python-version'), '3.6\n');
  expect((await said(pinnedPython, look()))[0]).toMatch(
    /^HB281 warn The Python of \.venv is 3\.\d+\.\d+, and \.python-version asks for 3\.6\./,
  );
  rmSync(join(root, '.python-version'));
  const site = readdirSync(join(root, '.venv', 'lib')).map(name =>
    join(root, '.venv', 'lib', name, 'site-packages'),
  )[0];
  const wheel = join(site ?? '', 'alpha-1.0.dist-info', 'WHEEL');
  const text = readFileSync(wheel, 'utf8').replace('py3-none-any', 'cp311-cp311-win_amd64');
  // The file in .venv is the one in the cache (a hard link), so it is replaced and not written.
  rmSync(wheel);
  writeFileSync(wheel, text);
  expect((await said(foreignVenv, look()))[0]).toMatch(/^HB280 fail .*: alpha in it is for win_amd64\./);
  expect(uv({}, 'sync', '--locked').status).toBe(0);
  expect(await said(foreignVenv, look())).toEqual([]);
});

test('a .venv without its Python, at another place, or half installed', async () => {
  // After the step, which has read the RECORDs; what it says itself is not looked at here.
  const see = async (exact = true) => {
    const seen = look({}, { recheck: true });
    seen.outputs.set('uv', { path: uvPath(), version: '0.0' });
    const wanted = { ...seen.wanted, python: { ...seen.wanted.python, exact } };
    await pythonStep.inspect({ ...seen, wanted }).catch(() => {});
    return said(workingVenv, { ...seen, wanted });
  };
  const fix = ' / hotpass-bootstrap setup --only python';
  const mended = (): void => expect(uv({}, 'sync', '--locked').status).toBe(0);
  expect(await see()).toEqual([]);
  const python = join(root, '.venv', 'bin', 'python');
  rmSync(python);
  symlinkSync('/opt/none/bin/python3', python);
  expect(await see()).toEqual([`HB292 fail The Python of .venv is gone; it was /opt/none/bin/python3.${fix}`]);
  mended();
  expect(await see()).toEqual([]);
  const former = join(base, 'former');
  renameSync(root, former);
  cpSync(former, root, { recursive: true, verbatimSymlinks: true });
  const activate = join(root, '.venv', 'bin', 'activate');
  writeFileSync(activate, readFileSync(activate, 'utf8').replaceAll(root, former));
  expect(await see()).toEqual([
    `HB292 fail .venv was made at ${former}/.venv, so the commands in its bin folder do not start.${fix}`,
  ]);
  rmSync(root, { recursive: true });
  renameSync(former, root);
  const [version = ''] = readdirSync(join(root, '.venv', 'lib'));
  rmSync(join(root, '.venv', 'lib', version, 'site-packages', 'alpha', 'part_0.py'));
  expect(uv({}, 'sync', '--locked', '--check').status).toBe(0);
  expect(await see()).toEqual([`HB292 fail Files of installed packages are missing: alpha.${fix}`]);
  // Without a manifest the step names them by itself, and apart by whose they are.
  expect(await see(false)).toEqual([]);
  rmSync(join(root, '.venv'), { recursive: true });
  mended();
  expect(await see()).toEqual([]);
});

test('an edit in .venv is an edit of the cache: found with --deep, and mended by the printed command', async () => {
  const deep = () => said(unchangedFiles, look({}, { deep: true }));
  expect(await deep()).toEqual([]);
  const site = readdirSync(join(root, '.venv', 'lib')).map(name =>
    join(root, '.venv', 'lib', name, 'site-packages'),
  )[0];
  appendFileSync(join(site ?? '', 'alpha', 'part_1.py'), 'EDITED = True\n');
  expect(uv({}, 'sync', '--locked', '--check').status).toBe(0);
  const [line = ''] = await deep();
  expect(line).toMatch(/^HB296 warn Files of installed packages were changed: alpha \(alpha\/part_1\.py\)\./);
  const mended = spawnSync('sh', ['-c', line.split(' / ')[1] ?? ''], {
    cwd: root,
    env: bench.env(CACHE),
    encoding: 'utf8',
  });
  expect(mended.status, mended.stderr).toBe(0);
  expect(await deep()).toEqual([]);
});

test('a file that two packages own is right when it is that of one of them', async () => {
  const site = readdirSync(join(root, '.venv', 'lib')).map(name =>
    join(root, '.venv', 'lib', name, 'site-packages'),
  )[0];
  const info = join(site ?? '', 'alpha_client-1.0.dist-info');
  mkdirSync(info);
  writeFileSync(join(info, 'RECORD'), 'alpha/part_1.py,sha256=AAAA,3\n"alpha/part_2.py",sha256=BBBB,3\n');
  expect(await said(unchangedFiles, look({}, { deep: true }))).toEqual([]);
  rmSync(info, { recursive: true });
});
