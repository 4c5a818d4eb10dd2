import type { Change } from '../core/changes.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import type { IndexEntry } from '../secrets/index-file.ts';
import { journalCopy } from '../secrets/journal-copy.ts';
import type { Item, SecretStore } from '../secrets/store.ts';
import type { Journal } from './journal.ts';
import type { Copy } from './kept-text.ts';
import type { KeychainPort } from './step.ts';

/** What a `saved` record holds for a secret: never the value, only where its former one is kept. */
export interface SavedItem {
  item: { service: string; user: string };
  /** The item that holds the value before; undefined when there was none. */
  copy: Copy | undefined;
  /** What the index said of the item; null: nothing. Older records lack it. */
  entry?: IndexEntry | null;
}

/**
 * Journalled writes to the secret store: the value before is copied to `.journal/<run>/<n>` and read back, then
 * `saved`, then the new value is put and read back (contracts §5). Every store reads back what it sets.
 */
export function keychainPort(
  journal: Journal,
  change: Change,
  store: SecretStore,
  secrets: readonly WantedSecret[],
  itemOf: (secret: WantedSecret) => Item,
  nextCopy: () => number,
  entryOf: (user: string) => IndexEntry | undefined = () => undefined,
): KeychainPort {
  return {
    async set(name, value) {
      const secret = secrets.find(candidate => candidate.name === name);
      if (!secret) throw new Error(`no secret ${name} in this environment`);
      const item = itemOf(secret);
      const [before] = await store.get([item]);
      if (before === value) return;
      const copy = journalCopy(item, journal.run, nextCopy());
      if (before !== undefined) await store.set(copy, before);
      const record: SavedItem = {
        item: { service: item.service, user: item.user },
        copy: before === undefined ? undefined : { service: copy.service, user: copy.user },
        entry: entryOf(item.user) ?? null,
      };
      journal.append({ kind: 'saved', step: change.step, change, after: record });
      await store.set(item, value);
    },
  };
}
