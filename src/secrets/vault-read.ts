import type { Vault } from './vault-client.ts';
import { VaultError } from './vault-errors.ts';
import { fieldOf, type KvContent, locate, parseReference, readPlace } from './vault-kv.ts';
import type { VaultToken } from './vault-token.ts';

/** What Vault says of one secret: its value, or why there is none. */
export type VaultFinding = { value: string } | { problem: VaultError };

/**
 * Reads secrets, each path once and all at the same time.
 * @param wanted names of secrets with their `path#field`.
 * @throws VaultError for what stands in the way of all of them.
 */
export async function readFromVault(
  vault: Vault,
  by: VaultToken,
  wanted: readonly { name: string; vault: string }[],
): Promise<Map<string, VaultFinding>> {
  const paths = [...new Set(wanted.map(one => parseReference(one.vault).path))];
  const contents = new Map<string, KvContent | VaultError>();
  await Promise.all(
    paths.map(async path => {
      contents.set(path, await readPath(vault, by, path));
    }),
  );
  return new Map(wanted.map(({ name, vault: reference }) => [name, findingOf(reference, contents)]));
}

async function readPath(vault: Vault, by: VaultToken, path: string): Promise<KvContent | VaultError> {
  try {
    return await readPlace(vault, by, await locate(vault, by, path));
  } catch (error) {
    if (error instanceof VaultError && error.oneSecret) return error;
    throw error;
  }
}

function findingOf(reference: string, contents: ReadonlyMap<string, KvContent | VaultError>): VaultFinding {
  const { path, field } = parseReference(reference);
  const content = contents.get(path);
  if (content === undefined) throw new Error('a path was not read');
  if (content instanceof VaultError) return { problem: content };
  try {
    return { value: fieldOf(content, field) };
  } catch (error) {
    if (error instanceof VaultError) return { problem: error };
    throw error;
  }
}
