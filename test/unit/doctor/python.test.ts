import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/core/findings.ts';
import type { Check, MachineLook, WorkspaceLook } from '../../../src/doctor/check.ts';
import { PYTHON_CHECKS } from '../../../src/doctor/python.ts';
import { linkedPackages, mountedHere, onNetwork } from '../../../src/doctor/python-cache.ts';
import { certificates } from '../../../src/doctor/python-certificates.ts';
import { foreignFindings } from '../../../src/doctor/python-foreign.ts';
import { gitHasVersion } from '../../../src/doctor/python-git-version.ts';
import { lockFits } from '../../../src/doctor/python-lock.ts';
import { ownedByUs } from '../../../src/doctor/python-ownership.ts';
import { pinnedPython } from '../../../src/doctor/python-pin.ts';
import { projectShape } from '../../../src/doctor/python-project.ts';
import { proxies } from '../../../src/doctor/python-proxies.ts';
import { severalUv, uvInProject } from '../../../src/doctor/python-uv-copies.ts';
import { uvVariables } from '../../../src/doctor/python-variables.ts';
import { readContext } from '../../../src/engine/context.ts';
import type { WantedPython } from '../../../src/manifest/wanted.ts';
import { environmentStore } from '../../../src/secrets/environment.ts';
import { isNetwork, mountOf, parseMounts } from '../../../src/system/mounts.ts';
import { DEFAULT_INDEX } from '../../../src/system/package-index.ts';
import { userPaths } from '../../../src/system/paths.ts';
import { wantedOf } from '../../support/context.ts';
import { lookFrom, said } from '../../support/doctor-look.ts';
import { repository, temporary } from '../../support/tools.ts';

/** As a lock writes it. */
const ordinary = DEFAULT_INDEX.replace(/\/$/, '');

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) {
    spawnSync('chmod', ['-R', 'u+w', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A workspace with these files, and a HOME beside it. */
function workspace(files: Record<string, string> = {}): string {
  const base = temporary('hb-doctor-');
  made.push(base);
  const root = join(base, 'work');
  mkdirSync(join(base, 'home'), { recursive: true });
  mkdirSync(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

function look(
  root: string,
  env: Record<string, string> = {},
  python: Partial<WantedPython> = {},
  more: Partial<WorkspaceLook> = {},
): WorkspaceLook {
  const wanted = wantedOf(root);
  const whole = { PATH: '/usr/bin:/bin', HOME: join(dirname(root), 'home'), ...env };
  const read = readContext({
    wanted: { ...wanted, python: { ...wanted.python, ...python } },
    env: whole,
    paths: userPaths(whole),
    linked: undefined,
    approved: false,
    ci: false,
    offline: false,
    recheck: true,
    store: environmentStore(whole),
    signal: new AbortController().signal,
  });
  return lookFrom(read, more);
}

const see = (check: Check, ...args: Parameters<typeof look>): Promise<string[]> => said(check, look(...args));
const onMachine = (check: Check, env: Record<string, string>, more: Partial<MachineLook> = {}): Promise<string[]> =>
  said(check, look(workspace(), env, {}, more));

const VENV = '.venv/pyvenv.cfg';
const SITE = '.venv/lib/python3.12/site-packages';
const wheel = (tag: string) => `Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: ${tag}\n`;
const PROJECT = '[project]\nname = "demo"\nversion = "0.1"\nrequires-python = ">=3.11"\n';

it('says nothing of a machine and a workspace that are in order, nor where there is nothing', async () => {
  const healthy = workspace({
    'pyproject.toml': PROJECT,
    'uv.lock': `version = 1\n[[package]]\nname = "six"\nversion = "1.17.0"\nsource = { registry = "${ordinary}" }\n`,
    '.python-version': '3.12\n',
    [VENV]: 'home = /usr/bin\nversion_info = 3.12.4\n',
    '.venv/bin/activate': '',
    '.venv/bin/python': '',
    [`${SITE}/six-1.17.0.dist-info/WHEEL`]: wheel('py3-none-any'),
    [`${SITE}/fast-1.0.dist-info/WHEEL`]: wheel(
      `cp312-cp312-${process.arch === 'x64' ? 'manylinux_2_17_x86_64' : 'manylinux_2_17_aarch64'}`,
    ),
  });
  for (const root of [healthy, workspace()]) {
    for (const check of PYTHON_CHECKS) expect([check.title, await see(check, root)]).toEqual([check.title, []]);
  }
});

describe('a repository that nobody has approved', () => {
  it('has nothing of it started: only uv on PATH is asked for its version', async () => {
    const root = workspace({ 'pyproject.toml': PROJECT, 'uv.lock': 'version = 1\n', [VENV]: 'version = 3.12.1\n' });
    const log = join(dirname(root), 'log');
    const trap = (path: string): void => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `#!/bin/sh\necho "$0 $*" >> ${log}\necho "uv 0.9.$$ (x)"\n`, { mode: 0o755 });
    };
    const bin = join(root, '.venv', 'bin');
    for (const name of ['python', 'python3', 'uv', 'git']) trap(join(bin, name));
    trap(join(root, 'tools', 'uv'));
    const [first, second] = ['one', 'two'].map(name => join(dirname(root), name, 'uv')) as [string, string];
    trap(first);
    trap(second);
    execFileSync('git', ['init', '-q'], { cwd: root });
    execFileSync('git', ['config', 'core.fsmonitor', join(bin, 'git')], { cwd: root });
    const PATH = [bin, join(root, 'tools'), '', '.', dirname(first), dirname(second), '/usr/bin', '/bin'].join(':');
    writeFileSync(join(root, '.env'), 'A_TOKEN=abcdefghijkl\n');
    const findings = await Promise.all(PYTHON_CHECKS.map(check => check.run(look(root, { PATH }))));
    expect(findings.flat().map(({ id }) => id)).toContain('HB291');
    const started = readFileSync(log, 'utf8').trim().split('\n').sort();
    expect(started).toEqual([`${first} --version`, `${second} --version`]);
  });

  it('cannot keep the checks busy with odd files', async () => {
    const lines = '\n'.repeat(300_000);
    const root = workspace({
      'pyproject.toml': `${PROJECT}${lines}# hatch-vcs${'\ndynamic = ['.repeat(30_000)}`,
      'uv.lock': `version = 1\n${lines}`,
      '.python-version': lines,
      [VENV]: lines,
      '.venv/bin/activate': lines,
      [`${SITE}/odd-1.0.dist-info/WHEEL`]: `Tag: ${'-'.repeat(300_000)}\n`,
      [`${SITE}/odd-1.0.dist-info/RECORD`]: `"${'""'.repeat(100_000)}`,
    });
    for (const check of PYTHON_CHECKS) await check.run(look(root, {}, {}, { deep: true }));
  });
});

describe('.venv from another machine', () => {
  const linux = { platform: 'linux' as const, arch: 'x64', libc: () => 'glibc' };
  const tagged = (tag: string) => workspace({ [VENV]: '', [`${SITE}/orjson-3.0.dist-info/WHEEL`]: wheel(tag) });

  it.each([
    ['cp312-cp312-win_amd64', linux],
    ['cp312-cp312-macosx_11_0_arm64', linux],
    ['cp312-cp312-manylinux_2_17_aarch64.manylinux2014_aarch64', linux],
    ['cp312-cp312-musllinux_1_2_x86_64', linux],
    ['cp312-cp312-manylinux_2_28_x86_64', { ...linux, libc: () => 'musl' }],
    ['cp312-cp312-manylinux_2_28_x86_64', { ...linux, platform: 'darwin' as const }],
  ])('%s is told by the tag of a wheel', (tag, machine) => {
    const [found] = foreignFindings(tagged(tag), machine, true);
    expect(found).toMatchObject({ id: 'HB280', level: 'fail' });
    expect(found?.message).toContain(`orjson in it is for ${tag.split('-')[2]}`);
  });

  it.each([
    ['py3-none-any', linux],
    ['cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64', linux],
    ['cp312-cp312-linux_x86_64', linux],
    ['cp312-cp312-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64', { ...linux, arch: 'arm64' }],
    ['cp312-cp312-macosx_10_12_x86_64', { ...linux, platform: 'darwin' as const, arch: 'arm64' }],
    ['cp312-cp312-win_amd64', { ...linux, platform: 'win32' as const }],
  ])('%s fits', (tag, machine) => {
    expect(foreignFindings(tagged(tag), machine, true)).toEqual([]);
  });

  it('is told by the folders of Windows', () => {
    const root = workspace({ [VENV]: '', '.venv/Scripts/python.exe': '' });
    expect(foreignFindings(root, linux, true)[0]?.message).toContain('the folders of Windows');
    expect(foreignFindings(root, { ...linux, platform: 'win32' }, true)).toEqual([]);
  });
});

describe('the pinned Python', () => {
  const venv = { [VENV]: 'home = /usr/bin\nversion_info = 3.11.7\n' };
  it.each([
    [{ '.python-version': '# ours\n3.12\n' }, '.python-version asks for 3.12'],
    [{ '.python-version': '3.11.70\n' }, '.python-version asks for 3.11.70'],
    [
      { 'pyproject.toml': '[project]\nname = "d"\nrequires-python = ">=3.13,<3.14"\n' },
      'pyproject.toml asks for >=3.13,<3.14',
    ],
  ])('is another than the one of .venv: %o', async (files, asked) => {
    const root = workspace({ ...venv, ...files });
    expect(await see(pinnedPython, root)).toEqual([
      `HB281 warn The Python of .venv is 3.11.7, and ${asked}. / hotpass-bootstrap setup --only python`,
    ]);
    // Without a manifest packages that were installed by hand would go: not to be done unasked.
    expect((await pinnedPython.run(look(root, {}, { exact: false })))[0]?.fix?.safe).toBe(false);
  });

  it.each(['3.11', '3.11.7', '3', 'cpython@3.11', 'pypy3.10', '../elsewhere', ''])(
    '%j is no contradiction',
    async pin => {
      expect(await see(pinnedPython, workspace({ ...venv, '.python-version': pin }))).toEqual([]);
    },
  );

  it('is not installed in pyenv, whose shim is the python of the shell', async () => {
    const root = workspace({ '.python-version': '3.12.11\n' });
    const pyenv = join(dirname(root), 'pyenv');
    for (const folder of ['shims', 'versions/3.12.1', 'versions/3.11.7'])
      mkdirSync(join(pyenv, folder), { recursive: true });
    writeFileSync(join(pyenv, 'shims', 'python'), '#!/bin/sh\n', { mode: 0o755 });
    const env = { PATH: `${join(pyenv, 'shims')}:/usr/bin` };
    expect(await see(pinnedPython, root, env)).toEqual([
      'HB293 info python typed by hand does not start here: pyenv has no 3.12.11. / pyenv install 3.12.11',
    ]);
    writeFileSync(join(root, '.python-version'), '3.12\n');
    expect(await see(pinnedPython, root, env)).toEqual([]);
  });
});

describe('what cannot be written', () => {
  it('is found in .venv, deep in it with --deep, and in the cache', async () => {
    const root = workspace({
      [VENV]: '',
      [`${SITE}/alpha/sub/deeper/x.py`]: '',
      [`${SITE}/alpha/__pycache__/x.pyc`]: '',
    });
    const base = dirname(root);
    const cache = join(base, 'cache');
    mkdirSync(join(cache, 'archive-v0', 'abc'), { recursive: true });
    const env = { UV_CACHE_DIR: cache };
    const isRoot = process.getuid?.() === 0;
    const judge = isRoot ? await asNobody(base) : undefined;
    const seen = (deep: boolean): Promise<string[]> | string[] =>
      judge ? judge({ env, root, deep, paths: { home: base } }) : see(ownedByUs, root, env, {}, { deep });
    const broken = async (path: string, deep: boolean): Promise<string> => {
      if (isRoot) chownSync(path, 0, 0);
      else chmodSync(path, 0o555);
      const found = await seen(deep);
      if (isRoot) chownSync(path, NOBODY, NOBODY);
      else chmodSync(path, 0o755);
      return found.join('\n');
    };
    expect(await seen(true)).toEqual([]);
    const what = isRoot ? 'belongs to somebody else' : 'cannot be written';
    const fix = isRoot ? 'sudo chown -R "$(id -u):$(id -g)"' : 'chmod -R u+w';
    expect(await broken(join(root, SITE, 'alpha', '__pycache__'), false)).toBe(
      `HB282 warn ${SITE}/alpha/__pycache__ ${what}. / ${fix} ${root}/.venv`,
    );
    const deep = join(root, SITE, 'alpha', 'sub', 'deeper');
    expect(await broken(deep, false)).toBe('');
    expect(await broken(deep, true)).toContain(`${SITE}/alpha/sub/deeper ${what}`);
    const unpacked = join(cache, 'archive-v0', 'abc');
    expect(await broken(unpacked, false)).toBe(`HB282 warn ${unpacked} ${what}. / ${fix} ${cache}`);
  });
});

const NOBODY = 65_534;

/** Root may write everywhere, so there the check runs in a process of another user, who owns the folder. */
async function asNobody(base: string): Promise<(look: object) => string[]> {
  const program = join(base, 'check.mjs');
  await build({
    stdin: {
      contents: `import { ownedByUs } from './python-ownership.ts';
ownedByUs.run(JSON.parse(process.argv[2])).then(found => console.log(JSON.stringify(found)));`,
      resolveDir: join(repository, 'src', 'doctor'),
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
    logLevel: 'error',
  });
  execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, base]);
  return look => {
    const user = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'];
    const argv = [...user, process.execPath, program, JSON.stringify(look)];
    const findings = JSON.parse(execFileSync('setpriv', argv, { encoding: 'utf8', env: {} })) as Finding[];
    return findings.map(({ id, level, message, fix }) => `${id} ${level} ${message} / ${fix?.command}`);
  };
}

describe('mounts', () => {
  // As the kernel of an NFS client shows them.
  const recorded = [
    '24 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw',
    '35 24 0:41 / /home rw,relatime shared:1 - nfs4 filer:/export/home rw,vers=4.2,addr=10.0.0.5',
    '36 24 0:42 / /mnt/my\\040share rw,relatime - cifs //filer/share rw',
    '37 35 0:43 / /home/ada/project/.venv rw,relatime - ext4 /dev/sdb1 rw',
    '',
  ].join('\n');
  const all = parseMounts(recorded);

  it('are read as the kernel writes them', () => {
    expect(all.map(({ point, type }) => `${point} ${type}`)).toContain('/mnt/my share cifs');
    expect(mountOf('/home/ada', all)?.type).toBe('nfs4');
    expect(mountOf('/homes', all)?.type).toBe('ext4');
    expect(mountOf('/home/ada/project/.venv/bin', all)?.point).toBe('/home/ada/project/.venv');
    expect(isNetwork(mountOf('/mnt/my share/x', all))).toBe(true);
    expect(isNetwork(mountOf('/', all))).toBe(false);
    expect(isNetwork(parseMounts('1 1 0:1 / /x rw - fuse.portal portal rw')[0])).toBe(false);
  });

  it('tell of a cache on a network file system and of a .venv that is one', () => {
    expect(onNetwork('/home', all)[0]).toMatchObject({ id: 'HB283', level: 'warn' });
    expect(onNetwork('/', all)).toEqual([]);
    expect(mountedHere('/home/ada/project', '.env.w', all)).toMatchObject([
      { id: 'HB284', message: '.venv is a mount point.' },
    ]);
    const file = parseMounts('9 1 8:1 /x /home/ada/project/.env.w rw - ext4 /dev/sda1 rw');
    expect(mountedHere('/home/ada/project', '.env.w', file)).toMatchObject([
      { id: 'HB284', message: '.env.w is a mount point.' },
    ]);
    expect(mountedHere('/home/ada/other', '.env.w', all)).toEqual([]);
  });

  it('tell of a cache on another file system, unless copying is chosen', async () => {
    const root = workspace();
    // /dev/shm is a file system of its own on every Linux.
    const env = { UV_CACHE_DIR: '/dev/shm/not-there-yet' };
    expect(await see(linkedPackages, root, env)).toEqual([
      "HB283 info uv's cache /dev/shm/not-there-yet is on another file system than .venv. / export UV_LINK_MODE=copy",
    ]);
    expect(await see(linkedPackages, root, { ...env, UV_LINK_MODE: 'copy' })).toEqual([]);
  });
});

describe('certificates', () => {
  const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

  it.each([
    ['SSL_CERT_FILE', 'fail', 'is not there', (at: string) => join(at, 'none.pem')],
    ['SSL_CERT_FILE', 'fail', 'is a folder', (at: string) => at],
    ['SSL_CERT_FILE', 'fail', 'holds no certificate in PEM form', (at: string) => join(at, 'text')],
    ['SSL_CERT_DIR', 'fail', 'is not there', (at: string) => join(at, 'none')],
    ['SSL_CERT_DIR', 'fail', 'is not a folder', (at: string) => join(at, 'text')],
    ['NODE_EXTRA_CA_CERTS', 'warn', 'is not there', (at: string) => join(at, 'none.pem')],
    ['REQUESTS_CA_BUNDLE', 'warn', 'is not there', (at: string) => join(at, 'none.pem')],
    ['CURL_CA_BUNDLE', 'warn', 'holds no certificate in PEM form', (at: string) => join(at, 'text')],
  ])('%s (%s) %s', async (name, level, what, path) => {
    const root = workspace({ text: 'hello\n', 'one.pem': PEM });
    expect(await onMachine(certificates, { [name]: path(root) })).toEqual([
      `HB285 ${level} ${name} names ${path(root)}, which ${what}. / unset ${name}`,
    ]);
  });

  it('of which the others know nothing', async () => {
    const root = workspace({ 'one.pem': PEM, 'many.pem': PEM.repeat(130) });
    const [one, many] = [join(root, 'one.pem'), join(root, 'many.pem')];
    expect(await onMachine(certificates, { NODE_EXTRA_CA_CERTS: one })).toEqual([
      `HB286 info NODE_EXTRA_CA_CERTS names ${one}, which uv and Python do not read. / export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1`,
    ]);
    expect((await onMachine(certificates, { SSL_CERT_FILE: one }))[0]).toContain('holds only one certificate');
    for (const env of [
      { NODE_EXTRA_CA_CERTS: one, UV_SYSTEM_CERTS: '1' },
      { SSL_CERT_FILE: many },
      { SSL_CERT_DIR: root },
      { SSL_CERT_FILE: '' },
    ]) {
      expect(await onMachine(certificates, env)).toEqual([]);
    }
  });
});

describe('proxies', () => {
  const NO_PROXY = 'localhost,127.0.0.1';

  it('that answer are fine; those that do not are told once, without their password', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => server.once('listening', resolve));
    const port = (server.address() as { port: number }).port;
    const url = `http://127.0.0.1:${port}`;
    expect(await onMachine(proxies, { HTTPS_PROXY: url, https_proxy: `127.0.0.1:${port}` })).toEqual([]);
    server.close();
    await new Promise(resolve => server.once('close', resolve));
    const env = {
      HTTPS_PROXY: `http://ada:canary-pw@127.0.0.1:${port}`,
      HTTP_PROXY: `http://ada:canary-pw@127.0.0.1:${port}`,
      NO_PROXY,
    };
    const found = await proxies.run(look(workspace(), env));
    expect(found.map(({ id, level, message }) => `${id} ${level} ${message}`)).toEqual([
      'HB287 warn HTTPS_PROXY, HTTP_PROXY name a proxy that does not answer.',
      'HB294 info HTTPS_PROXY and HTTP_PROXY hold a password.',
    ]);
    expect(JSON.stringify(found)).not.toContain('canary');
    expect(await onMachine(proxies, { HTTPS_PROXY: url }, { offline: true })).toEqual([]);
  });

  it.each(['socks5://127.0.0.1:1080', 'http://', 'a b'])('%j cannot be used', async value => {
    const [line] = await onMachine(proxies, { ALL_PROXY: value, NO_PROXY });
    expect(line).toMatch(/^HB287 warn ALL_PROXY .* \/ unset ALL_PROXY$/);
  });

  it('that take what is meant for this machine', async () => {
    const offline = { offline: true };
    const http = 'http://proxy.example:3128';
    expect((await onMachine(proxies, { HTTP_PROXY: http }, offline))[0]).toMatch(
      /^HB288 warn HTTP_PROXY .* localhost and 127\.0\.0\.1\./,
    );
    expect((await onMachine(proxies, { all_proxy: http, NO_PROXY: 'localhost' }, offline))[0]).toContain(
      'does not name 127.0.0.1.',
    );
    for (const except of [NO_PROXY, '*', '127.0.0.0/8, localhost']) {
      expect(await onMachine(proxies, { HTTP_PROXY: http, NO_PROXY: except }, offline)).toEqual([]);
    }
    expect(await onMachine(proxies, { HTTPS_PROXY: http }, offline)).toEqual([]);
  });

  it('are excepted by the command that is printed', async () => {
    const [found] = await proxies.run(
      look(workspace(), { HTTP_PROXY: 'http://proxy.example:3128' }, {}, { offline: true }),
    );
    const shell = (before: string) =>
      spawnSync('sh', ['-c', `${before}; ${found?.fix?.command}; echo "$NO_PROXY"`], {
        encoding: 'utf8',
        env: {},
      }).stdout.trim();
    expect(shell(':')).toBe('localhost,127.0.0.1,::1');
    expect(shell('NO_PROXY=a.example')).toBe('localhost,127.0.0.1,::1,a.example');
  });
});

describe('variables', () => {
  it('that change uv are told with what they do; in CI only told', async () => {
    expect(await onMachine(uvVariables, { UV_FROZEN: '1', UV_PYTHON: '3.9' })).toEqual([
      'HB289 warn UV_FROZEN is set, so uv no longer notices when uv.lock does not match pyproject.toml. / unset UV_FROZEN',
      'HB289 warn UV_PYTHON is set, so uv takes that Python and may make .venv anew with it. / unset UV_PYTHON',
    ]);
    expect((await onMachine(uvVariables, { UV_NO_SYNC: 'true' }, { ci: true }))[0]).toContain('HB289 info');
    expect(
      await onMachine(uvVariables, { UV_FROZEN: '0', UV_OFFLINE: '', UV_LINK_MODE: 'copy', UV_CACHE_DIR: '/x' }),
    ).toEqual([]);
  });

  it('that ask a keyring which is not there', async () => {
    expect((await onMachine(uvVariables, { UV_KEYRING_PROVIDER: 'subprocess' }))[0]).toMatch(
      /^HB289 warn UV_KEYRING_PROVIDER/,
    );
    const folder = dirname(workspace());
    writeFileSync(join(folder, 'keyring'), '#!/bin/sh\n', { mode: 0o755 });
    expect(await onMachine(uvVariables, { UV_KEYRING_PROVIDER: 'subprocess', PATH: folder })).toEqual([]);
  });

  it('that only pip reads are told without their values', async () => {
    expect(
      await onMachine(uvVariables, { PIP_EXTRA_INDEX_URL: 'https://ada:canary@x.example', PIP_CERT: '/x' }),
    ).toEqual(['HB289 info PIP_CERT, PIP_EXTRA_INDEX_URL are for pip; uv does not read them.']);
  });
});

describe('uv.lock', () => {
  const locked = (registry: string) =>
    `version = 1\n[[package]]\nname = "six"\nversion = "1.17.0"\nsource = { registry = "${registry}" }\n`;

  it('made with another index than the one of this machine', async () => {
    const root = workspace({ 'pyproject.toml': PROJECT, 'uv.lock': locked(ordinary) });
    expect(await see(lockFits, root, { UV_DEFAULT_INDEX: 'https://u:canary@mirror.example/simple/' })).toEqual([
      `HB290 warn UV_DEFAULT_INDEX names the index https://mirror.example/simple/, and uv.lock was made with ${ordinary}. / unset UV_DEFAULT_INDEX`,
    ]);
    expect(await see(lockFits, root, { UV_DEFAULT_INDEX: ordinary })).toEqual([]);
    // To uv the slash at the end makes another index of it (seen with 0.13.9).
    expect((await see(lockFits, root, { UV_DEFAULT_INDEX: DEFAULT_INDEX }))[0]).toMatch(/^HB290 warn UV_DEFAULT_INDEX/);
    expect(await see(lockFits, root, { PIP_INDEX_URL: 'https://mirror.example/simple' })).toEqual([]);
  });

  it('made with an index that nothing here names', async () => {
    const root = workspace({ 'pyproject.toml': PROJECT, 'uv.lock': locked('https://mirror.example/simple') });
    expect((await see(lockFits, root))[0]).toMatch(
      /^HB290 info uv\.lock was made with the index https:\/\/mirror\.example\/simple, and nothing here names it\./,
    );
    expect(await see(lockFits, root, { UV_DEFAULT_INDEX: 'https://mirror.example/simple' })).toEqual([]);
    const index = '[[tool.uv.index]]\nname = "ours"\nurl = "https://mirror.example/simple/"\n';
    writeFileSync(join(root, 'pyproject.toml'), PROJECT + index);
    expect(await see(lockFits, root)).toEqual([]);
    // The person's own uv.toml comes after the project, and counts where the project names none.
    writeFileSync(join(root, 'pyproject.toml'), PROJECT);
    const config = join(dirname(root), 'home', '.config', 'uv');
    mkdirSync(config, { recursive: true });
    writeFileSync(join(config, 'uv.toml'), '[[index]]\nurl = "https://mirror.example/simple"\ndefault = true\n');
    expect(await see(lockFits, root)).toEqual([]);
  });

  it('that holds a version from git', async () => {
    const lock = (version: string) =>
      `version = 1\n[[package]]\nname = "my-demo"\nversion = "${version}"\nsource = { editable = "." }\n`;
    const dynamic = '[project]\nname = "My_Demo"\ndynamic = ["version"]\n';
    const root = workspace({ 'pyproject.toml': dynamic, 'uv.lock': lock('0.1.dev3+gabc1234') });
    expect(await see(lockFits, root)).toEqual([
      'HB290 warn uv.lock holds the version 0.1.dev3+gabc1234 of the project itself. / uv lock',
    ]);
    writeFileSync(join(root, 'uv.lock'), lock('0.1.0'));
    expect(await see(lockFits, root)).toEqual([]);
  });

  it('with two packages that own the same files', async () => {
    const entry = (name: string) => `[[package]]\nname = "${name}"\nversion = "3.9.1"\n`;
    const root = workspace({ 'pyproject.toml': PROJECT, 'uv.lock': entry('prefect') + entry('prefect-client') });
    expect(await see(projectShape, root)).toEqual([
      'HB299 warn uv.lock has both prefect and prefect-client, which own the same files. / uv tree --invert --package prefect-client',
    ]);
  });
});

describe('the shape of a project', () => {
  it('whose plain uv run swaps packages', async () => {
    const root = workspace({
      'pyproject.toml': `${PROJECT}[tool.uv]\nconflicts = [[{ extra = "cpu" }, { extra = "gpu" }], [{ group = "a" }, { group = "b" }]]\n`,
    });
    expect((await see(projectShape, root, {}, { extras: ['gpu'] }))[0]).toMatch(
      /^HB297 info The extra gpu excludes others/,
    );
    expect((await see(projectShape, root, {}, { groups: ['b'] }))[0]).toContain('The group b');
    expect(await see(projectShape, root, {}, { extras: ['docs'] })).toEqual([]);
  });

  it('that is made for Prefect and does not have it', async () => {
    const root = workspace({
      'pyproject.toml': PROJECT,
      'prefect.yaml': 'deployments: []\n',
      'uv.lock': 'version = 1\n',
    });
    expect(await see(projectShape, root)).toEqual([
      "HB298 info prefect.yaml is for Prefect, and uv.lock has no Prefect. / uv add 'prefect>=3,<4'",
    ]);
    writeFileSync(join(root, 'uv.lock'), '[[package]]\nname = "prefect-client"\nversion = "3.9.1"\n');
    expect(await see(projectShape, root)).toEqual([]);
  });

  it('whose members share one .venv', async () => {
    expect((await see(projectShape, workspace(), {}, { packages: 'all' }))[0]).toContain('HB297 info');
    expect(await see(projectShape, workspace(), {}, { packages: ['one'] })).toEqual([]);
  });
});

describe('a version from git', () => {
  const SCM = '[project]\nname = "d"\ndynamic = ["version"]\n[build-system]\nrequires = ["hatchling", "hatch-vcs"]\n';
  const git = (root: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: root, stdio: 'pipe' });

  it('needs a repository, tags and a whole clone', async () => {
    const root = workspace({ 'pyproject.toml': SCM });
    expect((await see(gitHasVersion, root))[0]).toMatch(/^HB295 warn There is no git repository here/);
    expect(await see(gitHasVersion, root, { SETUPTOOLS_SCM_PRETEND_VERSION_FOR_D: '1' })).toEqual([]);
    git(root, 'init', '-q');
    git(root, 'add', '.');
    git(root, 'commit', '-qm', 'one');
    expect(await see(gitHasVersion, root)).toEqual([
      'HB295 warn This clone has no tags, and the project takes its version from git. / git fetch --tags',
    ]);
    git(root, 'commit', '-qm', 'two', '--allow-empty');
    git(root, 'tag', 'v1.0');
    expect(await see(gitHasVersion, root)).toEqual([]);
    git(root, 'pack-refs', '--all');
    expect(await see(gitHasVersion, root)).toEqual([]);
    const tree = join(dirname(root), 'tree');
    git(root, 'worktree', 'add', '-q', tree);
    expect(await see(gitHasVersion, tree)).toEqual([]);
    const shallow = join(dirname(root), 'shallow');
    git(root, 'clone', '-q', '--depth', '1', `file://${root}`, shallow);
    expect((await see(gitHasVersion, shallow))[0]).toMatch(
      /^HB295 warn This is a shallow clone.* \/ git fetch --unshallow --tags$/,
    );
  });

  it('is not asked for by a project that writes its version down or has one to fall back to', async () => {
    expect(
      await see(gitHasVersion, workspace({ 'pyproject.toml': SCM.replace('dynamic = ["version"]', 'version = "1"') })),
    ).toEqual([]);
    const fallback = `${SCM}[tool.hatch.version]\nfallback-version = "0"\n`;
    expect(await see(gitHasVersion, workspace({ 'pyproject.toml': fallback }))).toEqual([]);
  });
});

describe('uv', () => {
  const program = (folder: string, version: string): void => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'uv'), `#!/bin/sh\necho "uv ${version} (x86_64)"\n`, { mode: 0o755 });
  };

  it('several times on PATH, in different versions', async () => {
    const base = dirname(workspace());
    const [a, b, c] = ['a', 'b', 'c'].map(name => join(base, name)) as [string, string, string];
    program(a, '0.9.1');
    program(b, '0.13.9');
    mkdirSync(c);
    symlinkSync(join(a, 'uv'), join(c, 'uv'));
    const PATH = `${a}:${b}:${c}:/usr/bin:/bin`;
    const [found] = await severalUv.run(look(workspace(), { PATH }));
    expect(found).toMatchObject({ id: 'HB291', message: 'There are 2 uv of different versions on PATH.' });
    expect(found?.cause).toContain(`0.9.1 at ${a}/uv, 0.13.9 at ${b}/uv. A shell takes the first one, 0.9.1.`);
    program(b, '0.9.1');
    expect(await onMachine(severalUv, { PATH })).toEqual([]);
    expect(await onMachine(severalUv, { PATH: `${a}:${c}` })).toEqual([]);
  });

  it('as a dependency of the project', async () => {
    const root = workspace({ [VENV]: '', [`${SITE}/uv-0.8.0.dist-info/METADATA`]: '' });
    program(join(root, '.venv', 'bin'), '0.8.0');
    expect((await see(uvInProject, root))[0]).toMatch(
      /^HB291 info \.venv holds uv 0\.8\.0, a dependency of the project\./,
    );
    expect((await see(uvInProject, root, {}, { uvRange: '>=0.9' }))[0]).toMatch(/^HB291 warn .* which is not >=0\.9\./);
    expect((await see(uvInProject, root, {}, { uvRange: '>=0.8' }))[0]).toContain('HB291 info');
  });
});
