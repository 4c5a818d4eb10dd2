import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Canary, canary, Detector } from '../support/canary.ts';
import { startedIn, Watch, written } from '../support/canary-watch.ts';
import { smallClone } from '../support/hostile.ts';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine } from '../support/machine.ts';
import { tarball } from '../support/pack.ts';
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
let watch: Watch;

function run(args: string[], more: { input?: string; env?: Record<string, string>; meant?: Canary[] } = {}) {
  const { meant = [], ...options } = more;
  const result = machine.run(workspace, args, options);
  said.push({ what: args.join(' '), text: result.stdout + result.stderr, meant: meant.map(({ route }) => route) });
  return result;
}

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
  watch = new Watch(machine, workspace);
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

  it('on its way: only between us and the worker, and from the worker to the keychain', async () => {
    let seen = 0;
    for (const args of [
      ['secrets', 'set', 'key'],
      ['setup', '--yes', '--recheck'],
      ['run', '--', 'true'],
    ]) {
      const traced = await watch.trace(args, { input: rotated.value });
      expect(traced.code, traced.stderr).toBe(0);
      const { all, astray } = written(traced.lines, detector);
      seen += all.length;
      expect(astray).toEqual([]);
    }
    expect(seen).toBeGreaterThan(2);
    expect(watch.shown(detector)).toEqual([]);
  });

  it('in the arguments and environments of children that do not need it', async () => {
    rmDone();
    const { lines } = await watch.trace(['setup', '--yes', '--recheck']);
    const seen = new Map<string, Set<string>>();
    for (const { program, argv, inArguments, inEnvironment } of startedIn(lines, detector)) {
      const noBuild = program === 'uv' && argv.includes('"--no-install-workspace", "--no-build"');
      const name = noBuild ? 'uv without builds' : program;
      expect(inArguments, argv).toEqual([]);
      seen.set(name, new Set([...(seen.get(name) ?? []), ...inEnvironment]));
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

  it('to Node’s debugger, which SIGUSR1 would open to every user of the machine', async () => {
    const terminal = new Terminal(workspace, ['secrets', 'set', 'key'], { ...machine.env, TERM: 'xterm-256color' });
    await terminal.sees(/\(hidden\):|Paste it here/);
    process.kill(terminal.pid, 'SIGUSR1');
    terminal.type(`${typed.value}\r`);
    expect((await terminal.exit).exitCode).toBe(0);
    expect(terminal.text).not.toMatch(/debugger/i);
    expect(detector.in(terminal.raw)).toEqual([]);
  });
});

/** Makes the task due again. */
function rmDone(): void {
  execFileSync('rm', ['-f', 'done'], { cwd: workspace });
}
