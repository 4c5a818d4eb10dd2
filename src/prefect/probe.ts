import type { Env } from '../system/environment.ts';
import type { TlsTrouble } from '../system/http-errors.ts';
import { type Probed, probeHttp } from '../system/probe-http.ts';

export type ApiState =
  | { kind: 'up'; version: string | undefined }
  /** It answers, and wants credentials. */
  | { kind: 'auth' }
  /** Nobody listens there. `elsewhere`: at the other address of this machine, ::1 or 127.0.0.1, a Prefect API does. */
  | { kind: 'down'; elsewhere?: string }
  /** It takes the connection and says nothing, as behind a VPN that is off. */
  | { kind: 'hangs' }
  /** Something answers there, but no Prefect API. */
  | { kind: 'no-api'; status: number }
  /** It sends us on; `to` is an origin, without path. */
  | { kind: 'redirect'; to: string }
  | { kind: 'tls'; trouble: TlsTrouble };

const TIMEOUT_MS = 3000;

/**
 * Asks a Prefect API whether it is there, without a credential and without Python (facts prefect §6, §7.8).
 * /health needs no credential on a server of one's own, so a second question tells whether others do.
 * @param apiUrl ends in /api, or is a Cloud workspace.
 * @param timeout milliseconds for each of the two questions.
 */
export async function probeApi(
  apiUrl: string,
  env: Env,
  signal?: AbortSignal,
  timeout = TIMEOUT_MS,
): Promise<ApiState> {
  const base = apiUrl.replace(/\/+$/, '');
  // Prefect's own setting for the certificates it trusts; SSL_CERT_FILE is its default (facts prefect §5.15).
  const trusted = env['PREFECT_API_SSL_CERT_FILE'];
  const network = trusted ? { ...env, SSL_CERT_FILE: trusted } : env;
  const ask = (path: string, at = base): Promise<Probed> =>
    probeHttp(new URL(`${at}${path}`), network, timeout, signal);
  const health = await ask('/health');
  if (health.kind === 'down') return down(base, at => ask('/health', at));
  if (health.kind !== 'answer') return health;
  if (health.status === 401 || health.status === 403) return { kind: 'auth' };
  const to = redirectTarget(health, base);
  if (to !== undefined) return { kind: 'redirect', to };
  if (!isHealthy(health)) return { kind: 'no-api', status: health.status };
  const version = await ask('/admin/version');
  if (version.kind !== 'answer') return { kind: 'up', version: undefined };
  if (version.status === 401 || version.status === 403) return { kind: 'auth' };
  return { kind: 'up', version: /^"?([0-9][\w.+-]*)"?\s*$/.exec(version.text)?.[1] };
}

function isHealthy(answer: Probed): boolean {
  return answer.kind === 'answer' && answer.status === 200 && /^\s*true\s*$/.test(answer.text);
}

/** 127.0.0.1 and ::1 are two addresses, and a server may listen on one of them only (facts real-world 23). */
async function down(base: string, health: (at: string) => Promise<Probed>): Promise<ApiState> {
  const url = new URL(base);
  const other = { '127.0.0.1': '[::1]', '[::1]': '127.0.0.1' }[url.hostname];
  if (other === undefined) return { kind: 'down' };
  url.hostname = other;
  const elsewhere = url.href.replace(/\/+$/, '');
  return isHealthy(await health(elsewhere)) ? { kind: 'down', elsewhere } : { kind: 'down' };
}

function redirectTarget(answer: Probed, base: string): string | undefined {
  if (answer.kind !== 'answer' || answer.status < 300 || answer.status > 399) return undefined;
  if (answer.location === undefined || !URL.canParse(answer.location, base)) return undefined;
  return new URL(answer.location, base).origin;
}
