/** Scheme, host and port a credential may be sent to, always with the port: `https://prefect.example.com:443`. */
export type Origin = string;

const PORTS: Record<string, string> = { 'https:': '443', 'http:': '80', 'grpc:': '4317', 'grpcs:': '4317' };

/**
 * The origin of a URL in its one spelling.
 * @returns undefined when the text is no URL with a host.
 */
export function originOf(url: string): Origin | undefined {
  const parsed = parse(url);
  if (!parsed || parsed.hostname === '') return undefined;
  return `${parsed.protocol}//${parsed.hostname}:${parsed.port || PORTS[parsed.protocol] || ''}`;
}

/** Are two origins the same, however they are spelled? Undefined is equal only to undefined. */
export function sameOrigin(a: Origin | undefined, b: Origin | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (originOf(a) ?? a) === (originOf(b) ?? b);
}

/**
 * Why a credential may not go to this URL, or undefined when it may: HTTPS or loopback, no user info (security §3).
 */
export function refusedTarget(url: string): string | undefined {
  const parsed = parse(url);
  if (!parsed || parsed.hostname === '') return 'it is no URL with a scheme and a host';
  if (parsed.username !== '' || parsed.password !== '') return 'it carries a user name or password itself';
  if (parsed.protocol === 'https:' || parsed.protocol === 'grpcs:') return undefined;
  return isLoopback(parsed.hostname) ? undefined : 'it is not encrypted (https)';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

function parse(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}
