import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Interrupted } from '../../src/core/errors.ts';
import { withVault } from '../../src/secrets/vault-login.ts';
import type { BrowserLogin } from '../../src/secrets/vault-oidc.ts';
import { userPaths } from '../../src/system/paths.ts';
import { IdentityProvider } from '../support/identity-provider.ts';
import { OpenBao } from '../support/openbao.ts';
import { temporary } from '../support/tools.ts';
import { failure, readOne, vaultLogin } from '../support/vault.ts';

let bao: OpenBao;
let idp: IdentityProvider;
let address: { VAULT_ADDR: string };

beforeAll(async () => {
  [bao, idp] = await Promise.all([OpenBao.start(), IdentityProvider.start()]);
  address = { VAULT_ADDR: bao.address };
  await bao.mount('kv', 2);
  await bao.must('POST', 'kv/data/app', { data: { token: 'canary-value' } });
  await bao.policy('reader', { 'kv/data/app': ['read'] });
  await bao.must('POST', 'sys/auth/approle', { type: 'approle' });
  await bao.must('POST', 'auth/approle/role/ci', { token_policies: ['reader'], secret_id_num_uses: 1 });
  await bao.must('POST', 'sys/auth/jwt', { type: 'jwt' });
  await bao.must('POST', 'auth/jwt/config', { jwks_url: `${idp.url}/keys`, bound_issuer: idp.url });
  const role = { role_type: 'jwt', user_claim: 'repository', bound_audiences: ['hotpass-vault'], token_ttl: '10m' };
  const bound = { bound_claims_type: 'glob', bound_claims: { sub: 'repo:acme/hotpass:*' }, token_policies: ['reader'] };
  await bao.must('POST', 'auth/jwt/role/ci', { ...role, ...bound });
  await bao.must('POST', 'auth/jwt/role/batch', { ...role, ...bound, token_type: 'batch' });
  await bao.must('POST', 'sys/auth/oidc', { type: 'oidc' });
  const client = { oidc_discovery_url: idp.url, oidc_client_id: 'vault', oidc_client_secret: 'canary-client' };
  await bao.must('POST', 'auth/oidc/config', { ...client, default_role: 'developer' });
  await bao.must('POST', 'auth/oidc/role/developer', {
    role_type: 'oidc',
    user_claim: 'sub',
    allowed_redirect_uris: ['http://localhost:8250/oidc/callback'],
    bound_claims: { groups: ['pipeline'] },
    token_policies: ['reader'],
  });
});
afterAll(async () => {
  idp?.stop();
  await bao?.stop();
});

const APP = 'kv/app#token';
const VALUE = { value: 'canary-value' };

/** Tokens that are alive now, by their accessors. */
async function alive(): Promise<number> {
  const { body } = await bao.api('GET', 'auth/token/accessors?list=true');
  return body.data.keys.length;
}

describe('an AppRole', () => {
  const roleId = async (): Promise<string> =>
    (await bao.must('GET', 'auth/approle/role/ci/role-id')).data.role_id as string;
  const secretId = async (more: Record<string, string> = {}) =>
    bao.must('POST', 'auth/approle/role/ci/secret-id', {}, more);

  it('signs in once with its secret id, and leaves no token behind', async () => {
    const before = await alive();
    const VAULT_SECRET_ID = (await secretId()).data.secret_id as string;
    const env = { ...address, VAULT_ROLE_ID: await roleId(), VAULT_SECRET_ID };
    const hidden: string[] = [];
    expect(await readOne(vaultLogin(env, { hide: one => hidden.push(one) }), APP)).toEqual(VALUE);
    expect(hidden).toContain(VAULT_SECRET_ID);
    expect(await alive()).toBe(before);
    expect(await failure(readOne(vaultLogin(env), APP))).toMatchObject({ id: 'HB372', exit: 3 });
    const without = await failure(readOne(vaultLogin({ ...env, VAULT_SECRET_ID: '' }), APP));
    expect([without.id, without.why]).toEqual([
      'HB372',
      expect.stringMatching(/^No secret id was given: VAULT_SECRET_ID/),
    ]);
  });

  it('opens a wrapped secret id, and raises the alarm when somebody did that before', async () => {
    const wrap = async () => (await secretId({ 'X-Vault-Wrap-TTL': '60s' })).wrap_info.token as string;
    const env = { ...address, VAULT_ROLE_ID: await roleId() };
    const wrapped = await wrap();
    const hidden: string[] = [];
    const login = vaultLogin({ ...env, VAULT_WRAPPED_SECRET_ID: wrapped }, { hide: one => hidden.push(one) });
    expect(await readOne(login, APP)).toEqual(VALUE);
    // The wrapping, the secret id that was in it, the token.
    expect([...new Set(hidden)]).toEqual([wrapped, expect.stringMatching(/^[0-9a-f-]{36}$/), expect.any(String)]);
    const stolen = await wrap();
    await bao.must('POST', 'sys/wrapping/unwrap', { token: stolen });
    for (const opened of [wrapped, stolen, 'canary-no-wrapping']) {
      const error = await failure(readOne(vaultLogin({ ...env, VAULT_WRAPPED_SECRET_ID: opened }), APP));
      expect([error.id, error.exit]).toEqual(['HB371', 78]);
    }
  });

  it('does not open a wrapping that was put in the place of a secret id', async () => {
    const other = await bao.must('POST', 'sys/wrapping/wrap', { secret_id: 'x' }, { 'X-Vault-Wrap-TTL': '60s' });
    const VAULT_WRAPPED_SECRET_ID = other.wrap_info.token as string;
    const error = await failure(
      readOne(vaultLogin({ ...address, VAULT_ROLE_ID: await roleId(), VAULT_WRAPPED_SECRET_ID }), APP),
    );
    expect([error.id, error.message]).toEqual(['HB371', expect.stringContaining('was not opened')]);
    const lookup = await bao.api('POST', 'sys/wrapping/lookup', { token: VAULT_WRAPPED_SECRET_ID });
    expect(lookup.status).toBe(200);
  });
});

it('an interruption leaves no token behind', async () => {
  const role = (await bao.must('GET', 'auth/approle/role/ci/role-id')).data.role_id as string;
  const id = (await bao.must('POST', 'auth/approle/role/ci/secret-id', {})).data.secret_id as string;
  const before = await alive();
  const interrupt = new AbortController();
  const login = vaultLogin({ ...address, VAULT_ROLE_ID: role, VAULT_SECRET_ID: id }, { signal: interrupt.signal });
  const work = withVault(login, async (vault, by) => {
    expect(await alive()).toBe(before + 1);
    interrupt.abort(new Interrupted('SIGINT'));
    return vault.call('GET', 'kv/data/app', { token: by.token });
  });
  await expect(work).rejects.toBeInstanceOf(Interrupted);
  expect(await alive()).toBe(before);
});

describe('the identity of a CI job', () => {
  const job = { sub: 'repo:acme/hotpass:ref:refs/heads/main', repository: 'acme/hotpass', aud: 'hotpass-vault' };
  const gitlab = (claims: Record<string, unknown> = {}, more: Record<string, string> = {}) =>
    vaultLogin({ ...address, VAULT_ROLE: 'ci', VAULT_ID_TOKEN: idp.token({ ...job, ...claims }), ...more });

  it('of GitLab lies in a variable', async () => {
    const before = await alive();
    expect(await readOne(gitlab(), APP)).toEqual(VALUE);
    expect(await alive()).toBe(before);
    expect(await readOne(gitlab({}, { VAULT_ROLE: 'batch' }), APP)).toEqual(VALUE);
  });

  it('of GitHub is asked for, for our audience alone', async () => {
    idp.job = { sub: job.sub, repository: job.repository };
    const env = {
      ...address,
      VAULT_ROLE: 'ci',
      ACTIONS_ID_TOKEN_REQUEST_URL: `${idp.url}/job?api-version=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'canary-request-token',
    };
    expect(await readOne(vaultLogin(env), APP)).toEqual(VALUE);
    expect(idp.asked).toEqual([{ audience: 'hotpass-vault', authorization: 'Bearer canary-request-token' }]);
    const without = { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: `${idp.url}/nothing` };
    expect((await failure(readOne(vaultLogin(without), APP))).id).toBe('HB372');
  });

  it('is refused for another repository, audience or role, when it is old, and when it is forged', async () => {
    const forged = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const bad = [
      gitlab({ sub: 'repo:mallory/hotpass:ref:refs/heads/main' }),
      gitlab({ aud: 'another' }),
      gitlab({ exp: Math.floor(Date.now() / 1000) - 600 }),
      gitlab({}, { VAULT_ROLE: 'none' }),
      gitlab({}, { VAULT_AUTH_MOUNT: 'elsewhere' }),
      gitlab({}, { VAULT_ID_TOKEN: idp.token(job, forged) }),
    ];
    for (const login of bad) expect((await failure(readOne(login, APP))).id).toBe('HB372');
  });

  it('is not used in a job that an outsider may have written', async () => {
    const login = { ...gitlab(), untrusted: 'this pull request comes from another repository' };
    expect(await failure(readOne(login, APP))).toMatchObject({ id: 'HB378', exit: 3 });
  });
});

describe('what lies ready', () => {
  it('goes to an address that the person named, never to one that only a manifest does', async () => {
    let seen = 0;
    const server = createServer((_request, response) => {
      seen += 1;
      response.end('{}');
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const suggestion = { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const home = temporary('hb-vault-');
    writeFileSync(join(home, '.vault-token'), 'canary-stored-token');
    const env = {
      VAULT_TOKEN: 'canary-token',
      VAULT_ROLE_ID: 'canary-role',
      VAULT_SECRET_ID: 'canary-secret-id',
      VAULT_ID_TOKEN: 'canary-jwt',
    };
    const error = await failure(readOne(vaultLogin(env, { suggestion, home }), APP));
    server.close();
    expect([error.id, seen]).toEqual(['HB373', 0]);
    expect(error.why).toMatch(/VAULT_TOKEN, .*VAULT_ROLE_ID, ~\/\.vault-token are not sent/);
  });

  it('is the token of vault login, and VAULT_TOKEN before it', async () => {
    const home = temporary('hb-vault-');
    writeFileSync(join(home, '.vault-token'), `${await bao.token('reader')}\n`);
    expect(await readOne(vaultLogin(address, { home }), APP)).toEqual(VALUE);
    const error = await failure(readOne(vaultLogin({ ...address, VAULT_TOKEN: 'canary-bad' }, { home }), APP));
    expect([error.id, error.next]).toEqual(['HB362', 'unset VAULT_TOKEN']);
    expect(await readOne(vaultLogin({ BAO_ADDR: bao.address, BAO_TOKEN: bao.root }), APP)).toEqual(VALUE);
  });

  it('is nothing: said, with the ways in', async () => {
    expect(await failure(readOne(vaultLogin(address), APP))).toMatchObject({ id: 'HB373', exit: 3 });
  });

  it('or no longer good: the next command is one that signs in, never the one that has just failed', async () => {
    const home = temporary('hb-vault-');
    const next = `vault login -address=${bao.address}`;
    expect(await failure(readOne(vaultLogin(address, { home }), APP))).toMatchObject({ id: 'HB373', next });
    writeFileSync(join(home, '.vault-token'), 'canary-of-yesterday');
    expect(await failure(readOne(vaultLogin(address, { home }), APP))).toMatchObject({ id: 'HB362', next });
    const config = userPaths({ HOME: home }).config;
    mkdirSync(config, { recursive: true });
    writeFileSync(join(config, 'config.toml'), `[vault]\naddress = "${bao.address}"\n`);
    expect((await failure(readOne(vaultLogin({}, { home }), APP))).next).toBe(`export VAULT_ADDR=${bao.address}`);
    rmSync(join(config, 'config.toml'));
    // What a manifest calls an address is one word of a shell.
    const suggestion = { address: 'https://vault.example.com/$(id);' };
    expect(await failure(readOne(vaultLogin({}, { suggestion, home }), APP))).toMatchObject({
      id: 'HB373',
      next: "vault login '-address=https://vault.example.com/$(id);'",
    });
  });
});

describe('a browser', () => {
  let pages: string[];
  let said: string[];
  beforeEach(() => {
    pages = [];
    said = [];
    idp.person = { sub: 'ada', groups: ['pipeline'] };
  });

  /** A browser that follows redirects, as a person who is signed in everywhere sees it. */
  const browser = (more: Partial<BrowserLogin> = {}): BrowserLogin => ({
    open: async page => {
      pages.push(page);
      setTimeout(() => void fetch(page).catch(() => {}), 20);
      return true;
    },
    say: line => said.push(line),
    port: undefined,
    ...more,
  });
  const signIn = (more: Partial<BrowserLogin> = {}, env: Record<string, string> = {}) =>
    readOne(vaultLogin({ ...address, ...env }, { browser: browser(more) }), APP);

  it('signs a person in, and holds nothing that would do alone', async () => {
    const before = await alive();
    expect(await signIn()).toEqual(VALUE);
    expect(await alive()).toBe(before);
    const page = new URL(pages[0] ?? '');
    expect(page.searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+\/oidc\/callback$/);
    expect(page.href).not.toMatch(/client_nonce|client_secret|canary/);
    // State and code of a login are of no use without the nonce that never left this process.
    const replay = `state=${page.searchParams.get('state')}&code=x&client_nonce=guessed`;
    expect((await bao.api('GET', `auth/oidc/oidc/callback?${replay}`)).status).toBe(400);
  });

  it('is told to the person where it cannot be opened, with the way from another machine', async () => {
    const open = async (page: string): Promise<boolean> => !(await browser().open(page));
    expect(await signIn({ open })).toEqual(VALUE);
    expect(said.join('\n')).toMatch(/open in a browser:\n {2}http.*\n.*ssh -L (\d+):localhost:\1/s);
  });

  it('comes back to the port that was chosen, or to a free one when the usual is taken', async () => {
    const taken = createServer();
    await new Promise<void>(resolve => taken.once('error', () => resolve()).listen(8250, '127.0.0.1', resolve));
    expect(await signIn()).toEqual(VALUE);
    expect(pages[0]).not.toContain('localhost%3A8250%2F');
    expect(await failure(signIn({ port: 8250 }))).toMatchObject({ id: 'HB375' });
    taken.close();
  });

  it('is not fooled by visits that do not know the state, or come under another name', async () => {
    const open = async (page: string): Promise<boolean> => {
      pages.push(page);
      const url = new URL(page);
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      const state = url.searchParams.get('state') ?? '';
      const visits = [`${back}?state=wrong&code=x`, `${back}?code=x`, `http://localhost:${back.port}/?state=${state}`];
      for (const visit of visits) expect((await fetch(visit)).status).toBe(400);
      return browser().open(page);
    };
    expect(await signIn({ open })).toEqual(VALUE);
  });

  it('is waited for no longer than the limit', async () => {
    const error = await failure(signIn({ open: async () => true, limit: 150 }));
    expect([error.id, error.message]).toEqual(['HB375', expect.stringContaining('two minutes')]);
  });

  it('says when the person declined, belongs to another group, or the role is unknown', async () => {
    idp.person = undefined;
    expect((await failure(signIn())).id).toBe('HB375');
    idp.person = { sub: 'eve', groups: ['others'] };
    expect((await failure(signIn())).id).toBe('HB372');
    expect((await failure(signIn({}, { VAULT_ROLE: 'none' }))).id).toBe('HB372');
  });

  it('is not sent to a page that would not come back here', async () => {
    const pages = [
      'http://idp.example.com/?state=a',
      'https://idp.example.com/?state=a&redirect_uri=https%3A%2F%2Fevil',
    ];
    for (const page of pages) {
      const server = createServer((_request, response) => response.end(JSON.stringify({ data: { auth_url: page } })));
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      const VAULT_ADDR = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const error = await failure(signIn({}, { VAULT_ADDR }));
      server.close();
      expect(error.id).toBe('HB375');
    }
  });
});
