import { type IndexEntry, type SecretIndex, updateIndex } from './index-file.ts';
import { serviceOf } from './names.ts';
import type { Item, SecretStore } from './store.ts';

/**
 * Moves what the index knows from one store to another; first all are stored and read back in the new one, then the
 * index says so, then they go from the old one, so that a crash loses nothing. What runs have kept for undo goes along:
 * nobody would look for it, or delete it, in a store that is not used any more.
 * @param users user names of the items.
 * @param where `copies`: user names of what runs have kept.
 * @returns how many secrets were there to move.
 */
export async function moveSecrets(
  users: readonly string[],
  where: {
    from: SecretStore;
    to: SecretStore;
    state: string;
    namespace: string;
    index: SecretIndex;
    copies?: readonly string[];
  },
): Promise<number> {
  const { from, to, state, namespace, index, copies = [] } = where;
  const items = [...users, ...copies].map(user => ({ service: serviceOf(namespace), user, env: '' }));
  const values = await from.get(items);
  const changes: Record<string, IndexEntry | undefined> = {};
  const moved: Item[] = [];
  for (const [at, item] of items.entries()) {
    const value = values[at];
    const entry = index[item.user];
    if (value === undefined || (!entry && at < users.length)) continue;
    await to.set(item, value);
    moved.push(item);
    if (entry) changes[item.user] = { ...entry, store: to.name };
  }
  await updateIndex(state, namespace, changes);
  for (const item of moved) await from.remove(item);
  return Object.keys(changes).length;
}
