import { randomBytes } from 'node:crypto';
import { errorCode } from '../core/errors.ts';
import { type CallbackServer, callbackServer } from '../system/callback-server.ts';
import { refusedTarget } from './origin.ts';
import type { Vault } from './vault-client.ts';
import { browserFailed, loginRefused } from './vault-login-errors.ts';
import { tokenOf, type VaultToken } from './vault-token.ts';

/** How a person signs in with a browser. */
export interface BrowserLogin {
  /** Opens the page; false when there is no browser here. */
  open: (page: string) => Promise<boolean>;
  say: (line: string) => void;
  /** The port the browser comes back to; undefined: 8250 as `vault login`, else any that is free. */
  port: number | undefined;
  /** Milliseconds to wait for the browser. */
  limit?: number;
}

const PATH = '/oidc/callback';
const USUAL_PORT = 8250;
const LIMIT_MS = 120_000;

/**
 * Signs in at the identity provider of Vault, in the person's browser. The address that the browser gets holds nothing
 * that would do without the nonce, which stays here.
 * @param mounts logins to try, the first that offers a browser login is taken.
 * @throws VaultError
 */
export async function oidcLogin(
  vault: Vault,
  mounts: readonly string[],
  { open, say, port, limit = LIMIT_MS }: BrowserLogin,
  signal: AbortSignal,
): Promise<VaultToken> {
  const server = await openServer(port);
  try {
    const nonce = randomBytes(24).toString('base64url');
    const back = `http://localhost:${server.port}${PATH}`;
    const { mount, page, state } = await begin(vault, mounts, back, nonce);
    // Listening begins before the browser is told, which may be quicker than we are.
    const timeout = AbortSignal.timeout(limit);
    const visit = server.visit(query => query.get('state') === state, AbortSignal.any([signal, timeout]));
    visit.catch(() => {});
    const opened = await open(page);
    say(opened ? 'Sign in to Vault in your browser. If it does not open:' : 'To sign in to Vault, open in a browser:');
    say(`  ${page}`);
    if (!opened) {
      say(
        `If that browser is on another machine, first connect it: ssh -L ${server.port}:localhost:${server.port} this-host`,
      );
    }
    const query = await visit.catch((error: unknown) => {
      throw timeout.aborted && !signal.aborted ? tooLate() : error;
    });
    return await finish(vault, mount, query, state, nonce);
  } finally {
    server.close();
  }
}

async function openServer(port: number | undefined): Promise<CallbackServer> {
  try {
    return await callbackServer(port === undefined ? [USUAL_PORT, 0] : [port], PATH);
  } catch (error) {
    const code = errorCode(error) ?? 'no reason given';
    throw browserFailed(
      `Port ${port ?? USUAL_PORT} of this machine cannot be used for the login (${code}).`,
      'The browser comes back to it after the login; another program may have it.',
      'hotpass-bootstrap secrets pull --callback-port 8251',
    );
  }
}

/** Asks Vault for the page to sign in at. */
async function begin(vault: Vault, mounts: readonly string[], back: string, nonce: string) {
  const { address, role } = vault.settings;
  for (const mount of mounts) {
    const { data } = await vault.call('POST', `auth/${mount}/oidc/auth_url`, {
      body: { redirect_uri: back, client_nonce: nonce, ...(role === undefined ? {} : { role }) },
    });
    const page = data['auth_url'];
    if (typeof page !== 'string' || page === '') continue;
    const url = URL.canParse(page) ? new URL(page) : undefined;
    const state = url?.searchParams.get('state');
    if (!url || !state || refusedTarget(page) !== undefined || url.searchParams.get('redirect_uri') !== back) {
      throw browserFailed(
        'The page that Vault names for the login is not opened.',
        'It is not encrypted, or it would not come back to this machine.',
      );
    }
    return { mount, page: url.href, state };
  }
  throw loginRefused(
    address,
    mounts.join(', auth/'),
    `A login with the browser${role === undefined ? '' : ` in the role ${role}`}`,
    `The role must be there and allow the address ${back}; VAULT_ROLE and VAULT_AUTH_MOUNT name role and login.`,
  );
}

async function finish(
  vault: Vault,
  mount: string,
  query: URLSearchParams,
  state: string,
  nonce: string,
): Promise<VaultToken> {
  const code = query.get('code');
  if (!code) {
    throw browserFailed(
      'The login in the browser was not completed.',
      'The identity provider sent the browser back without saying who you are: declined, or not allowed there.',
    );
  }
  const reply = await vault.call('GET', `auth/${mount}/oidc/callback`, { query: { state, code, client_nonce: nonce } });
  const token = tokenOf(reply, 'the browser');
  if (token) return token;
  throw loginRefused(
    vault.settings.address,
    mount,
    'The login in the browser',
    'The identity provider let you in, but what the role is bound to (groups, audience) does not fit you.',
  );
}

function tooLate() {
  return browserFailed(
    'Nobody signed in within two minutes.',
    'The login was given up, and the address is of no use any more.',
  );
}
