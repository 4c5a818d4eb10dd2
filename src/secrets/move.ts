import { type IndexEntry, type SecretIndex, updateIndex } from './index-file.ts';
import { serviceOf } from './names.ts';
import type { SecretStore } from './store.ts';

/**
 * Moves what the index knows from one store to another; first all are stored and read back in the new one, then the
 * index says so, then they go from the old one, so that a crash loses nothing.
 * @param users user names of the items.
 * @returns how many were there to move.
 */
export async function moveSecrets(
  users: readonly string[],
  where: { from: SecretStore; to: SecretStore; state: string; namespace: string; index: SecretIndex },
): Promise<number> {
  const { from, to, state, namespace, index } = where;
  const items = users.map(user => ({ service: serviceOf(namespace), user, env: '' }));
  const values = await from.get(items);
  const changes: Record<string, IndexEntry | undefined> = {};
  for (const [at, item] of items.entries()) {
    const value = values[at];
    const entry = index[item.user];
    if (value === undefined || !entry) continue;
    await to.set(item, value);
    changes[item.user] = { ...entry, store: to.name };
  }
  await updateIndex(state, namespace, changes);
  for (const item of items) if (item.user in changes) await from.remove(item);
  return Object.keys(changes).length;
}
