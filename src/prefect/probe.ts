import { type Finding, finding } from '../core/findings.ts';
import type { Env } from '../system/environment.ts';
import { probeHttp } from '../system/probe-http.ts';

export type ApiState =
  | { kind: 'up'; version: string | undefined }
  /** It answers, and wants credentials. */
  | { kind: 'auth' }
  | { kind: 'down' }
  /** It takes the connection and says nothing, as behind a VPN that is off. */
  | { kind: 'hangs' }
  /** Something answers there, but no Prefect API. */
  | { kind: 'no-api'; status: number };

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
  const health = await probeHttp(new URL(`${base}/health`), env, timeout, signal);
  if (health.kind !== 'answer') return health;
  if (health.status === 401 || health.status === 403) return { kind: 'auth' };
  if (health.status !== 200 || !/^\s*true\s*$/.test(health.text)) return { kind: 'no-api', status: health.status };
  const version = await probeHttp(new URL(`${base}/admin/version`), env, timeout, signal);
  if (version.kind !== 'answer') return { kind: 'up', version: undefined };
  if (version.status === 401 || version.status === 403) return { kind: 'auth' };
  return { kind: 'up', version: /^"?([0-9][\w.+-]*)"?\s*$/.exec(version.text)?.[1] };
}

/**
 * What a person should know about the API; never a reason for a step to fail.
 * @param credential will a credential be sent to it (a declared secret)?
 */
export function apiFindings(apiUrl: string, state: ApiState, credential: boolean): Finding[] {
  const warn = (message: string, cause: string, command: string): Finding[] => [
    finding('HB216', 'warn', message, cause, { command, safe: false }),
  ];
  const look = `curl -i ${apiUrl.replace(/\/+$/, '')}/health`;
  switch (state.kind) {
    case 'up':
      return [];
    case 'auth':
      if (credential) return [];
      return warn(
        `The Prefect API at ${apiUrl} asks for credentials.`,
        'No secret of this environment is sent there, so flows will be refused.',
        'hotpass-bootstrap secrets list',
      );
    case 'down':
      return warn(
        `Nothing answers at ${apiUrl}.`,
        'The profile is right, but flows need this server when they run.',
        /\/\/(localhost|127\.|\[::1\])/.test(apiUrl) ? 'hotpass-bootstrap run -- prefect server start' : look,
      );
    case 'hangs':
      return warn(
        `${apiUrl} takes the connection but does not answer.`,
        'This is what a VPN or proxy that is off looks like.',
        look,
      );
    case 'no-api':
      return warn(
        `What answers at ${apiUrl} is no Prefect API (status ${state.status}).`,
        'The URL of the API ends in /api; something else may be listening on that port.',
        look,
      );
  }
}
