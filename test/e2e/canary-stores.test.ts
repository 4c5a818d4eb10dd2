import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ENV_FORMATS } from '../../src/commands/table-items.ts';
import { canary, Detector, withoutForm } from '../support/canary.ts';
import { startedIn, Watch, written } from '../support/canary-watch.ts';
import { smallClone } from '../support/hostile.ts';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine } from '../support/machine.ts';

const before = canary('a password before its renewal', ':before');
const renewed = canary('a password after its renewal', ':"$ +/');
const refused = canary('a password that its service refuses', ':no');
const checked = canary('a value for a check of the manifest');
const foreign = canary('a value that another program stored');
const passphrase = canary('a passphrase');
const mistyped = canary('a passphrase that opens nothing');
const bearer = canary('a token of the collector');
const badBearer = canary('no token at all');
const profileKey = canary('a key in a profile of somebody else');
const profileUser = canary('user info in that profile');
const imported = canary('a value in a .env file', ':imported');
const undeclared = canary('a value there that nobody declares');
const ALL = [
  before,
  renewed,
  refused,
  checked,
  foreign,
  passphrase,
  mistyped,
  bearer,
  badBearer,
  profileKey,
  profileUser,
  imported,
  undeclared,
];
const detector = new Detector(ALL);

const machine = new Machine();
const keyFile = join(machine.home, 'key');
const profiles = join(machine.home, '.prefect', 'profiles.toml');
let keyring: Keyring;
let watch: Watch;
/** Prefect and a collector at once: each request is answered by the credential that it brings. */
let service: Server;
let port: number;
let accepted = before.value;
const seen: string[] = [];

beforeAll(async () => {
  keyring = await withKeyring(machine.home);
  const temp = join(machine.home, 'tmp');
  mkdirSync(temp);
  machine.env = { ...machine.env, ...keyring.env, TMPDIR: temp };
  service = createServer((request, response) => {
    const { authorization = '' } = request.headers;
    seen.push(authorization);
    const basic = `Basic ${Buffer.from(accepted).toString('base64')}`;
    const good = request.url?.startsWith('/v1/') ? authorization === `Bearer ${bearer.value}` : authorization === basic;
    response.writeHead(good ? 200 : 401, { 'Content-Type': 'application/json' }).end(good ? '"3.9.1"' : '{}');
  });
  await new Promise<void>(resolve => service.listen(0, '127.0.0.1', resolve));
  ({ port } = service.address() as AddressInfo);
  mkdirSync(join(machine.home, '.prefect'), { mode: 0o700 });
  writeFileSync(
    profiles,
    `[profiles.small-other]\nPREFECT_API_KEY = "${profileKey.value}"\nPREFECT_API_URL = "https://u:${profileUser.value}@old.example.com/api"\n`,
    { mode: 0o600 },
  );
  const root = smallClone(
    machine,
    'small',
    `schema = 1
workspace = "small"
[environments.local]
prefect = { profile = "small-local", api-url = "http://127.0.0.1:${port}/api" }
secrets = ["auth", "checked"]
[environments.other]
prefect = { profile = "small-other", api-url = "http://127.0.0.1:${port}/api" }
[secrets.auth]
env = "PREFECT_API_AUTH_STRING"
description = "password of the server"
[secrets.checked]
env = "SMALL_CHECKED"
description = "checked by a command"
required = false
check = ["sh", "-c", "echo \\"$SMALL_CHECKED\\"; printf %s \\"$SMALL_CHECKED\\" | base64 >&2; exit 1"]
`,
  );
  watch = new Watch(machine, root);
  expect((await watch.run(['setup', '--only', 'secrets', '--no-input'])).code).toBe(3);
});
afterAll(async () => {
  service?.close();
  await keyring?.stop();
});

it('is shown by no sealed file, whatever opens it', async () => {
  for (const use of ['sealed-file', `sealed-file:${keyFile}`]) {
    expect((await watch.run(['secrets', 'where', '--use', use, '--yes', '-v'])).code).toBe(0);
    expect((await watch.run(['secrets', 'set', 'auth', '--json'], { input: before.value })).code).toBe(0);
    expect((await watch.run(['run', '--', 'sh', '-c', 'test -n "$PREFECT_API_AUTH_STRING"'])).code).toBe(0);
  }
  chmodSync(keyFile, 0o644);
  expect((await watch.run(['secrets', 'get', 'auth', '-v'])).code).toBe(78);
  chmodSync(keyFile, 0o600);

  const [first, again] = [
    /A passphrase for your sealed file[\s\S]*\(hidden\):/,
    /The same passphrase[\s\S]*\(hidden\):/,
  ];
  const use = ['secrets', 'where', '--use', 'sealed-file:passphrase', '--yes'];
  const chosen = await watch.type(use, [
    [first, `${passphrase.value}\r`],
    [again, `${mistyped.value}\r`],
    [/\(hidden\):/, `\x15${passphrase.value}\r`],
  ]);
  expect(chosen.code, chosen.stdout).toBe(0);
  const open = /Passphrase of your sealed file[\s\S]*\(hidden\):/;
  const run = await watch.type(
    ['run', '--', 'printenv', 'PREFECT_API_AUTH_STRING'],
    [
      [open, `${mistyped.value}\r`],
      [/does not open it[\s\S]*\(hidden\):/, `\x15${passphrase.value}\r`],
    ],
    { meant: [before] },
  );
  expect(run.stdout).toContain(before.value);
  const sealed = join(machine.home, '.local', 'state', 'hotpass-bootstrap', 'secrets.enc');
  const text = readFileSync(sealed, 'utf8');
  writeFileSync(sealed, text.slice(0, -40));
  const broken = await watch.type(['secrets', 'get', 'auth', '--reveal'], []);
  expect(broken.code, broken.stdout).toBe(78);
  writeFileSync(sealed, text);
  expect((await watch.run(['secrets', 'get', 'auth'])).code).not.toBe(0);
  const back = await watch.type(['secrets', 'where', '--use', 'keychain', '--yes'], [[open, `${passphrase.value}\r`]]);
  expect(back.code, back.stdout).toBe(0);
});

it('is shown by no check, no renewal and no repair', async () => {
  for (const how of [[], ['--json'], ['-v']]) await watch.run(['secrets', 'check', ...how]);
  expect((await watch.run(['secrets', 'set', 'checked'], { input: checked.value })).code).toBe(0);
  for (const how of [['-v'], ['--json']]) expect((await watch.run(['secrets', 'check', ...how])).code).toBe(2);
  for (const [value, code] of [
    [refused.value, 78],
    [before.value, 78],
  ] as const) {
    expect((await watch.run(['secrets', 'rotate', 'auth', '-v'], { input: value })).code).toBe(code);
  }
  expect((await watch.run(['secrets', 'rotate', 'checked', '--json'], { input: refused.value })).code).toBe(78);
  accepted = renewed.value;
  const traced = await watch.trace(['secrets', 'rotate', 'auth', '--json'], { input: renewed.value });
  expect(traced.code, traced.stderr).toBe(0);
  const { all, astray } = written(traced.lines, detector, [port]);
  expect(astray).toEqual([]);
  expect(all.length).toBeGreaterThan(2);
  for (const one of startedIn(traced.lines, detector)) {
    expect([...one.inArguments, ...one.inEnvironment], one.argv).toEqual([]);
  }
  const item = ['service', 'hotpass-bootstrap/small', 'username', 'local/checked', 'application', 'other'];
  const store = await watch.machine.start(
    watch.workspace,
    ['run', '--', keyring.secretTool, 'store', '--label=x', ...item],
    {},
    foreign.value,
  ).done;
  expect(store.code).toBe(0);
  await watch.run(['run', '--', 'true']);
  const repair = await watch.run(['secrets', 'repair', '--yes', '-v']);
  expect(repair.code, repair.stderr).toBe(0);
  expect((await watch.run(['secrets', 'get', 'checked'], { meant: [foreign] })).stdout).toBe(`${foreign.value}\n`);
});

it('is given to a check alone that is about it', async () => {
  const { lines } = await watch.trace(['secrets', 'check', '--json']);
  const started = startedIn(lines, detector);
  const checks = started.filter(({ argv }) => argv.includes('SMALL_CHECKED'));
  expect(checks.length).toBeGreaterThan(0);
  for (const one of started) {
    expect(one.inArguments).toEqual([]);
    const below = ['sh', 'base64'].includes(one.program);
    expect(one.inEnvironment, one.argv).toEqual(below ? [foreign.route] : []);
  }
});

it('is masked where a program prints it, and printed where somebody asked for it', async () => {
  const print =
    'for v in "$PREFECT_API_AUTH_STRING" "$SMALL_CHECKED"; do echo "$v"; echo "$v" >&2; printf %s "$v" | base64 -w0; printf %s "$v" | od -An -tx1 -v | tr -d " \\n"; done';
  const given = { PREFECT_API_AUTH_STRING: renewed.value, SMALL_CHECKED: foreign.value };
  for (const [args, env] of [
    [['run', '--redact', '--', 'sh', '-c', print], {}],
    [['run', '--', 'sh', '-c', `${print}; exit 3`], { CI: 'true', ...given }],
  ] as const) {
    const { stdout, stderr } = await watch.run(args, { env });
    expect(stdout + stderr).toContain('‹redacted›');
  }
  const meant = [renewed, foreign];
  for (const format of ENV_FORMATS) {
    const runner = format === 'github' ? { GITHUB_ACTIONS: 'true', RUNNER_TEMP: machine.home } : {};
    const env = await machine.start(watch.workspace, ['env', '--secrets', '--format', format], runner).done;
    const masks = /^::add-mask::.*\n/gm;
    expect(new Set(detector.in(env.stdout).map(withoutForm)), format).toEqual(new Set(meant.map(({ route }) => route)));
    expect(detector.in(format === 'github' ? env.stderr.replace(masks, '') : env.stderr)).toEqual([]);
  }
  const output = join(watch.workspace, 'printed');
  expect((await watch.run(['env', '--secrets', '--output', output])).code).toBe(0);
  const screen = await watch.type(['env', '--secrets'], []);
  expect(screen.code).not.toBe(0);
});

it('is shown neither by telemetry nor by a profile that is taken over', async () => {
  const endpoint = ['--endpoint', `http://127.0.0.1:${port}`, '--yes'];
  const on = ['telemetry', 'on', '--token', ...endpoint];
  expect((await watch.run(on, { input: `two words ${badBearer.value}` })).code).toBe(78);
  const userInfo = ['telemetry', 'on', '--yes', '--endpoint', `https://u:${badBearer.value}@otel.example.com`];
  expect((await watch.run(userInfo)).code).toBe(78);
  expect((await watch.run(on, { input: bearer.value })).code).toBe(0);
  // A run that is recorded, and whose durations are sent.
  await watch.run(['setup', '--only', 'secrets', '--yes'], { env: { HOTPASS_BOOTSTRAP_TEST: '' } });
  for (const args of [['status', '--json'], ['show'], ['flush', '-v']]) await watch.run(['telemetry', ...args]);
  expect(seen).toContain(`Bearer ${bearer.value}`);
  expect((await watch.run(['telemetry', 'off'])).code).toBe(0);

  const adopt = ['profile', 'adopt', 'small-other', '--yes'];
  for (const how of [['-v'], ['--json'], ['--approve-origin', `http://127.0.0.1:${port}`, '-v']]) {
    await watch.run([...adopt, ...how]);
  }
  expect(readFileSync(profiles, 'utf8')).toContain(`http://127.0.0.1:${port}/api`);
  await watch.run(['profile', 'list', '--json']);
  expect((await watch.run(['undo', '--yes', '-v'])).code).toBe(0);
  expect(readFileSync(profiles, 'utf8')).toContain(profileUser.value);
});

it('is shown neither by an import nor by a scan', async () => {
  const file = join(watch.workspace, '.env');
  const text = `export PREFECT_API_AUTH_STRING='${imported.value}'\nSMALL_TOKEN=${undeclared.value}\n`;
  const move = ['secrets', 'import', '.env'];
  writeFileSync(file, `${text}PREFECT_API_AUTH_STRING=${undeclared.value}\n`);
  expect((await watch.run([...move, '--yes', '-v'])).code).toBe(78);
  writeFileSync(file, text);
  await watch.run(move);
  const { lines, stderr } = await watch.trace([...move, '--rewrite', '--yes', '-v']);
  expect(readFileSync(file, 'utf8'), stderr).not.toContain(imported.value);
  // What stays in the file is written back into it.
  const others = new Detector(ALL.filter(one => one !== undeclared));
  expect(written(lines, others).astray).toEqual([]);
  for (const one of startedIn(lines, detector)) {
    expect([...one.inArguments, ...one.inEnvironment], one.argv).toEqual([]);
  }
  writeFileSync(join(watch.workspace, 'notes.txt'), `password: ${imported.value}\n`);
  const sarif = join(machine.home, 'out.sarif');
  for (const how of [['-v'], ['--json', '--sarif', sarif]]) {
    expect((await watch.run(['secrets', 'scan', ...how])).code).toBe(2);
  }
  rmSync(join(watch.workspace, 'notes.txt'));
  expect((await watch.run(['undo', '--yes', '-v'])).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(text);
  rmSync(file);
});

it('is left nowhere by all of that', () => {
  expect(watch.shown(detector)).toEqual([]);
  const meant = /\.keyring$|\/\.prefect\/profiles\.toml$|\/printed$/;
  expect(detector.below(machine.home, meant)).toEqual([]);
});
