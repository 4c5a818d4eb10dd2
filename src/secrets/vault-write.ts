import { isTable, type Json, type Vault } from './vault-client.ts';
import { casLost, denied, oddAnswer } from './vault-errors.ts';
import { apiPath, type KvContent, type KvPlace, locate, plainPath } from './vault-kv.ts';
import { explainRefusal, rightsOn } from './vault-refusal.ts';
import type { VaultToken } from './vault-token.ts';

/**
 * What stands at a path, to be written anew: also where nothing was written yet, or the newest version was deleted.
 * @throws VaultError
 */
export async function readForWrite(vault: Vault, by: VaultToken, path: string): Promise<KvContent> {
  const place = await locate(vault, by, path);
  const { status, data } = await vault.call('GET', apiPath(place), { token: by.token });
  if (status === 403) throw await explainRefusal(vault, by, plainPath(place));
  if (status !== 200 && status !== 404) throw oddAnswer(vault.settings.address, `reading ${apiPath(place)}`, status);
  if (place.version === 1) return { place, values: status === 200 ? data : {}, version: undefined };
  return { place, values: isTable(data['data']) ? data['data'] : {}, version: versionIn(data) };
}

/**
 * Writes fields beside those that are there; in version 2 only if nobody has written since (check-and-set).
 * @throws VaultError HB376 when somebody has.
 */
export async function writeFields(
  vault: Vault,
  by: VaultToken,
  content: KvContent,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  const { place, values, version } = content;
  const merged: Json = { ...values, ...fields };
  const body = version === undefined ? merged : { options: { cas: version }, data: merged };
  const { status } = await vault.call('POST', apiPath(place), { token: by.token, body });
  if (status === 200 || status === 204) return;
  if (status === 403) await assertMayWrite(vault, by, place);
  if (status === 400 && version !== undefined && (await versionNow(vault, by, place)) !== version) {
    throw casLost(plainPath(place));
  }
  throw oddAnswer(vault.settings.address, `writing ${apiPath(place)}`, status);
}

async function assertMayWrite(vault: Vault, by: VaultToken, place: KvPlace): Promise<void> {
  const rights = await rightsOn(vault, by, apiPath(place));
  if (!rights.some(right => right === 'root' || right === 'update')) throw denied(apiPath(place), 'write');
}

async function versionNow(vault: Vault, by: VaultToken, place: KvPlace): Promise<number> {
  const { data } = await vault.call('GET', apiPath(place), { token: by.token });
  return versionIn(data);
}

function versionIn(data: Json): number {
  const metadata = data['metadata'];
  const version = isTable(metadata) ? metadata['version'] : undefined;
  return typeof version === 'number' ? version : 0;
}
