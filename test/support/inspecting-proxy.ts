import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { testCertificates } from './certificates.ts';

export interface InspectingProxy {
  /** Its address, for HTTPS_PROXY. */
  url: string;
  /** Certificate (PEM) of the authority that signs in the names of others. */
  ca: string;
  /** `host path` of all that was asked through it. */
  seen: string[];
  /**
   * What comes back from now on: what the server says, the sign-in page of a network (as a page or as a way to it),
   * or a status.
   */
  answer: 'server' | 'page' | 'redirect' | number;
  /** `user:password` that it wants from now on. */
  login: string | undefined;
  /** Status with which it refuses to open a way, from now on. */
  refuses: number | undefined;
  close(): Promise<void>;
}

const PAGE = '<!DOCTYPE html><html><title>Welcome</title><body>Please accept the terms of this network.</body></html>';

/**
 * A proxy as company networks have it: it opens TLS with an authority of its own, reads along, and passes on.
 * @param servers what stands behind the names, `{ 'packages.example': 'http://127.0.0.1:4711' }`.
 */
export async function inspectingProxy(
  servers: Readonly<Record<string, string>>,
  certificates = testCertificates(1, Object.keys(servers)),
): Promise<InspectingProxy> {
  const { ca, cert, key } = certificates;
  const open = new Set<Duplex>();
  const inside = https.createServer({ cert, key }, (request, response) => {
    const host = request.headers.host?.replace(/:\d+$/, '') ?? '';
    proxy.seen.push(`${host} ${request.url}`);
    if (typeof proxy.answer === 'number') return void response.writeHead(proxy.answer).end(PAGE);
    if (proxy.answer === 'page') return void response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    if (proxy.answer === 'redirect' && request.url !== '/sign-in')
      return void response.writeHead(302, { location: `https://${host}/sign-in` }).end();
    if (proxy.answer === 'redirect') return void response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    const onward = http.request(`${servers[host]}${request.url}`, { method: request.method, headers: request.headers });
    onward.on('error', () => response.destroy());
    onward.on('response', answer => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  const server = http.createServer((_, response) => void response.writeHead(400).end());
  server.on('connect', (request, socket: Duplex) => {
    const given = request.headers['proxy-authorization'];
    const wanted = proxy.login && `Basic ${Buffer.from(proxy.login).toString('base64')}`;
    if (wanted && given !== wanted)
      return void socket.end('HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n');
    if (proxy.refuses) return void socket.end(`HTTP/1.1 ${proxy.refuses} No\r\nContent-Length: 0\r\n\r\n`);
    open.add(socket);
    socket.on('error', () => {});
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    inside.emit('connection', socket);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const proxy: InspectingProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca,
    seen: [],
    answer: 'server',
    login: undefined,
    refuses: undefined,
    async close() {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
  return proxy;
}
