import * as http from 'node:http';
import * as https from 'node:https';
import { errorCode } from '../core/errors.ts';
import type { Env } from './environment.ts';
import { fetchText, isLoopback } from './http.ts';

export type Probed =
  | { kind: 'answer'; status: number; text: string }
  /** Nobody listens, or the name or the way is unknown. */
  | { kind: 'down' }
  /** A connection, but no answer in time. */
  | { kind: 'hangs' };

/** What is kept of an answer. */
const LIMIT = 64 * 1024;

/**
 * Asks a URL once, without a credential, and never throws for what it finds. On this machine no proxy is used and
 * `localhost` is tried as 127.0.0.1 and ::1, since a server may listen on one of them only (facts real-world 23).
 * @param timeout milliseconds for the whole answer.
 */
export async function probeHttp(url: URL, env: Env, timeout: number, signal?: AbortSignal): Promise<Probed> {
  if (!isLoopback(url)) return probeRemote(url, env, timeout, signal);
  const hosts = url.hostname === 'localhost' ? ['127.0.0.1', '::1'] : [url.hostname.replace(/^\[|\]$/g, '')];
  const results = await Promise.all(hosts.map(host => probeLocal(url, host, timeout, signal)));
  const rank = (probed: Probed): number => (probed.kind === 'answer' ? (probed.status < 400 ? 0 : 1) : 2);
  const best = [...results].sort((a, b) => rank(a) - rank(b))[0] ?? { kind: 'down' };
  return best.kind !== 'answer' && results.some(({ kind }) => kind === 'hangs') ? { kind: 'hangs' } : best;
}

async function probeRemote(url: URL, env: Env, timeout: number, signal?: AbortSignal): Promise<Probed> {
  const late = AbortSignal.timeout(timeout);
  try {
    const { status, text } = await fetchText(
      { url, network: { env }, redirects: 0, signal: signal ? AbortSignal.any([late, signal]) : late },
      LIMIT,
    );
    return { kind: 'answer', status, text };
  } catch {
    signal?.throwIfAborted();
    return { kind: late.aborted ? 'hangs' : 'down' };
  }
}

function probeLocal(url: URL, host: string, timeout: number, signal?: AbortSignal): Promise<Probed> {
  return new Promise((resolve, reject) => {
    const late = AbortSignal.timeout(timeout);
    const request = (url.protocol === 'https:' ? https : http).get({
      host,
      port: url.port || (url.protocol === 'https:' ? 443 : 80),
      path: url.pathname,
      headers: { Host: url.host, 'User-Agent': 'hotpass-bootstrap' },
      agent: false,
      signal: signal ? AbortSignal.any([late, signal]) : late,
    });
    const fail = (error: unknown): void => {
      if (signal?.aborted) reject(signal.reason);
      else resolve({ kind: late.aborted || errorCode(error) === 'ETIMEDOUT' ? 'hangs' : 'down' });
    };
    request.on('error', fail);
    request.on('response', response => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (text.length < LIMIT) text += chunk;
      });
      response.on('error', fail);
      response.on('end', () => resolve({ kind: 'answer', status: response.statusCode ?? 0, text }));
    });
  });
}
