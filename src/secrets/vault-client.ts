import { setTimeout as pause } from 'node:timers/promises';
import { certificatesIn } from '../system/certificates.ts';
import type { Env } from '../system/environment.ts';
import { fetchText, type HttpRequest, type Network } from '../system/http.ts';
import { Unreachable } from '../system/http-errors.ts';
import { down, noNamespace, notTrusted, sealed, unreadableCa } from './vault-errors.ts';
import { isSegment, type VaultSettings } from './vault-settings.ts';

export type Json = Record<string, unknown>;

export interface VaultReply {
  status: number;
  /** The whole answer; empty for one without a body. */
  body: Json;
  /** Its `data`; empty when there is none. */
  data: Json;
}

export interface VaultCall {
  token?: string;
  body?: Json;
  query?: Readonly<Record<string, string>>;
}

/** A conversation with one Vault. It keeps no token; each call brings its own. */
export interface Vault {
  settings: VaultSettings;
  /**
   * @param path below `/v1/`, plain segments, e.g. `auth/token/lookup-self`.
   * @returns the reply, whatever its status below 500.
   * @throws VaultError when Vault is down, sealed, or has no such namespace.
   */
  call(method: 'GET' | 'POST', path: string, call?: VaultCall): Promise<VaultReply>;
}

const IDLE_MS = 10_000;
const MOST_BYTES = 4 * 1024 * 1024;
const RETRY_MS = [200, 800];

/** @throws VaultError 78 when the file with certificates cannot be used. */
export function vaultClient(settings: VaultSettings, env: Env, signal: AbortSignal): Vault {
  const network: Network = { env, ...rootsOf(settings) };
  return {
    settings,
    async call(method, path, call = {}) {
      const request = requestFor(settings, network, method, path, call, signal);
      const reply = await send(request, settings, method === 'GET' && call.query === undefined);
      if (reply.status >= 500) throw await serverTrouble(settings, network, signal);
      if (reply.status === 404 && settings.namespace !== undefined) {
        await assertNamespace(settings, network, settings.namespace, signal);
      }
      return reply;
    },
  };
}

function rootsOf({ caFile }: VaultSettings): Pick<Network, 'roots'> {
  if (caFile === undefined) return {};
  const roots = certificatesIn(caFile);
  if (roots === undefined) throw unreadableCa(caFile);
  return { roots };
}

function requestFor(
  settings: VaultSettings,
  network: Network,
  method: 'GET' | 'POST',
  path: string,
  { token, body, query }: VaultCall,
  signal: AbortSignal,
): HttpRequest {
  // Nothing from a manifest may lead out of its place: each segment is a plain name (security §4).
  if (!path.split('/').every(isSegment)) throw new Error('no path of Vault');
  const url = new URL(`${settings.address}/v1/${path}`);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  return {
    url,
    network,
    method,
    redirects: 0,
    idle: IDLE_MS,
    signal,
    headers: {
      'X-Vault-Request': 'true',
      ...(settings.namespace === undefined ? {} : { 'X-Vault-Namespace': settings.namespace }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(token === undefined ? {} : { credential: { 'X-Vault-Token': token } }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

/** Sends it; again after 429, and after a fault when asking twice is the same as asking once. */
async function send(
  request: HttpRequest,
  settings: VaultSettings,
  harmless: boolean,
  moved = false,
): Promise<VaultReply> {
  for (let attempt = 0; ; attempt++) {
    const wait = RETRY_MS[attempt];
    try {
      const response = await fetchText(request, MOST_BYTES);
      const next = sameHost(response.status, response.headers.location, request.url);
      if (next && !moved) return send({ ...request, url: next }, settings, harmless, true);
      const again = response.status === 429 || (harmless && response.status >= 500);
      if (!again || wait === undefined) return readReply(response.status, response.text, settings);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (!harmless || !error.retryable || wait === undefined) throw unreachable(error, settings);
    }
    await pause(wait);
    request.signal?.throwIfAborted();
  }
}

/** A redirect is followed once, to the same scheme, host and port: the body may hold a secret too. */
function sameHost(status: number, location: string | undefined, from: URL): URL | undefined {
  if (![307, 308].includes(status) || location === undefined || !URL.canParse(location, from.href)) return undefined;
  const next = new URL(location, from);
  return next.origin === from.origin && next.username === '' && next.password === '' ? next : undefined;
}

function unreachable(error: Unreachable, settings: VaultSettings): Error {
  if (error.tls === 'untrusted') return notTrusted(new URL(settings.address).host, settings.caFile);
  return down(settings.address, error.why);
}

function readReply(status: number, text: string, settings: VaultSettings): VaultReply {
  let body: unknown = {};
  try {
    if (text.trim() !== '') body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  if (!isTable(body)) {
    throw down(settings.address, `Something else than Vault answered there (${status}): a proxy, or a login page.`);
  }
  if ([301, 302, 303, 307, 308].includes(status)) {
    throw down(settings.address, 'It sends us on to another address; name that one in VAULT_ADDR.');
  }
  const { data } = body;
  return { status, body, data: isTable(data) ? data : {} };
}

export function isTable(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function serverTrouble(settings: VaultSettings, network: Network, signal: AbortSignal): Promise<Error> {
  const bare = { ...settings, namespace: undefined };
  const health = await send(requestFor(bare, network, 'GET', 'sys/health', {}, signal), settings, false);
  if (health.body['initialized'] === false) return sealed(settings.address, true);
  if (health.body['sealed'] === true) return sealed(settings.address, false);
  return down(settings.address, 'It has a fault of its own; trying again later may help.');
}

/** Which mounts a namespace has is told to everybody, and 404 means that there is no such namespace. */
async function assertNamespace(settings: VaultSettings, network: Network, namespace: string, signal: AbortSignal) {
  const request = requestFor(settings, network, 'GET', 'sys/internal/ui/mounts', {}, signal);
  const { status } = await send(request, settings, true);
  if (status === 404) throw noNamespace(settings.address, namespace);
}
