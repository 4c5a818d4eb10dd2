import { mkdirSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/core/errors.ts';
import { fetchText, type HttpRequest, type Network, open } from '../../../src/system/http.ts';
import { Unreachable } from '../../../src/system/http-errors.ts';
import { npmNetwork } from '../../../src/system/npmrc.ts';
import { testCertificates } from '../../support/certificates.ts';
import { type Served, serveIndex, serveProxy } from '../../support/package-index.ts';
import { temporary } from '../../support/tools.ts';

const certificates = testCertificates();
const folder = temporary();
const authority = join(folder, 'ca.pem');
writeFileSync(authority, certificates.ca);

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server that answers with one listener. */
async function serve(listener: http.RequestListener): Promise<string> {
  const server = http.createServer(listener);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function text(url: string, env: Record<string, string> = {}, more: Partial<HttpRequest> = {}) {
  const response = await fetchText({ url: new URL(url), network: { env }, ...more });
  return { status: response.status, text: response.text };
}

async function failure(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => undefined,
    thrown => thrown as unknown,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe('an answer', () => {
  it('is read whole, also when it is compressed', async () => {
    const url = await serve((request, response) => {
      expect(request.headers['accept-encoding']).toBe('gzip');
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('grüße'));
    });
    expect(await text(url)).toEqual({ status: 200, text: 'grüße' });
  });

  it('is given back with its status, and words for a status that is of no use', async () => {
    const url = await serve((_, response) => response.writeHead(503).end());
    const response = await open({ url: new URL(url), network: { env: {} } });
    response.body.destroy();
    expect(response.status).toBe(503);
    expect(response.unusable().retryable).toBe(true);
    expect(response.unusable().exit).toBe(69);
  });

  it('of a network that wants a sign-in first is told as that', async () => {
    const url = await serve((_, response) => response.writeHead(511).end('<html>'));
    const response = await open({ url: new URL(url), network: { env: {} } });
    response.body.destroy();
    expect(response.unusable()).toMatchObject({ exit: 69, retryable: false });
    expect(response.unusable().why).toContain('sign in there');
  });

  it('that is cut, silent or endless is an error', async () => {
    const cut = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    });
    expect((await failure(text(cut))).why).toMatch(/cut before everything/);
    const silent = await serve(() => {});
    expect((await failure(text(silent, {}, { idle: 100 }))).why).toMatch(/in time/);
    const stalled = await serve((_, response) => void response.writeHead(200).write('x'));
    expect((await failure(text(stalled, {}, { idle: 100 }))).why).toMatch(/in time/);
    const endless = await serve((_, response) => response.end('x'.repeat(2000)));
    const request = { url: new URL(endless), network: { env: {} } };
    expect((await failure(fetchText(request, 1000))).exit).toBe(69);
  });

  it('is not waited for after an abort', async () => {
    const url = await serve(() => {});
    const abort = new AbortController();
    const reason = new Error('stop');
    setTimeout(() => abort.abort(reason), 30);
    await expect(text(url, {}, { signal: abort.signal })).rejects.toBe(reason);
    await expect(text(url, {}, { signal: abort.signal })).rejects.toBe(reason);
  });
});

describe('redirects', () => {
  it('are followed, and a credential stays with its origin', async () => {
    const seen: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end('there');
    });
    const first = await serve((request, response) => {
      seen.push(request.headers.authorization);
      const location = request.url === '/a' ? '/b' : `${other.replace('//', '//user:word@')}/c`;
      response.writeHead(302, { location }).end();
    });
    const credential = { Authorization: 'Basic c2VjcmV0' };
    expect((await text(`${first}/a`, {}, { credential })).text).toBe('there');
    expect(seen).toEqual(['Basic c2VjcmV0', 'Basic c2VjcmV0', undefined]);
  });

  it('end after five, or at once for a request that allows none', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked++;
      response.writeHead(307, { location: '/again' }).end();
    });
    expect((await text(url)).status).toBe(307);
    expect(asked).toBe(6);
    expect((await text(url, {}, { redirects: 0 })).status).toBe(307);
    expect(asked).toBe(7);
  });

  it('never lead elsewhere than to HTTP, nor from HTTPS to HTTP', async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());
    expect((await failure(text(url))).exit).toBe(69);
    const page: http.RequestListener = (_, response) => void response.writeHead(302, { location: url }).end();
    const secure = await serveIndex({ tls: certificates, page });
    closing.push(secure.close);
    expect((await failure(text(`${secure.url}/uv/`, { SSL_CERT_FILE: authority }))).message).toMatch(/not followed/);
  });
});

describe('a credential', () => {
  it('is not sent over plain HTTP beyond this machine', async () => {
    const error = await failure(text('http://index.invalid/x', {}, { credential: { Authorization: 'Basic x' } }));
    expect(error.exit).toBe(78);
  });
});

describe('failures have their cause', () => {
  it('name, port, not TLS', async () => {
    const unknown = await failure(text('https://no-such-host.invalid/'));
    expect(unknown).toBeInstanceOf(Unreachable);
    expect(unknown.why).toMatch(/DNS/);
    const free = createServer();
    await new Promise<void>(resolve => free.listen(0, '127.0.0.1', resolve));
    const { port } = free.address() as { port: number };
    await new Promise(resolve => free.close(resolve));
    expect((await failure(text(`http://127.0.0.1:${port}/`))).why).toMatch(/refuses/);
    const plain = await serve((_, response) => response.end());
    expect((await failure(text(plain.replace('http:', 'https:')))).why).toMatch(/TLS/);
  });
});

describe('certificates', () => {
  let index: Served;
  beforeAll(async () => {
    index = await serveIndex({ tls: certificates });
  });
  afterAll(() => index.close());

  it('of an unknown authority are refused, and the file that could not be read is named', async () => {
    const error = await failure(text(`${index.url}/uv/`, { SSL_CERT_FILE: '/no/such/file.pem' }));
    expect(error.message).toMatch(/authority that is not known/);
    expect(error.why).toContain('SSL_CERT_FILE (/no/such/file.pem)');
    expect(error.exit).toBe(69);
  });

  it.each(['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'])('of an authority in %s are trusted', async name => {
    expect((await text(`${index.url}/uv/`, { [name]: authority })).status).toBe(200);
  });

  it('of an authority in SSL_CERT_DIR or npm’s cafile are trusted', async () => {
    const home = join(folder, 'npm-home');
    mkdirSync(join(folder, 'certs'), { recursive: true });
    mkdirSync(home, { recursive: true });
    writeFileSync(join(folder, 'certs', 'x.pem'), certificates.ca);
    expect((await text(`${index.url}/uv/`, { SSL_CERT_DIR: join(folder, 'certs') })).status).toBe(200);
    writeFileSync(join(home, '.npmrc'), `cafile=${authority}\n`);
    const env = { HOME: home, npm_config_cafile: authority };
    const network: Network = { env, npm: npmNetwork(env) };
    expect((await text(`${index.url}/uv/`, {}, { network })).status).toBe(200);
  });
});

describe('a proxy', () => {
  it('opens the way for HTTPS and fetches HTTP, with its own password', async () => {
    const proxy = await serveProxy('us er:wo@rd');
    const secure = await serveIndex({ tls: certificates });
    const plain = await serveIndex({});
    closing.push(proxy.close, secure.close, plain.close);
    const address = proxy.url.replace('//', '//us%20er:wo%40rd@');
    const env = { HTTPS_PROXY: address, http_proxy: address, SSL_CERT_FILE: authority };
    expect((await text(`${secure.url}/uv/`, env)).status).toBe(200);
    expect((await text(`${plain.url}/uv/`, env)).status).toBe(200);
    expect(proxy.seen).toEqual([new URL(secure.url).host, `${plain.url}/uv/`]);
    expect((await text(`${plain.url}/uv/`, { ...env, NO_PROXY: '127.0.0.1' })).status).toBe(200);
    expect(proxy.seen).toHaveLength(2);
  });

  it('that refuses is told apart from the server', async () => {
    const closed = await serveProxy('user:word');
    const broken = await serveProxy(undefined, 502);
    closing.push(closed.close, broken.close);
    const missing = await failure(text('https://index.invalid/', { HTTPS_PROXY: closed.url }));
    expect(missing.message).toMatch(/proxy .*\(407\)/);
    expect(missing.why).toMatch(/user name/);
    const bad = await failure(text('https://index.invalid/', { HTTPS_PROXY: broken.url }));
    expect(bad.message).toMatch(/did not open a way to index.invalid \(502\)/);
    const wrong = await failure(text('https://index.invalid/', { ALL_PROXY: 'socks5://127.0.0.1:1' }));
    expect(wrong.message).toMatch(/ALL_PROXY .*socks5/);
  });
});
