import type { LiveAnswer } from '../core/live-check.ts';
import { Redactor } from '../core/redact.ts';
import type { Env } from '../system/environment.ts';
import { type Probed, probeHttp } from '../system/probe-http.ts';

const TIMEOUT_MS = 5000;
/** The API URL of a workspace of Prefect Cloud. */
const CLOUD = /^(https?:\/\/[^/]+\/api)\/accounts\/[^/]+\/workspaces\/([^/]+)/;

/**
 * Shows a credential to the Prefect API it belongs to: Cloud lists the workspaces of a key, a server of one's own tells
 * its version (facts prefect §6). Nothing is changed there.
 * @param apiUrl HTTPS or loopback; the caller has checked that the value may go there.
 * @param variable PREFECT_API_KEY (bearer) or PREFECT_API_AUTH_STRING (`user:password`).
 */
export async function checkPrefect(
  apiUrl: string,
  variable: string,
  value: string,
  env: Env,
  signal: AbortSignal,
): Promise<LiveAnswer> {
  const scheme = variable === 'PREFECT_API_AUTH_STRING' ? 'Basic' : 'Bearer';
  if (scheme === 'Basic' && !value.includes(':')) {
    return { kind: 'refused', why: 'It is not of the form user:password.' };
  }
  if (scheme === 'Bearer' && !/^[\x21-\x7E]+$/.test(value)) {
    return { kind: 'refused', why: 'It holds characters that a key cannot have.' };
  }
  const content = scheme === 'Basic' ? Buffer.from(value).toString('base64') : value;
  const credential = { Authorization: `${scheme} ${content}` };
  const trusted = env['PREFECT_API_SSL_CERT_FILE'];
  const network = trusted ? { ...env, SSL_CERT_FILE: trusted } : env;
  const [, cloud, workspace] = CLOUD.exec(apiUrl) ?? [];
  const url = new URL(cloud === undefined ? `${apiUrl.replace(/\/+$/, '')}/admin/version` : `${cloud}/me/workspaces`);
  const ask = (sent = {}): Promise<Probed> => probeHttp(url, network, TIMEOUT_MS, signal, sent);
  const said = await ask({ credential });
  if (said.kind !== 'answer') return unreachable(url, said);
  if (said.status === 401 || said.status === 403) return refused(url, said.status);
  if (said.status !== 200) return { kind: 'unreachable', why: `${url.host} answered ${said.status}.` };
  if (workspace !== undefined) return listsWorkspace(said.text, workspace, url);
  if (!/^"?[0-9][\w.+-]*"?\s*$/.test(said.text)) {
    return { kind: 'unreachable', why: `What answers at ${url.host} is no Prefect API.` };
  }
  const anybody = await ask();
  return anybody.kind === 'answer' && anybody.status === 200
    ? { kind: 'open', why: `The server at ${url.host} asks nobody for a credential.` }
    : { kind: 'accepted' };
}

function listsWorkspace(text: string, workspace: string, { host }: URL): LiveAnswer {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    // Told below.
  }
  if (!Array.isArray(list)) return { kind: 'unreachable', why: `What answers at ${host} is no Prefect Cloud.` };
  const ids = list.map(entry => (entry as { workspace_id?: unknown } | null)?.workspace_id);
  if (ids.includes(workspace)) return { kind: 'accepted' };
  return { kind: 'refused', why: `It is a valid key, but not for the workspace ${workspace}.` };
}

function refused({ host }: URL, status: number): LiveAnswer {
  const why = status === 401 ? `${host} does not accept it.` : `${host} knows it, but it may not do this.`;
  return { kind: 'refused', why };
}

function unreachable(url: URL, said: Exclude<Probed, { kind: 'answer' }>): LiveAnswer {
  const host = new Redactor().clean(url.host);
  if (said.kind === 'tls') return { kind: 'unreachable', why: `There is no connection to trust to ${host}.` };
  return {
    kind: 'unreachable',
    why: said.kind === 'down' ? `Nothing answers at ${host}.` : `${host} does not answer.`,
  };
}
