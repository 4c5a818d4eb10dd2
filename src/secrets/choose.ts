import { isAbsolute, join } from 'node:path';
import { parse } from 'smol-toml';
import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import type { Env } from '../system/environment.ts';
import { readText, statOf } from '../system/files.ts';
import type { UserPaths } from '../system/paths.ts';
import { configFile, configOf, editConfig } from '../system/user-config.ts';
import type { SecretStore } from './store.ts';

/** Stores that can be chosen; Vault is a source and needs no choosing. */
const AVAILABLE = ['keychain', 'sealed-file', 'environment'] as const satisfies readonly SecretStore['name'][];

/** Where the key of the sealed file comes from; a path is absolute. */
export type KeyChoice = 'keychain' | 'passphrase' | `file:${string}`;

export interface Choice {
  store: (typeof AVAILABLE)[number];
  /** Of the sealed file. */
  key?: KeyChoice;
  /** Who decided: for `secrets where` and for messages. */
  why: 'answered' | 'configured' | 'ci' | 'headless' | 'default';
}

/**
 * Which store this machine's secrets live in: what an answers file says, else the person's choice in config.toml, else the
 * environment in CI and on a headless machine, else the keychain. A keychain that fails is an error, never a reason to take another store.
 * @throws UserError 78 when config.toml cannot be read or names another store.
 */
export async function chooseStore(where: {
  paths: UserPaths;
  env: Env;
  ci: boolean;
  /** A terminal is there to answer. */
  interactive: boolean;
  /** What an answers file says. */
  answered?: Choice['store'] | undefined;
  platform?: NodeJS.Platform;
}): Promise<Choice> {
  const configured = readChoice(where.paths);
  if (where.answered !== undefined) {
    const key = where.answered === 'sealed-file' ? (configured.key ?? 'passphrase') : configured.key;
    return { store: where.answered, why: 'answered', ...(key === undefined ? {} : { key }) };
  }
  if (configured.store) return { ...configured, store: configured.store, why: 'configured' };
  if (where.ci) return { store: 'environment', why: 'ci' };
  if (!where.interactive && !sessionBus(where.env, where.platform ?? process.platform)) {
    return { store: 'environment', why: 'headless' };
  }
  return { store: 'keychain', why: 'default' };
}

/**
 * Remembers a person's choice of store in config.toml; what else stands there stays.
 * @param key of the sealed file; left as it stands for the other stores, so that what was sealed can still be opened.
 * @returns the file.
 * @throws UserError 78 when the file is written in a way that cannot be changed safely.
 */
export function rememberStore(paths: UserPaths, store: Choice['store'], key?: KeyChoice): string {
  const file = configFile(paths);
  const after = withKey(withStore(readText(file) ?? '', store), key);
  const old = configOf(paths);
  const sealed = { ...tableOf(old ?? {}), ...(key === undefined ? {} : { key }) };
  const wanted = { ...old, store, ...(Object.keys(sealed).length === 0 ? {} : { 'sealed-file': sealed }) };
  if (old === undefined || !editConfig(file, after, wanted)) throw invalid(`${file} could not be changed.`, file);
  return file;
}

/** A bare key belongs before the first table. */
function withStore(text: string, store: string): string {
  const table = /^[ \t]*\[/m.exec(text)?.index ?? text.length;
  const head = text.slice(0, table).replace(/^store[ \t]*=.*(\r?\n|$)/m, '');
  return `store = "${store}"\n${head}${text.slice(table)}`;
}

function withKey(text: string, key: KeyChoice | undefined): string {
  if (key === undefined) return text;
  const line = `key = ${JSON.stringify(key)}`;
  const header = /^\[sealed-file\][^\n]*\n?/m.exec(text);
  if (!header) return `${text}${text.endsWith('\n\n') ? '' : '\n'}[sealed-file]\n${line}\n`;
  const start = header.index + header[0].length;
  const rest = text.slice(start);
  const end = /^[ \t]*\[/m.exec(rest)?.index ?? rest.length;
  const others = rest.slice(0, end).replace(/^[ \t]*key[ \t]*=.*(\r?\n|$)/m, '');
  return `${text.slice(0, start)}${line}\n${others}${rest.slice(end)}`;
}

function tableOf(config: Record<string, unknown>): Record<string, unknown> {
  const table = config['sealed-file'];
  return typeof table === 'object' && table !== null ? (table as Record<string, unknown>) : {};
}

/** Could a keychain be reached at all? A pipe on a desktop is not headless; a Linux session without a bus is. */
function sessionBus(env: Env, platform: NodeJS.Platform): boolean {
  if (platform !== 'linux' || env['DBUS_SESSION_BUS_ADDRESS']) return true;
  const runtime = env['XDG_RUNTIME_DIR'];
  return runtime !== undefined && isAbsolute(runtime) && statOf(join(runtime, 'bus')) !== undefined;
}

/**
 * What config.toml says of the store and of the key of the sealed file.
 * @throws UserError 78 when it cannot be read.
 */
export function readChoice(paths: UserPaths): { store?: Choice['store']; key?: KeyChoice } {
  const file = configFile(paths);
  const text = readText(file);
  if (text === undefined) return {};
  let config: Record<string, unknown>;
  try {
    config = parse(text);
  } catch (error) {
    const line = (error as { line?: unknown }).line;
    throw invalid(`${file} is not valid TOML${typeof line === 'number' ? ` (line ${line})` : ''}.`, file);
  }
  const given = config['store'];
  const store = AVAILABLE.find(name => name === given);
  if (given !== undefined && store === undefined) {
    throw invalid(`${file} asks for the store ${JSON.stringify(given)}, which there is not.`, file);
  }
  const word = tableOf(config)['key'];
  const key = word === undefined ? undefined : parseKeyChoice(word, paths.home);
  if (word !== undefined && key === undefined) {
    throw invalid(`${file} asks for the key ${JSON.stringify(word)} of the sealed file.`, file);
  }
  const kept = key ?? (store === 'sealed-file' ? 'keychain' : undefined);
  return { ...(store ? { store } : {}), ...(kept ? { key: kept } : {}) };
}

/** `keychain`, `passphrase` or `file:PATH`; undefined for anything else. `~/` is the person's home. */
export function parseKeyChoice(word: unknown, home: string): KeyChoice | undefined {
  if (word === 'keychain' || word === 'passphrase') return word;
  if (typeof word !== 'string' || !word.startsWith('file:')) return undefined;
  const path = word.slice('file:'.length).replace(/^~(?=\/)/, home);
  return isAbsolute(path) && !/[\0-\x1f]/.test(path) ? `file:${path}` : undefined;
}

function invalid(message: string, file: string): UserError {
  return new UserError({
    id: 'HB318',
    message,
    cause: `store is one of ${AVAILABLE.map(name => `"${name}"`).join(', ')}; the key of [sealed-file] is "keychain", "passphrase" or "file:/absolute/path".`,
    next: `\${EDITOR:-vi} ${quoteWord(file)}`,
    exit: EXIT.invalid,
  });
}
