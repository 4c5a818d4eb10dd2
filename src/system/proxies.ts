import { BlockList, isIP } from 'node:net';
import { EXIT, UserError } from '../core/errors.ts';
import type { Env } from './environment.ts';
import type { NpmNetwork } from './npmrc.ts';

/**
 * The proxy for a URL, or undefined for a direct connection. Variables as curl reads them: the lower-case spelling
 * first, `ALL_PROXY` last, `NO_PROXY` beats all; npm's own settings only when the environment names no proxy.
 * @throws UserError 69 for a proxy that cannot be used (SOCKS, no URL).
 */
export function proxyFor(url: URL, env: Env, npm: NpmNetwork = {}): URL | undefined {
  const secure = url.protocol === 'https:';
  const given = secure
    ? firstSet(env, ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'])
    : // HTTP_PROXY can be set by the client of a CGI program (httpoxy), so it counts only outside of CGI.
      firstSet(env, ['http_proxy', ...(env['REQUEST_METHOD'] ? [] : ['HTTP_PROXY']), 'all_proxy', 'ALL_PROXY']);
  const source = given ?? (npm.httpsProxy ? { name: 'npm_config_https_proxy', value: npm.httpsProxy } : undefined);
  if (!source) return undefined;
  const exceptions = [firstSet(env, ['no_proxy', 'NO_PROXY'])?.value, npm.noProxy];
  if (exceptions.some(list => list !== undefined && isException(url, list))) return undefined;
  return parseProxy(source.name, source.value);
}

function firstSet(env: Env, names: readonly string[]): { name: string; value: string } | undefined {
  for (const name of names) {
    const value = env[name];
    if (value) return { name, value };
  }
  return undefined;
}

function parseProxy(name: string, value: string): URL {
  const text = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new UserError({
    message: `${name} names a proxy that cannot be used${url ? ` (${url.protocol.slice(0, -1)})` : ''}.`,
    cause: 'Proxies are spoken to over HTTP or HTTPS, written http://host:port.',
    next: 'HTTPS_PROXY=http://host:port hotpass-bootstrap setup',
    exit: EXIT.unreachable,
  });
}

/** Does a NO_PROXY list (commas or spaces; `*`, names with their subdomains, addresses, networks, ports) name the URL? */
export function isException(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .split(/[\s,]+/)
    .filter(entry => entry !== '')
    .some(entry => entry === '*' || matches(entry.toLowerCase(), host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  const network = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry);
  if (network?.[1] && network[2] && isIP(host) !== 0) return inNetwork(host, network[1], Number(network[2]));
  const parts = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry) ?? /^([^:]+)(?::(\d+))?$/.exec(entry);
  const name = (parts?.[1] ?? entry).replace(/^\*?\.(?=.)/, '').replace(/\.$/, '');
  if (parts?.[2] !== undefined && parts[2] !== port) return false;
  return host === name || (isIP(host) === 0 && host.endsWith(`.${name}`));
}

function inNetwork(host: string, address: string, prefix: number): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  try {
    const list = new BlockList();
    list.addSubnet(address, prefix, family);
    return list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
  } catch {
    return false; // A malformed entry excepts nothing.
  }
}
