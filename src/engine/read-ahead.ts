import type { SecretStore } from '../secrets/store.ts';
import { type Copy, isFailure, textCopies } from './kept-text.ts';
import type { SavedItem } from './keychain-port.ts';
import type { JournalRecord } from './step.ts';

export type Readable = Pick<SecretStore, 'get'>;

/**
 * Reads all that these records name in the store at once, since every read of a keychain is a process (design §5a).
 * @returns answers from that; the store itself when it could not answer, so that each piece says what that means for it.
 */
export async function readAhead(records: readonly JournalRecord[], store: SecretStore): Promise<Readable> {
  const items = [...textCopies(records), ...records.flatMap(itemsOf)].map(({ service, user }) => ({
    service,
    user,
    env: '',
  }));
  if (items.length === 0) return store;
  let values: readonly (string | undefined)[];
  try {
    values = await store.get(items);
  } catch (error) {
    if (isFailure(error)) return store;
    throw error;
  }
  const known = new Map(items.map((item, at) => [keyOf(item), values[at]]));
  const all = (asked: readonly Copy[]): boolean => asked.every(item => known.has(keyOf(item)));
  return { get: async asked => (all(asked) ? asked.map(item => known.get(keyOf(item))) : store.get(asked)) };
}

function itemsOf({ kind, after }: JournalRecord): Copy[] {
  const { item, copy } = (kind === 'saved' ? after : {}) as Partial<SavedItem>;
  return [item, copy].filter(one => one !== undefined);
}

function keyOf({ service, user }: Copy): string {
  return `${service}\0${user}`;
}
