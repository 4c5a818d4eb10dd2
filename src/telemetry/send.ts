import type { Env } from '../system/environment.ts';
import { fetchText } from '../system/http.ts';
import { Unreachable } from '../system/http-errors.ts';
import { type Signal, signalUrl } from './endpoint.ts';

/** Why the endpoint does not take what it is sent until somebody changes something. */
export type Held = 'token' | 'path' | 'redirect' | 'no collector' | 'certificate';

export type Sent =
  /** `rejected`: how many of its spans or points the collector refused for good (partial success). */
  | { kind: 'delivered'; rejected: number }
  /** Later. `after`: seconds, as the collector asks. `slow`: it took its time to say nothing. */
  | { kind: 'retry'; status: number | undefined; after: number | undefined; slow: boolean }
  | { kind: 'held'; reason: Held; status: number | undefined }
  /** Not to be sent again: the collector cannot read it, or broke over it (OTLP specification: not retryable). */
  | { kind: 'dropped'; status: number };

export interface Route {
  endpoint: string;
  /** Goes to this endpoint alone, as `Authorization: Bearer …`. */
  token: string | undefined;
  env: Env;
  signal: AbortSignal;
}

const RETRYABLE = [429, 502, 503, 504];

/**
 * Posts one request of OTLP JSON, once. Never throws for what the other side does; no redirect is followed, so a token
 * stays where it belongs. A good answer is one that a collector gives: the login page of a network answers 200 as well.
 */
export async function sendBatch(signal: Signal, body: string, route: Route): Promise<Sent> {
  const { endpoint, token, env } = route;
  // Fixed in the spec: https or loopback; `system/http` refuses a credential over anything else besides.
  const url = signalUrl(endpoint, signal);
  try {
    const answer = await fetchText(
      {
        url,
        network: { env },
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) },
        ...(token === undefined ? {} : { credential: { Authorization: `Bearer ${token}` } }),
        body,
        redirects: 0,
        signal: route.signal,
      },
      64 * 1024,
    );
    return judge(answer.status, answer.headers, answer.text);
  } catch (error) {
    if (error instanceof Unreachable && error.tls) return { kind: 'held', reason: 'certificate', status: undefined };
    return { kind: 'retry', status: undefined, after: undefined, slow: route.signal.aborted };
  }
}

function judge(status: number, headers: Record<string, string | string[] | undefined>, text: string): Sent {
  if (status >= 200 && status < 300) {
    const rejected = rejectedIn(text);
    return rejected === undefined ? { kind: 'held', reason: 'no collector', status } : { kind: 'delivered', rejected };
  }
  if (RETRYABLE.includes(status)) {
    return { kind: 'retry', status, after: secondsOf(headers['retry-after']), slow: false };
  }
  if (status === 401 || status === 403) return { kind: 'held', reason: 'token', status };
  if (status === 404 || status === 405) return { kind: 'held', reason: 'path', status };
  if (status >= 300 && status < 400) return { kind: 'held', reason: 'redirect', status };
  return { kind: 'dropped', status };
}

/** How much of a batch was refused; undefined when this is no answer of a collector. An empty answer takes everything. */
function rejectedIn(text: string): number | undefined {
  if (text.trim() === '') return 0;
  try {
    const answer = JSON.parse(text) as { partialSuccess?: { rejectedSpans?: unknown; rejectedDataPoints?: unknown } };
    if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return undefined;
    const { rejectedSpans = 0, rejectedDataPoints = 0 } = answer.partialSuccess ?? {};
    const count = Number(rejectedSpans) + Number(rejectedDataPoints);
    return Number.isFinite(count) ? count : 0;
  } catch {
    return undefined;
  }
}

/** Retry-After in seconds, at most a day; a date counts from now. */
function secondsOf(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(86_400, Math.max(0, seconds)) : undefined;
}
