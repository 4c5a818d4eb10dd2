import * as http from 'node:http';
import * as https from 'node:https';
import { errorCode } from '../core/errors.ts';
import { trustedRoots } from './certificates.ts';
import type { Env } from './environment.ts';
import { fetchText, isLoopback } from './http.ts';
import { type TlsTrouble, tlsTrouble, Unreachable } from './http-errors.ts';

export type Probed =
  | { kind: 'answer'; status: number; text: string; location?: string }
  /** Nobody listens, or the name or the way is unknown. */
  | { kind: 'down' }
  /** A connection, but no answer in time. */
  | { kind: 'hangs' }
  /** Somebody listens, but there is no connection to trust. */
  | { kind: 'tls'; trouble: TlsTrouble };

/** What is sent along. */
export interface Sent {
  /** Makes it a POST: content and its type; nothing of it is a credential. */
  body?: { type: string; content: string } | undefined;
  /** Headers with a credential: for this origin alone, over HTTPS or on this machine (security §3). */
  credential?: Readonly<Record<string, string>> | undefined;
}

/** What is kept of an answer, bytes. */
const LIMIT = 256 * 1024;

/**
 * Asks a URL once, following no redirect, and never throws for what it finds. On this machine no proxy is used and
 * `localhost` is tried as 127.0.0.1 and ::1, since a server may listen on one of them only (facts real-world 23).
 * @param timeout milliseconds for the whole answer.
 */
export async function probeHttp(
  url: URL,
  env: Env,
  timeout: number,
  signal?: AbortSignal,
  sent: Sent = {},
): Promise<Probed> {
  if (!isLoopback(url)) return probeRemote(url, env, timeout, signal, sent);
  const hosts = url.hostname === 'localhost' ? ['127.0.0.1', '::1'] : [url.hostname.replace(/^\[|\]$/g, '')];
  const results = await Promise.all(hosts.map(host => probeLocal(url, host, env, timeout, signal, sent)));
  const rank = (probed: Probed): number =>
    probed.kind === 'answer' ? (probed.status < 400 ? 0 : 1) : probed.kind === 'tls' ? 2 : 3;
  const best = [...results].sort((a, b) => rank(a) - rank(b))[0] ?? { kind: 'down' };
  return best.kind === 'down' && results.some(({ kind }) => kind === 'hangs') ? { kind: 'hangs' } : best;
}

async function probeRemote(
  url: URL,
  env: Env,
  timeout: number,
  signal: AbortSignal | undefined,
  sent: Sent,
): Promise<Probed> {
  const late = AbortSignal.timeout(timeout);
  const { body, credential } = sent;
  const post = body && ({ method: 'POST', headers: { 'Content-Type': body.type }, body: body.content } as const);
  try {
    const { status, text, headers } = await fetchText(
      {
        url,
        network: { env },
        redirects: 0,
        ...post,
        ...(credential && { credential: { ...credential } }),
        signal: signal ? AbortSignal.any([late, signal]) : late,
      },
      LIMIT,
    );
    return { kind: 'answer', status, text, ...(headers.location === undefined ? {} : { location: headers.location }) };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Unreachable && error.tls) return { kind: 'tls', trouble: error.tls };
    return { kind: late.aborted ? 'hangs' : 'down' };
  }
}

function probeLocal(
  url: URL,
  host: string,
  env: Env,
  timeout: number,
  signal: AbortSignal | undefined,
  sent: Sent,
): Promise<Probed> {
  const { body, credential } = sent;
  return new Promise((resolve, reject) => {
    const late = AbortSignal.timeout(timeout);
    const secure = url.protocol === 'https:';
    const request = (secure ? https : http).request({
      method: body ? 'POST' : 'GET',
      host,
      port: url.port || (secure ? 443 : 80),
      // The certificate is for the name in the URL, not for the address that was dialled.
      ...(secure ? { ca: trustedRoots(env).ca, servername: url.hostname === 'localhost' ? 'localhost' : '' } : {}),
      path: url.pathname,
      headers: {
        Host: url.host,
        'User-Agent': 'hotpass-bootstrap',
        ...(body ? { 'Content-Type': body.type } : {}),
        ...credential,
      },
      agent: false,
      signal: signal ? AbortSignal.any([late, signal]) : late,
    });
    const fail = (error: unknown): void => {
      if (signal?.aborted) reject(signal.reason);
      else if (tlsTrouble(error)) resolve({ kind: 'tls', trouble: tlsTrouble(error) ?? 'none' });
      else resolve({ kind: late.aborted || errorCode(error) === 'ETIMEDOUT' ? 'hangs' : 'down' });
    };
    request.on('error', fail);
    request.end(body?.content);
    request.on('response', response => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (text.length < LIMIT) text += chunk;
      });
      response.on('error', fail);
      const { location } = response.headers;
      const status = response.statusCode ?? 0;
      response.on('end', () =>
        resolve({ kind: 'answer', status, text, ...(location === undefined ? {} : { location }) }),
      );
    });
  });
}
