import { isTable, type Json, type Vault } from './vault-client.ts';
import { deletedVersion, denied, noField, noMount, notKv, notText, notThere, oddAnswer } from './vault-errors.ts';
import { explainRefusal, rightsOn } from './vault-refusal.ts';
import type { VaultToken } from './vault-token.ts';

/** Where a secret lies: `path#field` of a manifest. */
export interface VaultReference {
  path: string;
  field: string;
}

/** A folder of values in a key-value engine. */
export interface KvPlace {
  /** Without slashes at its ends. */
  mount: string;
  /** Path below the mount. */
  inside: string;
  version: 1 | 2;
}

/** What stands at a place now. */
export interface KvContent {
  place: KvPlace;
  values: Json;
  /** For check-and-set: 0 when nothing was ever written there; undefined in version 1, which has no versions. */
  version: number | undefined;
}

/** @param text from a manifest, already judged: `hotpass/prefect#auth_staging`. */
export function parseReference(text: string): VaultReference {
  const at = text.lastIndexOf('#');
  return { path: text.slice(0, at), field: text.slice(at + 1) };
}

/** Path as Vault's policies and its API name it. */
export function apiPath({ mount, inside, version }: KvPlace): string {
  return version === 2 ? `${mount}/data/${inside}` : `${mount}/${inside}`;
}

/** Path as people name it. */
export function plainPath({ mount, inside }: KvPlace): string {
  return `${mount}/${inside}`;
}

/**
 * Finds the mount and its version with no administrator's right (`sys/internal/ui/mounts`, facts secrets §3.3).
 * @param path from the manifest; below `settings.mount` when that is set.
 * @throws VaultError
 */
export async function locate(vault: Vault, by: VaultToken, path: string): Promise<KvPlace> {
  const { settings } = vault;
  const full = settings.mount === undefined ? path : `${settings.mount}/${path}`;
  const reply = await vault.call('GET', `sys/internal/ui/mounts/${full}`, { token: by.token });
  if (reply.status === 403) throw await explainRefusal(vault, by, full);
  const { path: mounted, type, options } = reply.data;
  if (reply.status !== 200 || typeof mounted !== 'string') {
    if (reply.status === 404) throw noMount(full);
    throw oddAnswer(settings.address, `the question where ${full} is`, reply.status);
  }
  if (type !== 'kv' && type !== 'generic') throw notKv(full, `${mounted} is an engine of the kind ${String(type)}`);
  const mount = mounted.replace(/\/+$/, '');
  const inside = full.slice(mount.length + 1);
  if (inside === '' || !full.startsWith(`${mount}/`)) throw noMount(full);
  return { mount, inside, version: isTable(options) && options['version'] === '2' ? 2 : 1 };
}

/** @throws VaultError with what the answer means, 404 in its several meanings included. */
export async function readPlace(vault: Vault, by: VaultToken, place: KvPlace): Promise<KvContent> {
  const path = apiPath(place);
  const { status, data, body } = await vault.call('GET', path, { token: by.token });
  const metadata = isTable(data['metadata']) ? data['metadata'] : {};
  if (status === 200) {
    if (place.version === 1) return { place, values: data, version: undefined };
    const version = metadata['version'];
    const values = isTable(data['data']) ? data['data'] : {};
    return { place, values, version: typeof version === 'number' ? version : undefined };
  }
  if (status === 404) {
    if (metadata['destroyed'] === true) throw deletedVersion(plainPath(place), true);
    if (metadata['deletion_time']) throw deletedVersion(plainPath(place), false);
    if (Array.isArray(body['warnings'])) throw notKv(plainPath(place), 'its engine is of another version than it says');
    throw notThere(plainPath(place), place.inside.startsWith('data/'));
  }
  if (status === 403) {
    const rights = await rightsOn(vault, by, path);
    throw rights.includes('read') || rights.includes('root')
      ? oddAnswer(vault.settings.address, `reading ${path}`, 403)
      : denied(path, 'read');
  }
  throw oddAnswer(vault.settings.address, `reading ${path}`, status);
}

/** @throws VaultError when the field is missing, empty or no text. */
export function fieldOf({ place, values }: KvContent, field: string): string {
  const value = Object.hasOwn(values, field) ? values[field] : undefined;
  if (value === undefined || value === null || value === '')
    throw noField(plainPath(place), field, value !== undefined);
  if (typeof value !== 'string') throw notText(plainPath(place), field);
  return value;
}
