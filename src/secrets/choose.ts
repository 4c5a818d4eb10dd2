import { isAbsolute, join } from 'node:path';
import { parse } from 'smol-toml';
import { EXIT, UserError } from '../core/errors.ts';
import type { Env } from '../system/environment.ts';
import { readText, statOf } from '../system/files.ts';
import type { UserPaths } from '../system/paths.ts';
import type { SecretStore } from './store.ts';

export type StoreName = SecretStore['name'];

/** Stores that can be chosen today. `sealed-file` and `vault` have their place in `StoreName`. */
const AVAILABLE = ['keychain', 'environment'] as const satisfies readonly StoreName[];

export interface Choice {
  store: (typeof AVAILABLE)[number];
  /** Who decided: for `secrets where` and for messages. */
  why: 'configured' | 'ci' | 'headless' | 'default';
}

/**
 * Which store this machine's secrets live in: the person's choice in config.toml, else the environment in CI and on
 * a headless machine, else the keychain. A keychain that fails is an error, never a reason to take another store.
 * @throws UserError 78 when config.toml cannot be read or names another store.
 */
export async function chooseStore(where: {
  paths: UserPaths;
  env: Env;
  ci: boolean;
  /** A terminal is there to answer. */
  interactive: boolean;
  platform?: NodeJS.Platform;
}): Promise<Choice> {
  const configured = await configuredStore(configFile(where.paths));
  if (configured) return { store: configured, why: 'configured' };
  if (where.ci) return { store: 'environment', why: 'ci' };
  if (!where.interactive && !sessionBus(where.env, where.platform ?? process.platform)) {
    return { store: 'environment', why: 'headless' };
  }
  return { store: 'keychain', why: 'default' };
}

export function configFile(paths: UserPaths): string {
  return join(paths.config, 'config.toml');
}

/** Could a keychain be reached at all? A pipe on a desktop is not headless; a Linux session without a bus is. */
function sessionBus(env: Env, platform: NodeJS.Platform): boolean {
  if (platform !== 'linux' || env['DBUS_SESSION_BUS_ADDRESS']) return true;
  const runtime = env['XDG_RUNTIME_DIR'];
  return runtime !== undefined && isAbsolute(runtime) && statOf(join(runtime, 'bus')) !== undefined;
}

async function configuredStore(file: string): Promise<Choice['store'] | undefined> {
  const text = readText(file);
  if (text === undefined) return undefined;
  let store: unknown;
  try {
    store = parse(text)['store'];
  } catch (error) {
    const line = (error as { line?: unknown }).line;
    throw invalid(`${file} is not valid TOML${typeof line === 'number' ? ` (line ${line})` : ''}.`, file);
  }
  if (store === undefined) return undefined;
  const known = AVAILABLE.find(name => name === store);
  if (known) return known;
  throw invalid(`${file} asks for the store ${JSON.stringify(store)}, which there is not.`, file);
}

function invalid(message: string, file: string): UserError {
  return new UserError({
    id: 'HB318',
    message,
    cause: `store is one of ${AVAILABLE.map(name => `"${name}"`).join(', ')}.`,
    next: `"\${EDITOR:-vi}" '${file}'`,
    exit: EXIT.invalid,
  });
}
