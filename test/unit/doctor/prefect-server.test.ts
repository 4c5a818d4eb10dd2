import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTls } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WorkspaceLook } from '../../../src/doctor/check.ts';
import { prefectServer } from '../../../src/doctor/prefect-server.ts';
import type { Wanted, WantedSecret } from '../../../src/manifest/wanted.ts';
import { testCertificates } from '../../support/certificates.ts';
import { lookFrom, said } from '../../support/doctor-look.ts';
import { PrefectHome } from '../../support/prefect-home.ts';

let box: PrefectHome;
const open: (Server | TcpServer)[] = [];
const asked: string[] = [];
beforeEach(() => {
  box = new PrefectHome({});
  asked.length = 0;
});
afterEach(async () => {
  for (const server of open.splice(0)) {
    await new Promise(resolve => {
      server.close(resolve);
      if ('closeAllConnections' in server) server.closeAllConnections();
    });
  }
});

async function listen(server: Server | TcpServer, host = '127.0.0.1'): Promise<number> {
  open.push(server);
  await new Promise<void>(resolve => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

/** A Prefect server as far as the probe can tell, of a given version. */
const prefect =
  (version = '3.9.1'): RequestListener =>
  (request, response) => {
    asked.push(JSON.stringify(request.headers));
    const answers: Record<string, string> = { '/api/health': 'true', '/api/admin/version': `"${version}"` };
    const text = answers[request.url ?? ''];
    response.writeHead(text === undefined ? 404 : 200).end(text ?? '{}');
  };
const always =
  (status: number, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, headers).end('<html>');
  };

async function see(apiUrl: string, more: Partial<WorkspaceLook> = {}): Promise<string[]> {
  box.wanted = { ...box.wanted, apiUrl };
  return said(prefectServer, lookFrom(box.read(), more));
}

test('a server in order, asked without any credential', async () => {
  box.env['PREFECT_API_KEY'] = 'pnu_canary';
  box.env['PREFECT_API_AUTH_STRING'] = 'user:canary';
  const port = await listen(createServer(prefect()));
  expect(await see(`http://127.0.0.1:${port}/api`)).toEqual([]);
  expect(asked).toHaveLength(2);
  expect(asked.join()).not.toMatch(/canary|authorization/i);
});

test('nothing is asked offline, and nothing the workspace names before it is approved', async () => {
  const port = await listen(createServer(prefect()));
  const url = `http://127.0.0.1:${port}/api`;
  expect(await see(url, { offline: true })).toEqual([]);
  expect(await see(url, { approved: false })).toEqual([]);
  expect(asked).toEqual([]);
});

test('versions: another major, older, newer, equal', async () => {
  const installed = join(box.root, '.venv', 'lib', 'python3.11', 'site-packages', 'prefect-3.9.1.dist-info');
  mkdirSync(installed, { recursive: true });
  for (const [version, expected] of [
    ['2.20.4', /^HB260 warn The server at .* is Prefect 2\.20\.4, and this workspace has 3\.9\.1/],
    ['3.4.25', /^HB260 info The server at .* is Prefect 3\.4\.25, older than the 3\.9\.1/],
    ['3.9.1', undefined],
    ['3.10.0', undefined],
  ] as const) {
    const port = await listen(createServer(prefect(version)));
    const lines = await see(`http://127.0.0.1:${port}/api`);
    expect(lines.length, version).toBe(expected ? 1 : 0);
    if (expected) expect(lines[0]).toMatch(expected);
  }
});

test.each<[string, RequestListener, RegExp]>([
  ['wants credentials', always(401), /^HB216 warn The Prefect API at .* asks for credentials/],
  ['forbids', always(403), /^HB216 warn The Prefect API at .* asks for credentials/],
  ['has no /api', always(404), /^HB216 warn What answers at .* is no Prefect API \(status 404\)/],
  ['shows a login page', always(200), /^HB216 warn What answers at .* is no Prefect API \(status 200\)/],
  ['is ill', always(500), /^HB216 warn http.*\/api answers that it is out of order \(status 500\)/],
  ['stands behind a gateway', always(503), /^HB216 warn http.*\/api answers that it is out of order \(status 503\)/],
  [
    'sends us on',
    always(302, { location: 'https://user:canary@sso.example.com/login?token=canary' }),
    /^HB261 warn .* sends every request on to https:\/\/sso\.example\.com\. \/ curl -i/,
  ],
])('a server that %s', async (_what, listener, expected) => {
  const port = await listen(createServer(listener));
  const lines = await see(`http://127.0.0.1:${port}/api`);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(expected);
  expect(lines[0]).not.toContain('canary');
});

test('credentials are wanted, and a secret is declared for it', async () => {
  const port = await listen(createServer(always(401)));
  box.wanted = { ...box.wanted, apiUrl: `http://127.0.0.1:${port}/api` };
  const read = box.read();
  const secrets = [{ env: 'PREFECT_API_AUTH_STRING' } as WantedSecret];
  expect(await said(prefectServer, lookFrom({ ...read, wanted: { ...read.wanted, secrets } as Wanted }))).toEqual([]);
});

test('nobody there, and one that never answers', async () => {
  expect((await see('http://127.0.0.1:9/api'))[0]).toMatch(
    /^HB216 warn Nothing answers at .* \/ hotpass-bootstrap run/,
  );
  const port = await listen(createTcp(socket => socket.resume()));
  const started = performance.now();
  expect((await see(`http://127.0.0.1:${port}/api`))[0]).toMatch(
    /^HB216 warn .* takes the connection but does not answer/,
  );
  expect(performance.now() - started).toBeLessThan(6000);
});

test('a server on the other address of this machine', async () => {
  const port = await listen(createServer(prefect()), '::1');
  expect(await see(`http://localhost:${port}/api`)).toEqual([]);
  expect((await see(`http://127.0.0.1:${port}/api`))[0]).toBe(
    `HB263 warn Nothing answers at http://127.0.0.1:${port}/api, but a Prefect API does at http://[::1]:${port}/api. / hotpass-bootstrap run -- prefect server start --host 127.0.0.1`,
  );
  const four = await listen(createServer(prefect()));
  expect((await see(`http://[::1]:${four}/api`))[0]).toMatch(/^HB263 warn .* --host ::1$/);
});

test('TLS: an authority that is not known, and one that is', async () => {
  const { ca, cert, key } = testCertificates();
  const port = await listen(createTls({ cert, key }, prefect()));
  const plain = await listen(createServer(prefect()));
  for (const host of ['127.0.0.1', 'localhost']) {
    expect((await see(`https://${host}:${port}/api`))[0]).toMatch(/^HB262 warn There is no connection to trust/);
    expect((await see(`https://${host}:${plain}/api`))[0]).toMatch(/^HB262 warn/);
  }
  const file = join(box.home, 'ca.pem');
  writeFileSync(file, ca);
  for (const name of ['SSL_CERT_FILE', 'PREFECT_API_SSL_CERT_FILE']) {
    box.env[name] = file;
    expect(await see(`https://127.0.0.1:${port}/api`)).toEqual([]);
    expect(await see(`https://localhost:${port}/api`)).toEqual([]);
    delete box.env[name];
  }
});
