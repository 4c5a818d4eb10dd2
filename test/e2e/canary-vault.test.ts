import { generateKeyPairSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Canary, canary, Detector, withoutForm } from '../support/canary.ts';
import { type Call, startedIn, Watch, written } from '../support/canary-watch.ts';
import { smallClone } from '../support/hostile.ts';
import { IdentityProvider } from '../support/identity-provider.ts';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine } from '../support/machine.ts';
import { OpenBao } from '../support/openbao.ts';
import { VaultRecorder } from '../support/vault-recorder.ts';

const pulled = canary('a value in Vault');
const changed = canary('the value after it', '"\'\\ +/');
const pushed = canary('a value of this machine');
const wrongToken = canary('a bad VAULT_TOKEN');
const wrongSecretId = canary('a bad secret id');
const wrongWrapping = canary('a bad wrapping');
const request = canary('the request token of a job');
/** What only the servers can make, by its route. */
const made: Canary[] = [];

const machine = new Machine();
let keyring: Keyring;
let bao: OpenBao;
let idp: IdentityProvider;
let recorder: VaultRecorder;
let watch: Watch;
let own: { VAULT_ADDR: string };

const manifest = (address: string): string => `schema = 1
workspace = "small"
[environments.local]
secrets = ["one", "two"]
[vault]
address = "${address}"
mount = "kv"
[secrets.one]
env = "SMALL_ONE"
description = "from Vault"
vault = "demo#one"
pattern = "Cn.+"
[secrets.two]
env = "SMALL_TWO"
description = "also kept there"
vault = "demo#two"
required = false
`;

beforeAll(async () => {
  [keyring, bao, idp] = await Promise.all([withKeyring(machine.home), OpenBao.start(), IdentityProvider.start()]);
  recorder = await VaultRecorder.start(bao.address);
  own = { VAULT_ADDR: recorder.address };
  machine.env = { ...machine.env, ...keyring.env };
  await bao.mount('kv', 2);
  await bao.must('POST', 'kv/data/demo', { data: { one: pulled.value } });
  await bao.policy('reader', { 'kv/data/demo': ['read'] });
  await bao.must('POST', 'sys/auth/approle', { type: 'approle' });
  await bao.must('POST', 'auth/approle/role/ci', { token_policies: ['reader'] });
  await bao.must('POST', 'sys/auth/jwt', { type: 'jwt' });
  await bao.must('POST', 'auth/jwt/config', { jwks_url: `${idp.url}/keys`, bound_issuer: idp.url });
  await bao.must('POST', 'auth/jwt/role/ci', {
    role_type: 'jwt',
    user_claim: 'sub',
    bound_audiences: ['hotpass-vault'],
    token_policies: ['reader'],
  });
  watch = new Watch(machine, smallClone(machine, 'small', manifest(recorder.address)));
});
afterAll(async () => {
  recorder?.stop();
  idp?.stop();
  await bao?.stop();
  await keyring?.stop();
});

/** Remembers what a server has made, to be looked for at the end. */
function make(route: string, value: string): string {
  made.push({ route, value });
  return value;
}

const pull = (env: Record<string, string>, more: string[] = [], call: Call = {}) =>
  watch.run(['secrets', 'pull', ...more], { ...call, env: { ...own, ...env } });

it('is shown by no way into Vault, whether it opens or not', async () => {
  expect((await watch.run(['setup', '--only', 'secrets', '--no-input'])).code).toBe(3);
  const token = make('VAULT_TOKEN', await bao.token('reader'));
  const VAULT_ROLE_ID = (await bao.must('GET', 'auth/approle/role/ci/role-id')).data.role_id as string;
  const secretId = async (more: Record<string, string> = {}) =>
    bao.must('POST', 'auth/approle/role/ci/secret-id', {}, more);
  const VAULT_SECRET_ID = make('a secret id', (await secretId()).data.secret_id);
  const wrapped = make('a wrapping', (await secretId({ 'X-Vault-Wrap-TTL': '90s' })).wrap_info.token);
  const forged = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const claims = { sub: 'repo:acme/small', aud: 'hotpass-vault' };
  const job = make('the identity of a job', idp.token(claims));
  const stranger = make('a forged identity', idp.token(claims, forged));
  idp.job = { sub: claims.sub };
  const github = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${idp.url}/job`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: request.value,
  };

  const refused: Record<string, string>[] = [
    { VAULT_TOKEN: wrongToken.value },
    { VAULT_ROLE_ID, VAULT_SECRET_ID: wrongSecretId.value },
    { VAULT_ROLE_ID, VAULT_WRAPPED_SECRET_ID: wrongWrapping.value },
    { VAULT_ROLE: 'ci', VAULT_ID_TOKEN: stranger },
    { VAULT_TOKEN: token, NODE_DEBUG: 'http,net,stream' },
    { VAULT_TOKEN: token, VAULT_ADDR: 'http://127.0.0.1:9' },
    { VAULT_TOKEN: token, VAULT_ADDR: `http://u:${token}@127.0.0.1:9` },
    { VAULT_TOKEN: token, VAULT_ADDR: idp.url },
  ];
  for (const [at, env] of refused.entries()) {
    expect([0, 2]).not.toContain((await pull(env, [at % 2 === 0 ? '-v' : '--json'])).code);
  }
  const accepted: Record<string, string>[] = [
    { VAULT_TOKEN: token },
    { VAULT_ROLE_ID, VAULT_SECRET_ID },
    { VAULT_ROLE_ID, VAULT_WRAPPED_SECRET_ID: wrapped },
    { VAULT_ROLE: 'ci', VAULT_ID_TOKEN: job },
    { VAULT_ROLE: 'ci', ...github },
  ];
  for (const env of accepted) expect((await pull(env, ['-v'])).code).toBe(0);
  const file = join(machine.home, '.vault-token');
  for (const [text, code] of [
    [token, 0],
    [wrongToken.value, 69],
  ] as const) {
    writeFileSync(file, text);
    expect((await pull({}, ['--json'])).code === 0).toBe(code === 0);
  }
  rmSync(file);
  expect(recorder.tokens.length).toBeGreaterThanOrEqual(4);
  for (const one of recorder.tokens) make('a token that Vault gave us', one);
});

it('is shown neither by what changes, here and there, nor in a job that keeps nothing', async () => {
  const VAULT_TOKEN = made.find(({ route }) => route === 'VAULT_TOKEN')?.value ?? '';
  const root = make('a token that may write', await bao.token('root'));
  await bao.must('POST', 'kv/data/demo', { data: { one: changed.value } });
  expect((await pull({ VAULT_TOKEN })).code).toBe(3);
  expect((await pull({ VAULT_TOKEN }, ['--yes', '--json'])).code).toBe(0);
  await bao.must('POST', 'kv/data/demo', { data: { one: `not fitting ${pulled.value}` } });
  expect((await pull({ VAULT_TOKEN }, ['--yes', '-v'])).code).toBe(0);
  expect((await watch.run(['secrets', 'set', 'two'], { input: pushed.value })).code).toBe(0);
  for (const [token, code] of [
    [VAULT_TOKEN, 69],
    [root, 0],
  ] as const) {
    const env = { ...own, VAULT_TOKEN: token };
    expect((await watch.run(['secrets', 'push', '--yes', '-v'], { env })).code).toBe(code);
  }
  const { data } = (await bao.must('GET', 'kv/data/demo')).data;
  expect(data).toEqual({ one: changed.value, two: pushed.value });
  const ci = { ...own, VAULT_TOKEN, CI: 'true', DBUS_SESSION_BUS_ADDRESS: '' };
  for (const args of [['setup', '--only', 'secrets'], ['plan'], ['doctor', '--offline', '--json'], ['secrets', 'list']])
    await watch.run(args, { env: ci });
  const compare = ['run', '--', 'sh', '-c', 'echo "$SMALL_ONE"; test "${#SMALL_ONE}" = "$LENGTH"'];
  const env = { ...ci, LENGTH: String(changed.value.length) };
  expect((await watch.run(compare, { env })).code).toBe(0);
});

it('is asked for by a pull that leaves no token behind when it is interrupted', async () => {
  const tokens = async (): Promise<string[]> => (await bao.must('GET', 'auth/token/accessors?list=true')).data.keys;
  const VAULT_ROLE_ID = (await bao.must('GET', 'auth/approle/role/ci/role-id')).data.role_id as string;
  const { secret_id } = (await bao.must('POST', 'auth/approle/role/ci/secret-id', {})).data;
  const VAULT_SECRET_ID = make('a secret id', secret_id);
  const before = await tokens();
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const asked = new Promise<void>(reached => {
      recorder.hold = { path: '/v1/kv/', reached };
    });
    const pulling = machine.start(watch.workspace, ['secrets', 'pull'], { ...own, VAULT_ROLE_ID, VAULT_SECRET_ID });
    await Promise.race([asked, pulling.done]);
    expect(await tokens()).toHaveLength(before.length + 1);
    pulling.child.kill(signal);
    expect((await pulling.done).code).toBe(code);
    recorder.hold = undefined;
    expect((await tokens()).sort()).toEqual(before.sort());
  }
});

it('passes between us, Vault and the keychain alone, and reaches no child', async () => {
  const VAULT_TOKEN = made.find(({ route }) => route === 'VAULT_TOKEN')?.value ?? '';
  const detector = new Detector([pulled, changed, pushed, ...made]);
  await bao.must('POST', 'kv/data/demo', { data: { one: pulled.value, two: pushed.value } });
  const port = Number(new URL(recorder.address).port);
  const traced = await watch.trace(['secrets', 'pull', '--yes'], { env: { ...own, VAULT_TOKEN } });
  expect(traced.code).toBe(0);
  const { all, astray } = written(traced.lines, detector, [port]);
  expect(astray).toEqual([]);
  expect(all.some(line => line.includes(`:${port}]>`))).toBe(true);
  expect(all.length).toBeGreaterThan(2);
  const started = startedIn(traced.lines, detector);
  expect(started.map(({ program }) => program)).toContain('worker');
  for (const one of started) expect([...one.inArguments, ...one.inEnvironment], one.argv).toEqual([]);
});

it('is left nowhere by all of that', () => {
  const all = [pulled, changed, pushed, wrongToken, wrongSecretId, wrongWrapping, request, ...made];
  const detector = new Detector(all);
  // Positive control: what a server made is found as any other.
  for (const { value, route } of made) expect(detector.in(`x${value}y`).map(withoutForm)).toContain(route);
  expect(watch.shown(detector)).toEqual([]);
  expect(detector.below(machine.home, /\.keyring$/)).toEqual([]);
});
