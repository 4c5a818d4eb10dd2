import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityProvider } from '../support/identity-provider.ts';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine, type Outcome } from '../support/machine.ts';
import { OpenBao } from '../support/openbao.ts';
import { installedBin } from '../support/pack.ts';
import { Terminal } from '../support/pty.ts';
import { lock } from '../support/wheels.ts';

const TOKEN = 't-canary-5c0e77a1-from-vault';
const EXTRA = 'canary-extra-0b93c4';
const SECRET_ID = 'canary-secret-id-61f0a2b7';

const machine = new Machine();
let keyring: Keyring;
let bao: OpenBao;
let idp: IdentityProvider;
/** A server that this person has set up: address and certificate authority. */
let own: Record<string, string>;

beforeAll(async () => {
  [keyring, bao, idp] = await Promise.all([
    withKeyring(machine.home),
    OpenBao.start({ tls: true }),
    IdentityProvider.start(),
  ]);
  const path = [join(machine.home, '.local', 'bin'), keyring.env['PATH']].join(delimiter);
  machine.env = { ...machine.env, ...keyring.env, PATH: path, TERM: 'xterm-256color' };
  own = { VAULT_ADDR: bao.address, VAULT_CACERT: bao.caFile ?? '' };
  await bao.mount('kv', 2);
  await bao.must('POST', 'kv/data/demo', { data: { token_local: TOKEN, extra: EXTRA } });
  await bao.policy('reader', { 'kv/data/demo': ['read'] });
  await bao.must('POST', 'sys/auth/jwt', { type: 'jwt' });
  await bao.must('POST', 'auth/jwt/config', { jwks_url: `${idp.url}/keys`, bound_issuer: idp.url });
  await bao.must('POST', 'auth/jwt/role/ci', {
    role_type: 'jwt',
    user_claim: 'sub',
    bound_audiences: ['hotpass-vault'],
    token_policies: ['reader'],
  });
  await bao.must('POST', 'sys/auth/oidc', { type: 'oidc' });
  const client = { oidc_discovery_url: idp.url, oidc_client_id: 'vault', oidc_client_secret: 'canary-client' };
  await bao.must('POST', 'auth/oidc/config', { ...client, default_role: 'developer' });
  await bao.must('POST', 'auth/oidc/role/developer', {
    role_type: 'oidc',
    user_claim: 'sub',
    allowed_redirect_uris: ['http://localhost:8250/oidc/callback'],
    token_policies: ['reader'],
  });
  await bao.must('POST', 'sys/auth/approle', { type: 'approle' });
  await bao.must('POST', 'auth/approle/role/ci', { token_policies: ['reader'] });
  await bao.must('POST', 'auth/approle/role/ci/custom-secret-id', { secret_id: SECRET_ID });
});
afterAll(async () => {
  idp?.stop();
  await bao?.stop();
  await keyring?.stop();
});

const manifest = (address: string): string => `schema = 1
[environments.local]
secrets = ["token", "extra"]
[vault]
address = "${address}"
mount = "kv"
[secrets.token]
env = "DEMO_TOKEN"
description = "Token of the demo server"
vault = "demo#token_{environment}"
pattern = "t-.+"
[secrets.extra]
env = "DEMO_EXTRA"
description = "For those who want more"
vault = "demo#extra"
required = false
`;

/** A small project that installs nothing, with a secret that is required and one that is not. */
function project(name: string, address = bao.address, on = machine): string {
  const root = join(on.home, name);
  mkdirSync(root, { recursive: true });
  writeFileSync(
    join(root, 'pyproject.toml'),
    `[project]\nname = "${name}"\nversion = "1"\nrequires-python = ">=3.9"\n[tool.uv]\npackage = false\n`,
  );
  writeFileSync(join(root, 'hotpass-bootstrap.toml'), manifest(address));
  lock(root);
  execFileSync('git', ['init', '-q'], { cwd: root, env: on.env });
  return root;
}

/** Runs the command while this process goes on serving. */
const start = (
  root: string,
  args: readonly string[],
  env: Record<string, string> = {},
  on = machine,
): Promise<Outcome> => on.start(root, args, env).done;

/** Files of a person's that hold one of the canaries in the clear. */
function leaks(home: string): string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.name.endsWith('.keyring'))
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => statSync(path).size < 5_000_000 && readFileSync(path, 'latin1').includes('canary-'));
}

describe('a new joiner with access to Vault', () => {
  it('types no secret at all in setup', async () => {
    const root = project('joiner');
    const browser = join(machine.home, 'browser');
    const opened = join(machine.home, 'opened');
    mkdirSync(browser);
    const follow = `require('fs').writeFileSync('${opened}', process.argv[2]); fetch(process.argv[2]);`;
    writeFileSync(join(browser, 'xdg-open'), `#!${process.execPath}\n${follow}\n`);
    chmodSync(join(browser, 'xdg-open'), 0o755);
    const PATH = [browser, machine.env['PATH']].join(delimiter);
    const env = { ...machine.env, PATH, DISPLAY: ':77', VAULT_CACERT: bao.caFile ?? '' };
    const terminal = new Terminal(root, [], env, { cols: 200, rows: 50 });
    await terminal.sees(/Go ahead\?/);
    expect(terminal.text).toContain(`suggests the Vault at: ${bao.address}`);
    expect(existsSync(opened)).toBe(false);
    terminal.type('\r');
    await terminal.sees(/Where are the secrets to come from\?[\s\S]*as this project suggests[\s\S]*I give them myself/);
    terminal.type('\r');
    await terminal.sees(/token read from Vault[\s\S]*extra read from Vault[\s\S]*ready in/);
    expect((await terminal.exit).exitCode).toBe(0);
    expect(terminal.text).not.toMatch(/Paste it here|canary/);
    expect(readFileSync(opened, 'utf8')).not.toMatch(/client_nonce|canary/);
    expect(machine.run(root, ['secrets', 'get', 'token']).stdout).toBe(`${TOKEN}\n`);
    expect(machine.run(root, ['run', '--', 'printenv', 'DEMO_EXTRA']).stdout).toBe(`${EXTRA}\n`);
    expect(leaks(machine.home)).toEqual([]);
  });

  it('can still type them when Vault is down, and is told why', async () => {
    const terminal = new Terminal(project('down', 'https://127.0.0.1:9'), [], machine.env, { cols: 200, rows: 50 });
    await terminal.sees(/Go ahead\?/);
    terminal.type('\r');
    await terminal.sees(/Where are the secrets to come from\?/);
    terminal.type('\r');
    await terminal.sees(/cannot be reached[\s\S]*\(hidden\):/);
    terminal.type('t-typed\r');
    await terminal.sees(/press Enter to skip:/);
    terminal.type('\r');
    await terminal.sees(/ready in/);
    expect((await terminal.exit).exitCode).toBe(0);
  });

  it('sends nothing to a Vault that only the manifest names before the plan was confirmed', async () => {
    let seen = 0;
    const server = createServer((_request, response) => {
      seen += 1;
      response.end('{}');
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const root = project('stranger', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const ready = { VAULT_TOKEN: 'canary-ready', VAULT_ROLE_ID: 'canary-role', VAULT_SECRET_ID: SECRET_ID };
    writeFileSync(join(machine.home, '.vault-token'), 'canary-of-vault-login');
    expect((await start(root, ['plan'], ready)).code).toBe(2);
    expect((await start(root, ['secrets', 'pull'], ready)).code).toBe(3);
    const terminal = new Terminal(root, [], { ...machine.env, ...ready });
    await terminal.sees(/Go ahead\?/);
    terminal.type('n\r');
    expect((await terminal.exit).exitCode).toBe(3);
    // Approved by a flag: nothing that lies ready goes to an address that no person has chosen.
    const flag = await start(root, ['setup', '--yes', '--no-input'], ready);
    const pull = await start(root, ['secrets', 'pull'], ready);
    server.close();
    execFileSync('rm', [join(machine.home, '.vault-token')]);
    expect([flag.code, pull.code, seen]).toEqual([3, 3, 0]);
    expect(pull.stderr).toContain('set VAULT_ADDR');
  });
});

describe('secrets pull and push', () => {
  let root: string;
  let token: Record<string, string>;
  const field = async (): Promise<unknown> => (await bao.must('GET', 'kv/data/demo')).data.data;

  beforeAll(async () => {
    root = project('daily');
    token = { ...own, VAULT_TOKEN: await bao.token('reader') };
  });

  it('fill an empty keychain in setup where nobody can be asked', () => {
    const setup = machine.run(root, ['setup', '--yes', '--no-input'], { env: token });
    expect(setup.stderr).toContain('read from Vault');
    expect(setup.code).toBe(0);
    expect(machine.run(root, ['secrets', 'get', 'token']).stdout).toBe(`${TOKEN}\n`);
  });

  it('say by name what is new, changed, the same, and not in Vault', async () => {
    const first = machine.run(root, ['secrets', 'pull'], { env: token });
    expect(first.stdout).toBe(`same     token\nnew      extra\n1 new, 1 same, from Vault at ${bao.address}.\n`);
    await bao.must('POST', 'kv/data/demo', { data: { token_local: `${TOKEN}-2` } });
    const unasked = machine.run(root, ['secrets', 'pull'], { env: token });
    expect([unasked.code, unasked.stdout]).toEqual([3, '']);
    const second = machine.run(root, ['secrets', 'pull', '--yes', '--json'], { env: token });
    expect(JSON.parse(second.stdout).secrets).toEqual([
      { name: 'token', change: 'changed', message: null },
      { name: 'extra', change: 'missing', message: 'kv/demo has no field extra.' },
    ]);
    expect(machine.run(root, ['secrets', 'get', 'token']).stdout).toBe(`${TOKEN}-2\n`);
    expect(first.stdout + first.stderr + second.stdout + second.stderr).not.toContain('canary');
  });

  it('let no stored secret go to a new address for being read anew', () => {
    const moved = project('moved');
    const file = join(moved, 'hotpass-bootstrap.toml');
    const prefect = (host: string): string =>
      manifest(bao.address)
        .replace('DEMO_TOKEN', 'PREFECT_API_KEY')
        .replace('secrets =', `prefect = { profile = "moved-local", api-url = "https://${host}/api" }\nsecrets =`);
    const key = ['run', '--', 'printenv', 'PREFECT_API_KEY'];
    writeFileSync(file, prefect('old.example.com'));
    expect(machine.run(moved, ['setup', '--yes', '--no-input'], { env: token }).code).toBe(0);
    expect(machine.run(moved, key).stdout).toContain('canary');
    writeFileSync(file, prefect('evil.example.com'));
    expect(machine.run(moved, ['setup', '--yes', '--no-input'], { env: token }).code).toBe(3);
    const pull = machine.run(moved, ['secrets', 'pull', '--yes'], { env: token });
    expect([pull.code, pull.stderr]).toEqual([3, expect.stringContaining('--approve-origin https://evil.example.com')]);
    expect(machine.run(moved, key).stdout).toBe('');
  });

  it('write to Vault what is stored here, once that was confirmed', async () => {
    const writer = { ...own, VAULT_TOKEN: bao.root };
    machine.run(root, ['secrets', 'set', 'token'], { input: `${TOKEN}-3` });
    const reading = machine.run(root, ['secrets', 'push', '--yes'], { env: token });
    expect([reading.code, reading.stderr]).toEqual([69, expect.stringContaining('write kv/data/demo')]);
    expect(machine.run(root, ['secrets', 'push'], { env: writer }).code).toBe(3);
    expect(await field()).toEqual({ token_local: `${TOKEN}-2` });
    const pushed = machine.run(root, ['secrets', 'push', '--yes'], { env: writer });
    expect(pushed.stdout).toBe(
      `changed  token\nnew      extra\n1 new, 1 changed, written to Vault at ${bao.address}.\n`,
    );
    expect(await field()).toEqual({ token_local: `${TOKEN}-3`, extra: EXTRA });
    expect(machine.run(root, ['secrets', 'push', 'token', '--yes'], { env: writer }).stdout).toContain(
      'same     token',
    );
  });

  it('put neither credentials nor values into an argument, a file or an answer', async () => {
    const log = join(machine.home, 'calls');
    const VAULT_ROLE_ID = (await bao.must('GET', 'auth/approle/role/ci/role-id')).data.role_id as string;
    const watched = ['-f', '-qq', '-e', 'trace=execve', '-s', '4096', '-o', log, process.execPath, installedBin()];
    const result = spawnSync('strace', [...watched, 'secrets', 'pull', '--yes', '-v'], {
      cwd: root,
      env: { ...machine.env, ...own, VAULT_ROLE_ID, VAULT_SECRET_ID: SECRET_ID },
      encoding: 'utf8',
    });
    expect(result.stdout).toContain('same     token');
    expect(readFileSync(log, 'utf8')).toContain('hotpass-bootstrap');
    expect(readFileSync(log, 'utf8') + result.stdout + result.stderr).not.toContain('canary-');
    expect(leaks(machine.home)).toEqual([]);
  });

  it('refuse while Node is told to print what it sends', () => {
    const debugged = machine.run(root, ['secrets', 'pull'], { env: { ...token, NODE_DEBUG: 'http' } });
    expect([debugged.code, debugged.stderr.includes('X-Vault-Token')]).toEqual([78, false]);
  });
});

describe('in CI', () => {
  const runner = new Machine({ CI: 'true' });
  let root: string;
  const github = (more: Record<string, string> = {}): Record<string, string> => ({
    ...own,
    VAULT_ROLE: 'ci',
    ACTIONS_ID_TOKEN_REQUEST_URL: `${idp.url}/job?api-version=2`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'canary-request',
    ...more,
  });

  beforeAll(() => {
    root = project('pipeline', 'https://vault.example.com', runner);
    idp.job = { sub: 'repo:acme/demo:ref:refs/heads/main' };
  });

  it('asks Vault for nothing in a job that an outsider may have written', async () => {
    const job = await start(root, ['setup'], github({ GITHUB_EVENT_NAME: 'pull_request_target' }), runner);
    expect(job.code).toBe(3);
    expect(idp.asked).toEqual([]);
  });

  it('reads what is not set as a variable from Vault, keeps nothing, and leaves no token', async () => {
    await bao.must('POST', 'kv/data/demo', { data: { token_local: TOKEN, extra: EXTRA } });
    const tokens = async (): Promise<number> =>
      (await bao.must('GET', 'auth/token/accessors?list=true')).data.keys.length as number;
    const before = await tokens();
    const setup = await start(root, ['setup'], github(), runner);
    expect([setup.code, setup.stdout + setup.stderr]).toEqual([0, expect.not.stringContaining('canary')]);
    // What a program prints is masked in CI, so it has to compare for itself.
    const has = (value: string): string[] => ['run', '--', 'sh', '-c', `test "$DEMO_TOKEN" = '${value}'`];
    expect((await start(root, has(TOKEN), github(), runner)).code).toBe(0);
    expect((await start(root, has('t-given'), { ...github(), DEMO_TOKEN: 't-given' }, runner)).code).toBe(0);
    expect((await start(root, ['plan'], github(), runner)).code).toBe(0);
    // All that looks for a secret finds it there.
    const list = await start(root, ['secrets', 'list', '--json'], github(), runner);
    expect(JSON.parse(list.stdout).secrets.map((row: { found: string }) => row.found)).toEqual(['vault', 'vault']);
    expect((await start(root, ['secrets', 'get', 'token'], github(), runner)).stdout).toBe(`${TOKEN}\n`);
    const check = await start(root, ['secrets', 'check', '--json'], github(), runner);
    expect([check.code, check.stdout]).toEqual([0, expect.not.stringContaining('missing')]);
    // A Vault that is down stops what it is needed for, and nothing else.
    const down = { ...github(), VAULT_ADDR: 'https://127.0.0.1:1' };
    expect((await start(root, has('x'), down, runner)).code).toBe(125);
    expect((await start(root, ['secrets', 'check'], down, runner)).code).toBe(69);
    const unknown = await start(root, ['secrets', 'list'], down, runner);
    expect([unknown.code, unknown.stdout]).toEqual([0, expect.stringMatching(/token +DEMO_TOKEN +not known/)]);
    expect(unknown.stderr).toContain('Vault at https://127.0.0.1:1 cannot be reached.');
    const without = await start(root, has('t-given'), { ...down, DEMO_TOKEN: 't-given' }, runner);
    expect([without.code, without.stderr]).toEqual([0, expect.stringContaining('So extra cannot be read; optional')]);
    expect(await tokens()).toBe(before);
    expect(leaks(runner.home)).toEqual([]);
  });
});
