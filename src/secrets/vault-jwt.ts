import type { Env } from '../system/environment.ts';
import { fetchText } from '../system/http.ts';
import type { Vault } from './vault-client.ts';
import { loginRefused, noIdentity } from './vault-login-errors.ts';
import { tokenOf, type VaultToken } from './vault-token.ts';

/** Has this CI job an identity token? GitLab's lies in a variable, GitHub's is asked for. */
export function hasJobIdentity(env: Env): boolean {
  if (env['VAULT_ID_TOKEN']) return true;
  return URL.canParse(env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '') && Boolean(env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']);
}

/**
 * Signs in with the identity token of the CI job.
 * @param hide told the identity token before it is used.
 * @throws VaultError; Unreachable when GitHub cannot be reached.
 */
export async function jwtLogin(
  vault: Vault,
  mount: string,
  env: Env,
  hide: (secret: string) => void,
  signal: AbortSignal,
): Promise<VaultToken> {
  const { role, audience, address } = vault.settings;
  const jwt = env['VAULT_ID_TOKEN'] || (await fromGitHub(env, audience, signal));
  hide(jwt);
  const body = { jwt, ...(role === undefined ? {} : { role }) };
  const token = tokenOf(await vault.call('POST', `auth/${mount}/login`, { body }), 'the CI job');
  if (token) return token;
  const audiences = env['VAULT_ID_TOKEN'] ? '' : ` for the audience ${audience}`;
  throw loginRefused(
    address,
    mount,
    `The identity of this CI job${audiences}${role === undefined ? '' : ` in the role ${role}`}`,
    'What the role is bound to (audience, subject, repository) must fit this job, and the role must be there.',
  );
}

async function fromGitHub(env: Env, audience: string, signal: AbortSignal): Promise<string> {
  const url = new URL(env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '');
  url.searchParams.set('audience', audience);
  const response = await fetchText({
    url,
    network: { env },
    redirects: 0,
    signal,
    credential: { Authorization: `Bearer ${env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? ''}` },
  });
  const value = response.status === 200 ? valueIn(response.text) : undefined;
  if (value === undefined) throw noIdentity(response.status);
  return value;
}

function valueIn(text: string): string | undefined {
  try {
    const { value } = JSON.parse(text) as { value?: unknown };
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
