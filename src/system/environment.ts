import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve, sep } from 'node:path';
import { noteRead } from './trace.ts';
import { holdsUserInfo, withoutUserInfo } from './url-credentials.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** The environment that we were started with. The only reader of `process.env`. */
export function processEnvironment(): Env {
  return process.env;
}

/** Names that a step child may inherit (security §5). */
const INHERITED = new Set(
  (
    'PATH HOME USER LOGNAME LANG TZ TERM TMPDIR DBUS_SESSION_BUS_ADDRESS NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE ' +
    'TRACEPARENT TRACESTATE ' +
    'SYSTEMROOT APPDATA LOCALAPPDATA USERPROFILE TEMP PATHEXT COMSPEC'
  ).split(' '),
);
const INHERITED_SHAPE = /^(LC_.*|XDG_.*|SSL_CERT_.*|UV_.*)$|_PROXY$/i;
/** UV_ variables that would change what is synchronised, or carry a credential (facts uv §7.5). */
const UV_DROPPED =
  /^UV_(FROZEN|LOCKED|NO_SYNC|COMPILE_BYTECODE|PYTHON|PROJECT_ENVIRONMENT|INDEX_.*_(USERNAME|PASSWORD)|PUBLISH_.*|(.*_)?TOKEN|NO_CONFIG|WORKING_DIR.*|PROJECT|ISOLATED|ENV_FILE|NO_ENV_FILE|ONLINE_.*)$/;

/**
 * The environment of a step child: an allow-list of the caller's, and what the step adds (security §5). Addresses of
 * package indexes stand in it without user name and password, also for uv, which starts build scripts.
 * @param path the sanitised PATH, from `safePath`.
 */
export function stepEnvironment(env: Env, path: string, added: Record<string, string> = {}): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    if (!INHERITED.has(name.toUpperCase()) && !INHERITED_SHAPE.test(name)) continue;
    if (UV_DROPPED.test(name)) continue;
    out[name] = name.startsWith('UV_') ? withoutUserInfo(value) : value;
  }
  return { ...out, PATH: path, ...added };
}

/**
 * What the person gave to uv in the environment to sign in at package indexes: names and passwords of named indexes,
 * and addresses that carry them. Only for a uv that runs no build script (security §5).
 */
export function indexCredentialsOf(env: Env): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (!value || !name.startsWith('UV_')) continue;
    if (/^UV_INDEX_.+_(USERNAME|PASSWORD)$/.test(name)) out[name] = value;
    else if (!UV_DROPPED.test(name) && holdsUserInfo(value)) out[name] = value;
  }
  return out;
}

/**
 * PATH without relative, empty, inside-the-workspace, `node_modules/.bin` and foreign-owned entries (security §5).
 * An entry counts as what it leads to: a link into the workspace is inside it.
 * @param root real path of the workspace; empty where none is known yet.
 */
export function safePath(env: Env, root: string): string {
  const uid = process.getuid?.();
  const kept = (env['PATH'] ?? '').split(delimiter).filter(entry => {
    if (!isAbsolute(entry) || entry.includes('\0')) return false;
    for (const full of [resolve(entry), realOf(entry)]) {
      if (root !== '' && (full === root || full.startsWith(`${root}${sep}`))) return false;
      if (/[\\/]node_modules[\\/]\.bin$/.test(full)) return false;
    }
    if (uid === undefined) return true;
    try {
      const owner = statSync(entry).uid;
      // In a container root runs with folders that an image's build user owns; root may do anything there anyway.
      return owner === 0 || owner === uid || uid === 0;
    } catch {
      return false;
    }
  });
  return kept.join(delimiter);
}

function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return resolve(path);
  }
}

/** Every executable of this name on a PATH, in its order. */
export function allOnPath(name: string, path: string): string[] {
  const names = process.platform === 'win32' ? [`${name}.exe`, `${name}.cmd`, name] : [name];
  const found: string[] = [];
  for (const folder of path.split(delimiter)) {
    for (const file of names) {
      const full = join(folder, file);
      if (isExecutable(full)) found.push(full);
    }
  }
  return found;
}

export function isExecutable(path: string): boolean {
  noteRead(path);
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Is a variable set to something that means yes? Empty, `0`, `false` and `no` mean no. */
export function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false', 'no'].includes(value.toLowerCase());
}
