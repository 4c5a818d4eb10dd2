import { readIndex, updateIndex } from '../secrets/index-file.ts';
import type { Item } from '../secrets/store.ts';
import type { SavedItem } from './keychain-port.ts';
import type { Readable } from './read-ahead.ts';
import type { JournalRecord, Read, Refused } from './step.ts';

/** Who keeps `storedAt` and the journal's time looks at the same clock; a write between them takes this long at most. */
const WRITE_MS = 60_000;

/**
 * Can a stored secret be taken back? Asks the store for the copy of the former value, and the index whether a newer
 * value was stored since; touches nothing.
 * @param records of the change that stored it.
 * @param store answers for `ctx.store`.
 * @throws UserError 69 or 3 when the store cannot answer.
 */
export async function itemUndoable(
  saved: SavedItem,
  records: readonly JournalRecord[],
  ctx: Read,
  force: boolean,
  store: Readable = ctx.store,
): Promise<Refused | undefined> {
  const { user } = saved.item;
  const entry = ctx.linked && readIndex(ctx.paths.state, ctx.linked.namespace)[user];
  const last = Date.parse(records.at(-1)?.at ?? '') + WRITE_MS;
  if (!force && entry?.storedAt !== undefined && entry.storedAt > last) {
    return { kind: 'refused', reason: `the secret ${user} was stored anew since` };
  }
  const [, copy] = await store.get([item(saved.item), item(saved.copy ?? saved.item)]);
  if (saved.copy === undefined || copy !== undefined) return undefined;
  return { kind: 'refused', reason: `the former value of the secret ${user} is not kept any more` };
}

/**
 * The former value comes back from its copy, which is then deleted, and may go only where it could go before; a new
 * item is removed.
 */
export async function undoItem(saved: SavedItem, ctx: Read): Promise<void> {
  const { store, linked } = ctx;
  if (saved.copy !== undefined) {
    const [before] = await store.get([item(saved.copy)]);
    if (before === undefined) return;
    await store.set(item(saved.item), before);
    const { entry } = saved;
    if (linked && entry !== undefined) {
      await updateIndex(ctx.paths.state, linked.namespace, { [saved.item.user]: entry ?? undefined });
    }
    await store.remove(item(saved.copy));
    return;
  }
  await store.remove(item(saved.item));
  // The index says that it is there, and an idle setup would believe it.
  if (linked) await updateIndex(ctx.paths.state, linked.namespace, { [saved.item.user]: undefined });
}

function item(of: { service: string; user: string }): Item {
  return { ...of, env: '' };
}
