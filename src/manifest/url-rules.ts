import type { Origin } from './wanted.ts';

/**
 * Why a URL may not receive a credential: https, or loopback; nobody's name in it (security §3).
 * @returns undefined when it may.
 */
export function serverUrl(text: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'grpc' || scheme === 'grpcs') {
    return `must begin with https:// (or http:// on this machine); "${scheme}://" is not understood by exporters`;
  }
  if (scheme !== 'http' && scheme !== 'https') return 'must be a URL that begins with https://';
  const url = parseUrl(text);
  if (!url || /[\s\\]/.test(text)) return 'is not a valid URL';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  if (url.hash !== '' || url.search !== '') return 'must not hold "?" or "#"';
  return url.protocol === 'https:' || isLoopback(url.hostname)
    ? undefined
    : 'must begin with https://, since only this machine itself may be reached without';
}

/** Is a host name of a URL this machine? (`localhost`, 127.0.0.0/8, `[::1]`.) */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Scheme, host and port of a URL, the port always written: `https://prefect.example.com:443`. */
export function originOf(text: string): Origin | undefined {
  const url = parseUrl(text);
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  return `${url.protocol}//${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
}

export function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
