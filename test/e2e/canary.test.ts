import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Canary, canary, Detector } from '../support/canary.ts';
import { smallClone } from '../support/hostile.ts';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine } from '../support/machine.ts';
import { installedBin, tarball } from '../support/pack.ts';
import { Terminal } from '../support/pty.ts';
import { temporary } from '../support/tools.ts';

const old = canary('the value before');
const rotated = canary('the value after', '"\'\\ +/');
const typed = canary('typed at a prompt');
const mistyped = canary('typed, but not fitting');
const wrong = canary('standard input, but not fitting');
const argument = canary('an argument by mistake');
const password = canary('password of an index');
const variable = canary('a variable of the caller');
const profile = canary("a key in a person's other profile");
const proxy = canary('user info of a proxy');
const index = canary('user info of an index');
const passphrase = canary('our own passphrase');
const token = canary('our own Vault token');
const ALL: Canary[] = [
  old,
  rotated,
  typed,
  mistyped,
  wrong,
  argument,
  password,
  variable,
  profile,
  proxy,
  index,
  passphrase,
  token,
];
const detector = new Detector(ALL);

const MANIFEST = `schema = 1
workspace = "small"
[environments.local]
prefect = { profile = "small-local", api-url = "http://127.0.0.1:4200/api" }
secrets = ["key", "typed", "caller", "password"]
variables = { SMALL = "1" }
[secrets.key]
env = "PREFECT_API_KEY"
description = "a key"
pattern = "Cn.+"
[secrets.typed]
env = "SMALL_TYPED"
description = "another key"
pattern = "Cn.+"
[secrets.caller]
env = "SMALL_CALLER"
description = "a third"
[secrets.password]
for = "index:private"
description = "password of the private index"
[[tasks]]
name = "a task"
check = ["sh", "-c", "test -e done"]
run = ["sh", "-c", "touch done; python --version"]
undo = ["rm", "-f", "done"]
[[readiness]]
name = "a check"
run = ["sh", "-c", "true"]
`;
const PROJECT = `[project]
name = "small"
version = "0.1.0"
requires-python = ">=3.11"
[[tool.uv.index]]
name = "private"
url = "http://127.0.0.1:9/simple"
explicit = true
`;

const machine = new Machine();
const scratch = temporary('hb-canary-');
/** Everything the command ever said, by what was run. */
const said: { what: string; text: string; meant: string[] }[] = [];
let keyring: Keyring;
let workspace: string;

function run(args: string[], more: { input?: string; env?: Record<string, string>; meant?: Canary[] } = {}) {
  const { meant = [], ...options } = more;
  const result = machine.run(workspace, args, options);
  said.push({ what: args.join(' '), text: result.stdout + result.stderr, meant: meant.map(({ route }) => route) });
  return result;
}

function strace(args: string[]): string {
  const trace = join(temporary('hb-trace-'), 'trace');
  const calls = 'trace=execve,clone,clone3,write,pwrite64,writev,pwritev,sendto,sendmsg';
  const command = [
    '-f',
    '-v',
    '-yy',
    '-s',
    '65536',
    '-e',
    calls,
    '-o',
    trace,
    process.execPath,
    installedBin(),
    ...args,
  ];
  const result = spawnSync('strace', command, {
    cwd: workspace,
    env: machine.env,
    encoding: 'utf8',
    input: rotated.value,
  });
  expect(result.status, result.stderr).toBe(0);
  said.push({ what: args.join(' '), text: result.stdout + result.stderr, meant: [] });
  return readFileSync(trace, 'utf8');
}

/** Where a canary may pass: between us and the worker, and from the worker to the keychain. */
const WORKER =
  /^\d+ +(write|writev|sendto|sendmsg)\(\d+<(UNIX|socket|pipe).*?>, (\[\{iov_base=)?"(\{\\"op\\":|\{\\"results\\":)/;

beforeAll(async () => {
  keyring = await withKeyring(machine.home);
  const temp = join(machine.home, 'tmp');
  mkdirSync(temp);
  machine.env = {
    ...machine.env,
    ...keyring.env,
    TMPDIR: temp,
    HTTPS_PROXY: `http://user:${proxy.value}@127.0.0.1:9`,
    UV_DEFAULT_INDEX: `http://user:${index.value}@127.0.0.1:9/simple`,
    HOTPASS_BOOTSTRAP_PASSPHRASE: passphrase.value,
    HOTPASS_BOOTSTRAP_VAULT_TOKEN: token.value,
    SMALL_CALLER: variable.value,
  };
  mkdirSync(join(machine.home, '.prefect'));
  writeFileSync(
    join(machine.home, '.prefect', 'profiles.toml'),
    `active = "other"\n\n[profiles.other]\nPREFECT_API_KEY = "${profile.value}"\nPREFECT_API_URL = "https://other.example.com/api"\n`,
  );
  workspace = smallClone(machine, 'small', MANIFEST, { 'pyproject.toml': PROJECT });
});
afterAll(() => keyring.stop());

describe('the detector', () => {
  it('fires for every canary in every disguise', () => {
    for (const one of ALL) {
      const { value } = one;
      const bytes = Buffer.from(value);
      const disguised: [string, string | Buffer][] = [
        ['plain', `xx${value.slice(3, 15)}xx`],
        ['base64', `Basic ${Buffer.from(`u:${value}`).toString('base64')}`],
        ['base64', Buffer.from(`ab:${value}`).toString('base64url')],
        ['base64', bytes.toString('base64')],
        ['hex', bytes.toString('hex').toUpperCase()],
        ['URL', encodeURIComponent(value)],
        ['JSON', JSON.stringify({ value })],
        ['JSON', [...value].map(letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')],
        ['repr', [...bytes].map(byte => `\\x${byte.toString(16)}`).join('')],
        ['UTF-16', Buffer.from(value, 'utf16le')],
        ['UTF-16', Buffer.from(value, 'utf16le').swap16()],
        ['plain', Buffer.concat([Buffer.from('before'), gzipSync(value), Buffer.from('after')])],
        ['digest', execFileSync('sha256sum', { input: value, encoding: 'utf8' })],
        ['digest', execFileSync('sha1sum', { input: value, encoding: 'utf8' })],
        ['digest', execFileSync('md5sum', { input: value, encoding: 'utf8' })],
      ];
      for (const [form, planted] of disguised) expect(detector.in(planted)).toContain(`${one.route} as ${form}`);
    }
    expect(detector.in('Cn0123456789abcdef and nothing else')).toEqual([]);
  });

  it('fires for every canary in every channel', () => {
    for (const one of ALL) {
      const folder = temporary('hb-plant-');
      const { value, route } = one;
      const hit = `${route} as plain`;
      writeFileSync(join(folder, 'file'), `x = "${value}"\n`);
      execFileSync('tar', ['-czf', 'archive.tgz', 'file'], { cwd: folder });
      execFileSync('git', ['init', '-q'], { cwd: folder });
      execFileSync('git', ['hash-object', '-w', 'file'], { cwd: folder, stdio: 'ignore' });
      mkdirSync(join(folder, value.replaceAll('/', '_')));
      const found = detector.below(folder).filter(line => line.endsWith(hit));
      for (const place of ['/file: ', '/archive.tgz: ', '/.git/objects/', value.slice(0, 12)]) {
        expect(found.some(line => line.includes(place))).toBe(true);
      }
      const trace = join(folder, 'trace');
      const shell = ['-f', '-v', '-s', '65536', '-e', 'trace=execve,write', '-o', trace, 'sh', '-c'];
      execFileSync('strace', [...shell, 'printf %s "$PLANT"; true'], {
        env: { ...machine.env, PLANT: value },
        stdio: 'ignore',
      });
      const lines = readFileSync(trace, 'utf8').split('\n');
      for (const call of ['execve(', 'write(']) {
        expect(lines.some(line => line.includes(call) && detector.in(line).some(text => text.startsWith(route)))).toBe(
          true,
        );
      }
    }
  });
});

describe('no secret is left anywhere', () => {
  it('by the commands of a day, whether they succeed or fail', async () => {
    expect(run(['setup', '--no-input']).code).toBe(3);
    for (const extra of [[], ['--json'], ['-v']]) run(['plan', ...extra]);
    expect(run(['secrets', 'set', 'key'], { input: `wrong ${wrong.value}` }).code).toBe(78);
    expect(run(['secrets', 'set', 'key', argument.value]).code).toBe(64);
    run(['secrets', 'set', argument.value]);
    expect(run(['secrets', 'set', 'key'], { input: `${old.value}\n` }).code).toBe(0);
    expect(run(['secrets', 'set', 'password'], { input: password.value }).code).toBe(0);
    const terminal = new Terminal(workspace, ['setup'], { ...machine.env, TERM: 'xterm-256color' });
    await terminal.sees(/Go ahead\?/);
    terminal.type('y\r');
    await terminal.sees(/Paste it here/);
    terminal.type(`wrong ${mistyped.value}\r`);
    await terminal.sees(/fit|match|must|pattern/i);
    terminal.type(`\x15${typed.value}\r`);
    await terminal.sees(/ready in/);
    expect((await terminal.exit).exitCode).toBe(0);
    said.push({ what: 'a terminal', text: terminal.raw, meant: [] });

    expect(run(['secrets', 'set', 'key', '--json'], { input: rotated.value }).code).toBe(0);
    for (const extra of [[], ['--json'], ['-v'], ['-q'], ['--recheck'], ['--recheck', '--json']]) {
      expect(run(['setup', '--yes', ...extra]).code).toBe(0);
      run(['plan', ...extra]);
    }
    for (const args of [
      ['env'],
      ['env', '--json'],
      ['secrets', 'list'],
      ['secrets', 'list', '--json'],
      ['secrets', 'where', '--json'],
      ['undo', '--list'],
      ['undo', '--list', '--json'],
      ['undo', '--dry-run'],
      ['init'],
    ])
      run(args);
    expect(run(['secrets', 'get', 'key'], { meant: [rotated] }).stdout).toBe(`${rotated.value}\n`);
    expect(run(['env', '--secrets', '--json'], { meant: [rotated, typed, variable] }).code).toBe(0);
    expect(run(['run', '--', 'printenv', 'SMALL_TYPED'], { meant: [typed] }).stdout).toBe(`${typed.value}\n`);
    expect(run(['run', '--', 'sh', '-c', 'exit 7']).code).toBe(7);

    // Failures, one of each floor.
    for (const name of ['NODE_DEBUG', 'NODE_OPTIONS']) {
      run(['secrets', 'get', 'key'], {
        env: { [name]: name === 'NODE_DEBUG' ? 'child_process,stream,net' : '--report-uncaught-exception' },
      });
      run(['secrets', 'set', 'key'], {
        input: old.value,
        env: { [name]: name === 'NODE_DEBUG' ? 'child_process,stream,net' : '--report-uncaught-exception' },
      });
    }
    run(['setup', '--yes', '--env', 'nowhere', '--json']);
    run(['run', '--', 'no-such-program']);
    for (const [file, text] of [
      ['hotpass-bootstrap.toml', `${MANIFEST}\nwrong =`],
      ['uv.lock', 'corrupt'],
      ['.env', `PREFECT_API_URL=http://u:${proxy.value}@127.0.0.1:9/api\n`],
    ] as const) {
      const path = join(workspace, file);
      const before = file === '.env' ? undefined : readFileSync(path, 'utf8');
      writeFileSync(path, text);
      for (const extra of [[], ['--json'], ['-v']]) run(['setup', '--yes', ...extra]);
      run(['plan']);
      writeFileSync(path, before ?? '');
    }
    const other = join(scratch, 'profiles.toml');
    writeFileSync(
      other,
      `[profiles.small-local]\nPREFECT_API_KEY = "${profile.value}"\nPREFECT_API_URL = "https://u:${profile.value}@x.example.com/api"\n`,
    );
    const elsewhere = { PREFECT_PROFILES_PATH: other };
    for (const extra of [[], ['--json'], ['-v']])
      expect(run(['setup', '--yes', ...extra], { env: elsewhere }).code).toBe(78);
    writeFileSync(other, `[profiles.small-local\nPREFECT_API_KEY = "${profile.value}"\n`);
    expect(run(['setup', '--yes'], { env: elsewhere }).code).toBe(78);
    expect(run(['undo', '--yes']).code).toBe(0);
    expect(run(['setup', '--yes']).code).toBe(0);

    for (const { what, text, meant } of said) {
      const found = detector.in(text).filter(hit => !meant.some(route => hit.startsWith(`${route} as `)));
      expect(found, what).toEqual([]);
    }
  });

  it('in HOME, state, workspace and temporary files; the encrypted keyring and the person’s own file aside', () => {
    expect(detector.below(machine.home, /\.keyring$|\/\.prefect\/profiles\.toml$/)).toEqual([]);
    const profiles = readFileSync(join(machine.home, '.prefect', 'profiles.toml'), 'utf8');
    expect(detector.in(profiles).map(hit => hit.replace(/ as .*/, ''))).toEqual(
      expect.arrayContaining([profile.route]),
    );
    expect(new Set(detector.in(profiles).map(hit => hit.replace(/ as .*/, '')))).toEqual(new Set([profile.route]));
  });

  it('in the logs of npm, or in the package', () => {
    const args = ['--yes', '--loglevel', 'silly', '--package', tarball(), 'hotpass-bootstrap', 'plan', '-C', workspace];
    const env = { ...machine.env, npm_config_cache: join(scratch, 'npm'), HTTPS_PROXY: '' };
    const npx = spawnSync('npx', args, { cwd: scratch, env, encoding: 'utf8' });
    expect(npx.status).toBe(0);
    expect(detector.in(npx.stdout + npx.stderr)).toEqual([]);
    expect(detector.below(join(scratch, 'npm', '_logs'))).toEqual([]);
    expect(detector.in(readFileSync(tarball()))).toEqual([]);
  });

  it('on its way: only between us and the worker, and from the worker to the keychain', () => {
    const traces = [
      strace(['secrets', 'set', 'key']),
      strace(['setup', '--yes', '--recheck']),
      strace(['run', '--', 'true']),
    ];
    let seen = 0;
    for (const trace of traces) {
      const lines = trace.split('\n');
      const workers = workersIn(lines);
      const writes = lines.filter(line => !line.includes('execve(') && detector.in(line).length > 0);
      const toKeychain = /(sendmsg|sendto|write|writev)\(\d+<(UNIX|socket)/;
      const astray = writes.filter(
        line => !WORKER.test(line) && !(workers.has(line.split(' ')[0] ?? '') && toKeychain.test(line)),
      );
      seen += writes.length;
      expect(astray.map(line => line.slice(0, 300))).toEqual([]);
    }
    expect(seen).toBeGreaterThan(2);
  });

  it('in the arguments and environments of children that do not need it', () => {
    rmDone();
    const trace = strace(['setup', '--yes', '--recheck']);
    const starts = trace
      .split('\n')
      // Where two processes begin at once, strace breaks a line in two; its first part says all that is asked here.
      .filter(line => line.includes('execve(') && / = 0$|<unfinished \.\.\.>$/.test(line))
      .slice(1);
    const seen = new Map<string, Set<string>>();
    for (const line of starts) {
      const path = /execve\("([^"]+)", (\[.*?\]), \[/.exec(line);
      const name = path?.[1]?.split('/').at(-1) ?? line;
      const builds = name !== 'uv' || !path?.[2]?.includes('"--no-install-workspace", "--no-build"');
      const program = path?.[2]?.includes('keychain-worker') ? 'worker' : builds ? name : 'uv without builds';
      const routes = detector.in(line).map(hit => hit.replace(/ as .*/, ''));
      expect(detector.in(path?.[2] ?? '')).toEqual([]);
      seen.set(program, new Set([...(seen.get(program) ?? []), ...routes]));
    }
    expect([...seen.keys()]).toEqual(expect.arrayContaining(['uv', 'git', 'sh', 'worker']));
    const inherited = [proxy.route];
    for (const [program, routes] of seen) {
      const allowed =
        program === 'uv without builds'
          ? [...inherited, password.route, index.route]
          : ['worker', 'git'].includes(program)
            ? []
            : inherited;
      expect(
        [...routes].filter(route => !allowed.includes(route)),
        program,
      ).toEqual([]);
    }
  });
});

/** Makes the task due again. */
function rmDone(): void {
  execFileSync('rm', ['-f', 'done'], { cwd: workspace });
}

/** The ids of the workers of a trace, and of the threads that they started. */
function workersIn(lines: readonly string[]): Set<string> {
  const starts = /execve\("[^"]*", \["[^"]*", "[^"]*keychain-worker/;
  const ids = new Set(lines.filter(line => starts.test(line)).map(line => line.split(' ')[0] ?? ''));
  for (const line of lines) {
    const [, parent = '', child = ''] = /^(\d+) .*\bclone3?\b.* = (\d+)$/.exec(line) ?? [];
    if (ids.has(parent)) ids.add(child);
  }
  return ids;
}
