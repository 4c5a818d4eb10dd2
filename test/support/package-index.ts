import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { sha256, type TestCertificates } from './certificates.ts';

/** A small wheel of "uv": a shell script that answers `--version`. Runs on every platform that tests run on. */
export function fakeWheel(version: string, script = `#!/bin/sh\necho "uv ${version} (fake)"\n`): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'hb-wheel-'));
  const path = join(folder, 'x.whl');
  const program = [
    'import sys, zipfile',
    'path, version, script = sys.argv[1:]',
    'with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:',
    '  z.writestr("uv/__init__.py", "")',
    '  for name in ("uv", "uvx"): z.writestr(f"uv-{version}.data/scripts/{name}", script)',
  ].join('\n');
  const made = spawnSync('python3', ['-c', program, path, version, script]);
  if (made.status !== 0) throw new Error(made.stderr.toString());
  const bytes = readFileSync(path);
  rmSync(folder, { recursive: true });
  return bytes;
}

/** Fits every machine that has a libc or is a Mac. */
export const ANY = 'musllinux_1_1_x86_64.musllinux_1_1_aarch64.macosx_11_0_arm64.macosx_10_12_x86_64';

export function wheelName(version: string, tags = ANY): string {
  return `uv-${version}-py3-none-${tags}.whl`;
}

export interface ServedFile {
  filename: string;
  bytes: Buffer;
  /** null: the index names no hash. */
  sha256?: string | null;
  yanked?: boolean;
  /** Instead of the bytes. */
  answer?: http.RequestListener;
}

export interface IndexOptions {
  files?: readonly ServedFile[];
  /** Serve only HTML, with relative addresses. */
  html?: boolean;
  auth?: { username: string; password: string };
  tls?: TestCertificates;
  /** Instead of the project page. */
  page?: http.RequestListener;
}

export interface Served {
  url: string;
  /** Paths that were asked for, with the Authorization header if there was one. */
  seen: { path: string; authorization: string | undefined }[];
  close: () => Promise<void>;
}

/** A package index on loopback. */
export async function serveIndex(options: IndexOptions): Promise<Served> {
  const files = options.files ?? [];
  const seen: Served['seen'] = [];
  const listener: http.RequestListener = (request, response) => {
    const { authorization } = request.headers;
    const path = (request.url ?? '').replace(/^https?:\/\/[^/]+/, '');
    seen.push({ path, authorization });
    const wanted = options.auth && Buffer.from(`${options.auth.username}:${options.auth.password}`).toString('base64');
    if (wanted && authorization !== `Basic ${wanted}`) return void response.writeHead(401).end('no');
    if (path === '/simple/uv/') return options.page ? options.page(request, response) : page(request, response);
    const file = files.find(({ filename }) => path === `/files/${filename}`);
    if (!file) return void response.writeHead(404).end('none');
    if (file.answer) return file.answer(request, response);
    response.writeHead(200, { 'content-length': file.bytes.length }).end(file.bytes);
  };
  const page: http.RequestListener = (request, response) => {
    const hash = (file: ServedFile): string | undefined =>
      file.sha256 === null ? undefined : (file.sha256 ?? sha256(file.bytes));
    if (options.html || !request.headers.accept?.includes('json')) {
      const links = files.map(file => {
        const fragment = hash(file) === undefined ? '' : `#sha256=${hash(file)}`;
        const yanked = file.yanked ? ' data-yanked="broken"' : '';
        return `<a href="../../files/${file.filename}${fragment}"${yanked}>${file.filename}</a><br>`;
      });
      response.writeHead(200, { 'content-type': 'text/html' });
      return void response.end(`<!DOCTYPE html><html><body>${links.join('\n')}</body></html>`);
    }
    const entries = files.map(file => ({
      filename: file.filename,
      url: `/files/${file.filename}`,
      hashes: hash(file) === undefined ? {} : { sha256: hash(file) },
      yanked: file.yanked ?? false,
    }));
    response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' });
    response.end(JSON.stringify({ meta: { 'api-version': '1.1' }, name: 'uv', files: entries }));
  };
  const { tls } = options;
  const server = tls ? https.createServer({ cert: tls.cert, key: tls.key }, listener) : http.createServer(listener);
  const port = await listen(server);
  const url = tls ? `https://localhost:${port}/simple` : `http://127.0.0.1:${port}/simple`;
  return { url, seen, close: () => close(server) };
}

export interface Proxy {
  url: string;
  /** Hosts a way was opened to, and addresses that were fetched. */
  seen: string[];
  close: () => Promise<void>;
}

/** A proxy on loopback: CONNECT for HTTPS, absolute addresses for HTTP; 407 without the given credentials. */
export async function serveProxy(auth?: string, refuse?: number): Promise<Proxy> {
  const seen: string[] = [];
  const open = new Set<Duplex>();
  const isAllowed = (header: string | undefined): boolean =>
    auth === undefined || header === `Basic ${Buffer.from(auth).toString('base64')}`;
  const server = http.createServer((request, response) => {
    if (!isAllowed(request.headers['proxy-authorization'])) return void response.writeHead(407).end();
    seen.push(request.url ?? '');
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = http.request(request.url ?? '', { method: request.method, headers }, answer => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on('connect', (request, socket, head) => {
    const status = isAllowed(request.headers['proxy-authorization']) ? refuse : 407;
    if (status !== undefined) return void socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
    seen.push(request.url ?? '');
    open.add(socket);
    const [host, port] = (request.url ?? '').split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  const port = await listen(server);
  const end = (): Promise<void> => {
    for (const socket of open) socket.destroy();
    return close(server);
  };
  return { url: `http://127.0.0.1:${port}`, seen, close: end };
}

function listen(server: http.Server): Promise<number> {
  return new Promise(resolve => server.listen(0, () => resolve((server.address() as AddressInfo).port)));
}

function close(server: http.Server): Promise<void> {
  server.closeAllConnections();
  return new Promise(resolve => server.close(() => resolve()));
}
