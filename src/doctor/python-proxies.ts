import { type Finding, finding } from '../core/findings.ts';
import type { Env } from '../system/environment.ts';
import { isException } from '../system/proxies.ts';
import { tcpAnswers } from '../system/tcp.ts';
import type { MachineCheck, MachineLook } from './check.ts';

/** The lower-case spelling wins in most programs, so it is looked at first. */
const NAMES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'] as const;
const REACH_MS = 1000;

/** Proxies that variables name: can they be used, do they leave this machine alone, do they hold a password? */
export const proxies: MachineCheck = {
  title: 'Proxies',
  about: 'machine',
  async run(look) {
    const named = byAddress(look.env);
    const faults = await Promise.all(named.map(proxy => unusable(proxy, look)));
    return [...faults.flat(), ...withoutLocalhost(look.env), ...withPassword(named)];
  },
};

/** One proxy, and the variables that name it. */
interface Proxy {
  names: readonly string[];
  url: URL | undefined;
}

/** The same proxy is usually named four times. */
function byAddress(env: Env): Proxy[] {
  const found = new Map<string, string[]>();
  for (const name of NAMES) {
    const value = env[name];
    if (!value) continue;
    const text = value.includes('://') ? value : `http://${value}`;
    found.set(text, [...(found.get(text) ?? []), name]);
  }
  return [...found].map(([text, names]) => ({ names, url: URL.canParse(text) ? new URL(text) : undefined }));
}

async function unusable({ names, url }: Proxy, { offline, signal }: MachineLook): Promise<Finding[]> {
  const fix = { command: `unset ${names.join(' ')}`, safe: false };
  const [list, name] = [names.join(', '), names.length === 1 ? 'names' : 'name'];
  if (!url || url.hostname === '') {
    const message = `${list} ${names.length === 1 ? 'is' : 'are'} no address of a proxy.`;
    return [finding('HB287', 'warn', message, 'It is written http://host:port.', fix)];
  }
  if (!/^https?:$/.test(url.protocol)) {
    const kind = url.protocol.slice(0, -1);
    const cause =
      "uv can use it. This tool cannot, and Prefect's HTTP client does not start with it unless socksio is installed.";
    return [finding('HB287', 'warn', `${list} ${name} a proxy that not everything can use (${kind}).`, cause, fix)];
  }
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  if (offline || (await tcpAnswers(url.hostname, port, REACH_MS, signal))) return [];
  const cause = `Nothing answers at ${url.hostname}:${port}, so nothing that goes through it works. It may belong to another network or a VPN.`;
  return [finding('HB287', 'warn', `${list} ${name} a proxy that does not answer.`, cause, fix)];
}

const LOCAL = ['http://localhost:4200/', 'http://127.0.0.1:4200/'] as const;

/** httpx and requests send also what is meant for this machine to the proxy, unless NO_PROXY names it. */
function withoutLocalhost(env: Env): Finding[] {
  const name = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'].find(candidate => env[candidate]);
  const except = env['no_proxy'] || env['NO_PROXY'] || '';
  const missing = LOCAL.map(url => new URL(url)).filter(url => !isException(url, except));
  if (name === undefined || missing.length === 0) return [];
  const hosts = missing.map(url => url.hostname).join(' and ');
  return [
    finding(
      'HB288',
      'warn',
      `${name} also takes what is meant for this machine: NO_PROXY does not name ${hosts}.`,
      'A Prefect server or collector on this machine then seems to be down.',
      {
        command:
          'export NO_PROXY="localhost,127.0.0.1,::1${NO_PROXY:+,$NO_PROXY}" no_proxy="localhost,127.0.0.1,::1${NO_PROXY:+,$NO_PROXY}"',
        safe: false,
      },
    ),
  ];
}

function withPassword(named: readonly Proxy[]): Finding[] {
  const names = named.filter(({ url }) => url !== undefined && url.password !== '').flatMap(proxy => proxy.names);
  if (names.length === 0) return [];
  return [
    finding(
      'HB294',
      'info',
      `${names.join(' and ')} ${names.length === 1 ? 'holds' : 'hold'} a password.`,
      'Every program that you start can read it, and some print the address in their errors. A local proxy that adds the password keeps it in one place.',
    ),
  ];
}
