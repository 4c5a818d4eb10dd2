import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import * as tls from 'node:tls';
import { createGunzip } from 'node:zlib';
import { EXIT, errorCode, UserError } from '../core/errors.ts';
import { trustedRoots } from './certificates.ts';
import type { Env } from './environment.ts';
import { connectionError, proxyError, statusError, Unreachable, type Where } from './http-errors.ts';
import type { NpmNetwork } from './npmrc.ts';
import { proxyFor } from './proxies.ts';
import { basicAuth, splitUrl } from './url-credentials.ts';

/** How this machine reaches others. Keep one object for several requests: the certificates are read once for it. */
export interface Network {
  env: Env;
  /** npm's proxy and CA; only for the package index (security §5). */
  npm?: NpmNetwork;
  /** Certificates (PEM) of the only authorities to trust. */
  roots?: readonly string[];
}

export interface HttpRequest {
  url: URL;
  network: Network;
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' | 'LIST';
  headers?: Record<string, string>;
  body?: string;
  /** Headers that hold a credential: only over HTTPS or loopback, never to another origin (security §3). */
  credential?: Record<string, string>;
  /** How many redirects are followed; default 5, 0 for requests with a stored secret. */
  redirects?: number;
  /** Milliseconds without a byte until we give up; default 30 s. */
  idle?: number;
  signal?: AbortSignal;
  /** The command to go on with after a failure. */
  again?: string;
}

export interface HttpResponse {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Where it came from, after redirects. */
  url: URL;
  /** Decoded; fails when the transfer is cut. Errors of it go through `failure`. */
  body: Readable;
  /** Error for a status that is of no use. */
  unusable(): Unreachable;
  /** Words for an error of `body`. */
  failure(error: unknown): unknown;
}

const IDLE_MS = 30_000;
const AGAIN = 'hotpass-bootstrap setup';

/**
 * Sends a request and waits for the head of the answer, whatever its status. Redirects are followed by hand; a
 * credential stays with its origin, and nothing goes from HTTPS to HTTP.
 * @throws Unreachable (69) with its cause; UserError 78 for a credential over plain HTTP; the signal's reason when aborted.
 */
export async function open(request: HttpRequest): Promise<HttpResponse> {
  const origin = request.url.origin;
  let url = request.url;
  for (let left = request.redirects ?? 5; ; left--) {
    const credential = url.origin === origin ? request.credential : undefined;
    const response = await send({ ...request, url }, credential);
    const location = response.headers.location;
    if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return response;
    if (left <= 0) return response;
    response.body.destroy();
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (!next || !/^https?:$/.test(next.protocol) || (url.protocol === 'https:' && next.protocol === 'http:')) {
      throw new Unreachable({
        message: `${url.host} sends us on to an address that is not followed.`,
        cause: 'From HTTPS only another HTTPS address is followed.',
        again: request.again ?? AGAIN,
      });
    }
    next.username = '';
    next.password = '';
    url = next;
  }
}

/**
 * The whole answer as text (UTF-8).
 * @param limit bytes; a longer answer is an error.
 * @throws as `open`, and for a transfer that is cut.
 */
export async function fetchText(
  request: HttpRequest,
  limit = 64 * 1024 * 1024,
): Promise<HttpResponse & { text: string }> {
  const { headers, ...rest } = request;
  const response = await open({ ...rest, headers: { 'Accept-Encoding': 'gzip', ...headers } });
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw Object.assign(new Error('too long'), { code: 'TOO_LONG' });
      chunks.push(chunk);
    }
  } catch (error) {
    throw response.failure(error);
  }
  return { ...response, text: Buffer.concat(chunks).toString('utf8') };
}

const contexts = new WeakMap<Network, { context: tls.SecureContext; unreadable: readonly string[] }>();

function trust(network: Network): { context: tls.SecureContext; unreadable: readonly string[] } {
  let known = contexts.get(network);
  if (!known) {
    const { ca, unreadable } = network.roots
      ? { ca: [...network.roots], unreadable: [] }
      : trustedRoots(network.env, network.npm);
    known = { context: tls.createSecureContext({ ca }), unreadable };
    contexts.set(network, known);
  }
  return known;
}

export function isLoopback(url: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/i.test(url.hostname);
}

async function send(request: HttpRequest, credential: Record<string, string> | undefined): Promise<HttpResponse> {
  const { url, network } = request;
  if (credential && url.protocol !== 'https:' && !isLoopback(url)) {
    throw new UserError({
      message: `A password for ${url.host} is not sent over plain HTTP.`,
      cause: 'Everybody on the way could read it; credentials go over HTTPS only.',
      next: request.again ?? AGAIN,
      exit: EXIT.invalid,
    });
  }
  const proxy = proxyFor(url, network.env, network.npm);
  const secure = url.protocol === 'https:';
  const trusted = secure || proxy?.protocol === 'https:' ? trust(network) : undefined;
  const where: Where = { url, proxy, unreadable: trusted?.unreadable ?? [], again: request.again ?? AGAIN };
  const options: https.RequestOptions = {
    method: request.method ?? 'GET',
    headers: { 'User-Agent': 'hotpass-bootstrap', ...request.headers, ...credential },
    agent: false,
    ...(trusted ? { secureContext: trusted.context } : {}),
  };
  let message: http.ClientRequest;
  if (proxy && secure) {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    const bare = new URL(proxy.origin); // The library's debug output shows the URL it is given: no password in it.
    const agent = new HttpsProxyAgent(bare, { headers: proxyHeaders(proxy), ...secureOf(trusted) });
    message = https.request(url, { ...options, agent });
  } else if (proxy) {
    const target = { ...options, host: unbracket(proxy), port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80) };
    const headers = { ...options.headers, Host: url.host, ...proxyHeaders(proxy) };
    const door = proxy.protocol === 'https:' ? https : http;
    message = door.request({ ...target, path: url.href, headers });
  } else {
    message = (secure ? https : http).request(url, options);
  }
  return exchange(message, request, where);
}

function secureOf(trusted: { context: tls.SecureContext } | undefined): { secureContext?: tls.SecureContext } {
  return trusted ? { secureContext: trusted.context } : {};
}

function unbracket(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function proxyHeaders(proxy: URL): Record<string, string> {
  const { username, password } = splitUrl(proxy);
  return username === '' && password === '' ? {} : { 'Proxy-Authorization': basicAuth(username, password) };
}

function exchange(message: http.ClientRequest, request: HttpRequest, where: Where): Promise<HttpResponse> {
  const idle = request.idle ?? IDLE_MS;
  const late = (): Error => Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' });
  const failure = (error: unknown): unknown => {
    if (request.signal?.aborted) return request.signal.reason;
    if (error instanceof UserError) return error;
    if (errorCode(error) === 'TOO_LONG') return notWhatWasAsked(where);
    return connectionError(error, where);
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => message.destroy(late()), idle);
    const onAbort = (): void => void message.destroy(new Error('aborted'));
    request.signal?.addEventListener('abort', onAbort, { once: true });
    if (request.signal?.aborted) onAbort();
    // A refusal of the proxy would otherwise look like an answer of the server.
    message.on('proxyConnect', (answer: { statusCode: number }) => {
      if (answer.statusCode !== 200) message.destroy(proxyError(answer.statusCode, where));
    });
    message.on('close', () => request.signal?.removeEventListener('abort', onAbort));
    message.on('error', error => {
      clearTimeout(timer);
      reject(failure(error));
    });
    message.on('response', raw => {
      clearTimeout(timer);
      raw.setTimeout(idle, () => raw.destroy(late()));
      const status = raw.statusCode ?? 0;
      const zipped = raw.headers['content-encoding'] === 'gzip';
      const body = zipped ? pipeline(raw, createGunzip(), () => {}) : raw;
      resolve({
        status,
        headers: raw.headers,
        url: where.url,
        body,
        unusable: () => statusError(status, where),
        failure,
      });
    });
    message.end(request.body);
  });
}

/** An answer that is no answer to the question: usually the login page of a hotel or an office network. */
export function notWhatWasAsked(where: Pick<Where, 'url' | 'again'>): Unreachable {
  return new Unreachable({
    message: `${where.url.host} answered with something else than what was asked for.`,
    cause: 'This is what the login page of a network, or a proxy, does: open a web page in a browser and log in there.',
    again: where.again,
  });
}
