import * as http2 from 'node:http2';
import { errorCode } from '../core/errors.ts';
import { trustedRoots } from './certificates.ts';
import type { Env } from './environment.ts';
import { type TlsTrouble, tlsTrouble } from './http-errors.ts';

export type GrpcProbed =
  /** HTTP status, and the status of gRPC when there is one (0 is good). */
  | { kind: 'answer'; status: number; grpc: number | undefined }
  | { kind: 'down' }
  /** No answer in time. */
  | { kind: 'hangs' }
  | { kind: 'tls'; trouble: TlsTrouble }
  /** Somebody listens who does not speak HTTP/2. */
  | { kind: 'other' };

/** One message of no bytes: not compressed, length 0 (gRPC over HTTP2, length-prefixed message). */
const EMPTY = Buffer.alloc(5);

/**
 * Calls a gRPC method with an empty message, and never throws for what it finds. No proxy is used.
 * @param url scheme, host and port; `path` is `/package.Service/Method`.
 * @param timeout milliseconds for the whole answer.
 * @param credential metadata that holds one: over TLS or on this machine alone (security §3).
 */
export function probeGrpc(
  url: URL,
  path: string,
  env: Env,
  timeout: number,
  signal: AbortSignal,
  credential: Readonly<Record<string, string>> = {},
): Promise<GrpcProbed> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:';
    const session = http2.connect(url.origin, secure ? { ca: trustedRoots(env).ca } : {});
    let connected = false;
    let status = 0;
    let grpc: number | undefined;
    const finish = (probed: GrpcProbed): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      session.destroy();
      resolve(probed);
    };
    const onAbort = (): void => {
      clearTimeout(timer);
      session.destroy();
      reject(signal.reason);
    };
    const timer = setTimeout(() => finish({ kind: 'hangs' }), timeout);
    const fail = (error: unknown): void => finish(failure(error, connected));
    session.on('error', fail);
    session.on('connect', () => {
      connected = true;
    });
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const take = (headers: http2.IncomingHttpHeaders): void => {
      const given = headers['grpc-status'];
      if (given !== undefined) grpc = Number(given);
    };
    const call = session.request({
      ...credential,
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'hotpass-bootstrap',
    });
    // When the connection fails, the call is told first, and only that it was cancelled.
    call.on('error', error => setImmediate(fail, error));
    call.on('response', headers => {
      status = Number(headers[':status'] ?? 0);
      take(headers);
    });
    call.on('trailers', take);
    call.on('end', () => finish(status === 0 ? { kind: 'other' } : { kind: 'answer', status, grpc }));
    call.resume();
    call.end(EMPTY);
  });
}

function failure(error: unknown, connected: boolean): GrpcProbed {
  const trouble = tlsTrouble(error);
  if (trouble) return { kind: 'tls', trouble };
  const code = errorCode(error) ?? '';
  if (code === 'ETIMEDOUT') return { kind: 'hangs' };
  return connected || code.startsWith('ERR_HTTP2') ? { kind: 'other' } : { kind: 'down' };
}
