import { isLoopback } from '../system/http.ts';

/** Where a Collector listens for OTLP over HTTP on this machine. */
export const DEFAULT_ENDPOINT = 'http://127.0.0.1:4318';

/** The variable that names the endpoint: in CI it is what switches telemetry on, elsewhere what `telemetry on` offers. */
export const ENDPOINT_VARIABLE = 'HOTPASS_BOOTSTRAP_OTLP_ENDPOINT';
/** A token for it, in CI. */
export const TOKEN_VARIABLE = 'HOTPASS_BOOTSTRAP_OTLP_TOKEN';

/**
 * The base address as it is kept: HTTPS, or HTTP on this machine; no user info, no query, no trailing slash.
 * @returns undefined for anything else.
 */
export function checkedEndpoint(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  if (url.protocol !== 'https:' && !isLoopback(url)) return undefined;
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

export type Signal = 'traces' | 'metrics';

/** The address of a signal (OTLP specification: the base and `/v1/<signal>`). */
export function signalUrl(endpoint: string, signal: Signal): URL {
  return new URL(`${endpoint}/v1/${signal}`);
}
