import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withVault } from '../../src/secrets/vault-login.ts';
import { readForWrite, writeFields } from '../../src/secrets/vault-write.ts';
import { OpenBao } from '../support/openbao.ts';
import { failure, readOne, vaultLogin } from '../support/vault.ts';

const VALUE = 'canary-value-9Zt4Lq "ü" $x\nsecond line';

let bao: OpenBao;
let env: Record<string, string>;

beforeAll(async () => {
  bao = await OpenBao.start({ tls: true });
  await Promise.all([
    bao.mount('kv', 2),
    bao.mount('old', 1),
    bao.must('POST', 'sys/mounts/keys', { type: 'transit' }),
  ]);
  await bao.must('POST', 'kv/data/app/one', { data: { token: VALUE, port: 5432, empty: '', list: ['a'] } });
  await bao.must('POST', 'old/app', { token: VALUE });
  for (const name of ['deleted', 'destroyed']) await bao.must('POST', `kv/data/app/${name}`, { data: { token: 'x' } });
  await bao.must('DELETE', 'kv/data/app/deleted');
  await bao.must('POST', 'kv/destroy/app/destroyed', { versions: [1] });
  await bao.policy('reader', { 'kv/data/app/*': ['read'], 'old/app': ['read'], 'gone/data/app': ['read'] });
  env = {
    VAULT_ADDR: bao.address,
    VAULT_TOKEN: await bao.token('reader', { id: 'canary-reader-token-81' }),
    VAULT_CACERT: bao.caFile ?? '',
  };
});
afterAll(() => bao?.stop());

async function problem(reference: string, more: Record<string, string> = {}) {
  const found = await readOne(vaultLogin({ ...env, ...more }), reference);
  if ('value' in found) throw new Error('a value was found');
  return found.problem;
}

describe('reading', () => {
  it('finds texts in both versions of the engine, with the mount in the path or beside it', async () => {
    expect(await readOne(vaultLogin(env), 'kv/app/one#token')).toEqual({ value: VALUE });
    expect(await readOne(vaultLogin(env), 'old/app#token')).toEqual({ value: VALUE });
    expect(await readOne(vaultLogin(env, { suggestion: { mount: 'kv' } }), 'app/one#token')).toEqual({ value: VALUE });
  });

  it.each([
    ['a secret that is not there', 'kv/app/none#token', 'HB365'],
    ['a path with data/ in it', 'kv/data/app/one#token', 'HB363'],
    ['a deleted version', 'kv/app/deleted#token', 'HB366'],
    ['a destroyed version', 'kv/app/destroyed#token', 'HB366'],
    ['no mount', 'gone/app#token', 'HB364'],
    ['no mount that this token may know of', 'nowhere/app#token', 'HB363'],
    ['a path the policies leave out', 'kv/other#token', 'HB363'],
    ['no field', 'kv/app/one#nothing', 'HB369'],
    ['a field of every object', 'kv/app/one#constructor', 'HB369'],
    ['an empty field', 'kv/app/one#empty', 'HB369'],
    ['a number', 'kv/app/one#port', 'HB370'],
    ['a list', 'kv/app/one#list', 'HB370'],
  ])('has a sentence of its own for %s', async (_what, reference, id) => {
    expect((await problem(reference)).id).toBe(id);
  });

  it('does not call an empty field one that is not there', async () => {
    expect((await problem('kv/app/one#empty')).message).toBe('The field empty of kv/app/one is empty.');
  });

  it('says so when an engine holds no values, and when data/ is too much', async () => {
    const root = { VAULT_TOKEN: bao.root };
    expect((await problem('keys/app#token', root)).id).toBe('HB367');
    const doubled = await problem('kv/data/app/one#token', root);
    expect([doubled.id, doubled.why]).toEqual(['HB365', expect.stringContaining('leave that out')]);
  });

  it('knows a namespace from a missing one', async () => {
    await bao.must('POST', 'sys/namespaces/team', {});
    const inside = { 'X-Vault-Namespace': 'team' };
    await bao.mount('kv', 2, inside);
    await bao.must('POST', 'kv/data/app', { data: { token: VALUE } }, inside);
    const as = (VAULT_NAMESPACE: string) => vaultLogin({ ...env, VAULT_TOKEN: bao.root, VAULT_NAMESPACE });
    expect(await readOne(as('team'), 'kv/app#token')).toEqual({ value: VALUE });
    expect((await failure(readOne(as('nowhere'), 'kv/app#token'))).id).toBe('HB368');
  });

  it('tells a bad token from a policy', async () => {
    for (const VAULT_TOKEN of ['canary-never-a-token', await expired()]) {
      const error = await failure(readOne(vaultLogin({ ...env, VAULT_TOKEN }), 'kv/app/one#token'));
      expect([error.id, error.exit]).toEqual(['HB362', 3]);
    }
  });

  async function expired(): Promise<string> {
    const token = await bao.token('reader');
    await bao.must('POST', 'auth/token/revoke', { token });
    return token;
  }
});

describe('a server that cannot be used', () => {
  it('is down, or answers like something else', async () => {
    let page = '<title>Sign in to the network</title>';
    const server = createServer((_request, response) => response.end(page));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const at = (VAULT_ADDR: string) => readOne(vaultLogin({ VAULT_ADDR, VAULT_TOKEN: 'canary-token' }), 'kv/a#b');
    const other = await failure(at(`http://127.0.0.1:${port}`));
    for (page of ['null', '"text"', '[]', '7'])
      expect((await failure(at(`http://127.0.0.1:${port}`))).id).toBe('HB360');
    server.close();
    const down = await failure(at(`http://127.0.0.1:${port}`));
    expect([other.id, down.id, down.exit]).toEqual(['HB360', 'HB360', 69]);
    expect(down.message).toContain(`127.0.0.1:${port}`);
  });

  it('has a certificate that is trusted through VAULT_CACERT alone', async () => {
    const { VAULT_CACERT: _, ...bare } = env;
    expect((await failure(readOne(vaultLogin(bare), 'kv/a#b'))).id).toBe('HB379');
    const none = { ...env, VAULT_CACERT: '/nowhere/ca.pem' };
    expect(await failure(readOne(vaultLogin(none), 'kv/a#b'))).toMatchObject({ id: 'HB379', exit: 78 });
    const skipping = { ...bare, VAULT_SKIP_VERIFY: '1' };
    expect((await failure(readOne(vaultLogin(skipping), 'kv/a#b'))).id).toBe('HB379');
  });

  it('sends us elsewhere: what was sent does not go there', async () => {
    let seen = 0;
    const thief = createServer((_request, response) => {
      seen += 1;
      response.end('{}');
    });
    await new Promise<void>(resolve => thief.listen(0, '127.0.0.1', resolve));
    const moved = createServer((_request, response) => {
      response.writeHead(307, { Location: `http://127.0.0.1:${(thief.address() as AddressInfo).port}/v1/x` });
      response.end();
    });
    await new Promise<void>(resolve => moved.listen(0, '127.0.0.1', resolve));
    const VAULT_ADDR = `http://127.0.0.1:${(moved.address() as AddressInfo).port}`;
    const token = await failure(readOne(vaultLogin({ VAULT_ADDR, VAULT_TOKEN: 'canary-token' }), 'kv/a#b'));
    const role = { VAULT_ROLE_ID: 'role', VAULT_SECRET_ID: 'canary-secret-id' };
    const login = await failure(readOne(vaultLogin({ VAULT_ADDR, ...role }), 'kv/a#b'));
    for (const server of [thief, moved]) server.close();
    expect([token.id, login.id, seen]).toEqual(['HB360', 'HB360', 0]);
  });

  it('is sealed', async () => {
    const sealed = await OpenBao.start();
    try {
      await sealed.must('POST', 'sys/seal');
      const error = await failure(
        readOne(vaultLogin({ VAULT_ADDR: sealed.address, VAULT_TOKEN: sealed.root }), 'kv/a#b'),
      );
      expect([error.id, error.exit]).toEqual(['HB361', 69]);
    } finally {
      await sealed.stop();
    }
  });
});

describe('writing', () => {
  const asRoot = () => vaultLogin({ ...env, VAULT_TOKEN: bao.root });
  const fields = async (path: string) => (await bao.must('GET', path)).data;

  it('keeps the other fields, in both versions, and begins what is not there', async () => {
    await bao.must('POST', 'kv/data/push', { data: { kept: 7, token: 'old' } });
    await bao.must('POST', 'old/push', { kept: 'k' });
    await withVault(asRoot(), async (vault, by) => {
      for (const path of ['kv/push', 'old/push', 'kv/fresh', 'kv/app/deleted']) {
        await writeFields(vault, by, await readForWrite(vault, by, path), { token: VALUE });
      }
    });
    expect((await fields('kv/data/push')).data).toEqual({ kept: 7, token: VALUE });
    expect(await fields('old/push')).toEqual({ kept: 'k', token: VALUE });
    expect((await fields('kv/data/fresh')).data).toEqual({ token: VALUE });
    expect((await fields('kv/data/app/deleted')).data).toEqual({ token: VALUE });
  });

  it('does not overwrite what somebody else wrote in the meantime', async () => {
    const error = await failure(
      withVault(asRoot(), async (vault, by) => {
        const read = await readForWrite(vault, by, 'kv/race');
        await bao.must('POST', 'kv/data/race', { data: { theirs: 'yes' } });
        await writeFields(vault, by, read, { token: VALUE });
      }),
    );
    expect([error.id, error.exit]).toEqual(['HB376', 1]);
    expect((await fields('kv/data/race')).data).toEqual({ theirs: 'yes' });
  });

  it('says when the policies allow reading alone', async () => {
    const error = await failure(
      withVault(vaultLogin(env), async (vault, by) =>
        writeFields(vault, by, await readForWrite(vault, by, 'kv/app/one'), { token: 'x' }),
      ),
    );
    expect([error.id, error.message]).toEqual(['HB363', expect.stringContaining('write kv/data/app/one')]);
    expect(error.next).toBe('hotpass-bootstrap secrets push');
  });
});
