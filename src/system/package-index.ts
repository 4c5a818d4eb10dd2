import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import type { Env } from './environment.ts';
import { readText, realPath } from './files.ts';
import { netrcLogin } from './netrc.ts';
import { pipIndex } from './pip-config.ts';
import { basicAuth, splitUrl } from './url-credentials.ts';
import { configuredIndex } from './uv-config.ts';

/** The one public index, used when the person names none. */
export const DEFAULT_INDEX = 'https://pypi.org/simple/';

/** The source of an index that nobody named. */
export const UNSAID = 'the default';

/** Where uv is fetched from. */
export interface PackageIndex {
  /** Without user info, ending with a slash. */
  url: URL;
  /** Without user info, with or without the last slash, as it was written: to uv these are two indexes. */
  written: string;
  /** Value of the `Authorization` header. */
  authorization: string | undefined;
  /** The variable or file that names it, for people. */
  source: string;
  /** Named only for pip: uv itself will not use it. */
  pipOnly: boolean;
}

/**
 * The index that the person (never the workspace) has chosen: UV_DEFAULT_INDEX, UV_INDEX_URL, their uv.toml,
 * PIP_INDEX_URL, pip.conf, else the public one (facts uv §7.2). Credentials: in the URL, UV_INDEX_<NAME>_*, netrc.
 * @param root real path of the workspace; files in it are not taken into account (security §5).
 * @throws UserError 69 for an index that is no HTTP address.
 */
export async function choosePackageIndex(env: Env, root: string): Promise<PackageIndex> {
  const chosen = await chooseAddress(env, root);
  const text = chosen.url.trim();
  const full = URL.canParse(text) ? new URL(text) : undefined;
  if (!full || !/^https?:$/.test(full.protocol)) {
    throw new UserError({
      message: `The package index of ${chosen.source} is not an HTTP address.`,
      cause: 'uv is fetched from an index that is reached over HTTPS.',
      next: 'UV_DEFAULT_INDEX=https://host/simple hotpass-bootstrap setup',
      exit: EXIT.unreachable,
    });
  }
  const { url, username, password } = splitUrl(full);
  url.hash = '';
  const written = url.href;
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  const authorization = credentialFor(url, { username, password }, chosen.name, env, root);
  return { url, written, authorization, source: chosen.source, pipOnly: chosen.pipOnly };
}

/**
 * The index that only pip knows of: uv itself will go elsewhere (facts uv §1). Undefined in all other cases; costs
 * little when pip has none.
 */
export async function pipOnlyIndex(env: Env, root: string): Promise<PackageIndex | undefined> {
  if (!pipIndex(env, outside(root))) return undefined;
  try {
    const index = await choosePackageIndex(env, root);
    return index.pipOnly && index.url.href !== DEFAULT_INDEX ? index : undefined;
  } catch {
    return undefined; // No HTTP address: said when uv has to be fetched from it.
  }
}

interface Chosen {
  url: string;
  name?: string;
  source: string;
  pipOnly: boolean;
}

async function chooseAddress(env: Env, root: string): Promise<Chosen> {
  const isOurs = outside(root);
  const named = /^([A-Za-z0-9_.-]+)=(\S+:\/\/.*)$/.exec(env['UV_DEFAULT_INDEX'] ?? '');
  if (named?.[1] && named[2]) return { url: named[2], name: named[1], source: 'UV_DEFAULT_INDEX', pipOnly: false };
  for (const source of ['UV_DEFAULT_INDEX', 'UV_INDEX_URL']) {
    const url = env[source];
    if (url) return { url, source, pipOnly: false };
  }
  const configured = await configuredIndex(env, isOurs);
  if (configured) return { ...configured, pipOnly: false };
  const pip = pipIndex(env, isOurs);
  if (pip) return { ...pip, pipOnly: true };
  return { url: DEFAULT_INDEX, source: UNSAID, pipOnly: false };
}

/** Is a file outside the workspace? Relative paths depend on the folder we stand in, so they are not. */
function outside(root: string): (path: string) => boolean {
  return path => {
    if (!isAbsolute(path)) return false;
    const real = realPath(path) ?? path;
    return [path, real].every(full => full !== root && !full.startsWith(`${root}/`));
  };
}

function credentialFor(
  url: URL,
  given: { username: string; password: string },
  name: string | undefined,
  env: Env,
  root: string,
): string | undefined {
  if (given.password !== '') return basicAuth(given.username, given.password);
  const prefix = name === undefined ? undefined : `UV_INDEX_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
  const user = (prefix && env[`${prefix}_USERNAME`]) || given.username;
  const password = prefix && env[`${prefix}_PASSWORD`];
  if (password) return basicAuth(user, password);
  const file = env['NETRC'] || join(env['HOME'] || homedir(), process.platform === 'win32' ? '_netrc' : '.netrc');
  const login = outside(root)(file) ? netrcLogin(readQuietly(file), url.hostname, user) : undefined;
  if (login) return basicAuth(login.login, login.password);
  return user === '' ? undefined : basicAuth(user, '');
}

function readQuietly(path: string): string {
  try {
    return readText(path) ?? '';
  } catch {
    return '';
  }
}
