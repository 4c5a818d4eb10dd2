import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface LoopbackIndex {
  /** Its simple page, without a slash at the end. */
  url: string;
  /** How files are answered from now on; `hang` sends the first bytes and then nothing. */
  files: 'ok' | 'hang' | number;
  /** Has anybody been kept waiting for a file? */
  hung: boolean;
  /** User and password that everything needs from now on. */
  login: string | undefined;
  /** Users and passwords that were sent here. */
  sent: Set<string>;
  close(): Promise<void>;
}

/** A package index on loopback that serves the wheels of a folder, and can be told to misbehave. */
export async function loopbackIndex(
  folder: string,
  wheels: Readonly<Record<string, string>>,
  port = 0,
): Promise<LoopbackIndex> {
  const server = http.createServer((request, response) => {
    const url = request.url ?? '';
    const given = request.headers.authorization;
    if (given !== undefined) index.sent.add(Buffer.from(given.replace(/^Basic /, ''), 'base64').toString());
    if (index.login !== undefined && given !== `Basic ${Buffer.from(index.login).toString('base64')}`) {
      response.writeHead(401, { 'www-authenticate': 'Basic' }).end();
      return;
    }
    const name =
      url
        .split('/')
        .filter(part => part !== '')
        .at(-1) ?? '';
    const file = url.startsWith('/simple/') ? wheels[name] : name;
    if (file === undefined || request.method !== 'GET') {
      response.writeHead(404).end();
      return;
    }
    const bytes = readFileSync(join(folder, file));
    if (url.startsWith('/simple/')) {
      const digest = createHash('sha256').update(bytes).digest('hex');
      response.setHeader('content-type', 'text/html');
      response.end(`<a href="/files/${file}#sha256=${digest}">${file}</a>`);
    } else if (typeof index.files === 'number') {
      response.writeHead(index.files).end();
    } else if (index.files === 'hang') {
      response.writeHead(200, { 'content-length': String(bytes.length) });
      response.write(bytes.subarray(0, 10));
      index.hung = true;
    } else {
      response.end(bytes);
    }
  });
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  const index: LoopbackIndex = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`,
    files: 'ok',
    hung: false,
    login: undefined,
    sent: new Set(),
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return index;
}
