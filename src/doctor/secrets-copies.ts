import { type Finding, finding } from '../core/findings.ts';
import { dueCopies } from '../engine/expire-copies.ts';
import { STORE_WORDS } from '../secrets/names.ts';
import type { Item } from '../secrets/store.ts';
import { StoreError } from '../secrets/store-error.ts';
import type { WorkspaceCheck } from './check.ts';

/** Copies of former values that should be gone. A store is not enumerated for that: the journals know their names. */
export const formerValues: WorkspaceCheck = {
  title: 'No former values of secrets are left',
  about: 'workspace',
  async run({ linked, approved, store }) {
    if (!linked || !approved || !store.writable) return [];
    const copies = dueCopies(linked).map(copy => ({ ...copy, env: '' }));
    if (copies.length === 0) return [];
    const values = await store.get(copies).catch((error: unknown) => {
      if (error instanceof StoreError) return [];
      throw error;
    });
    const left = copies.filter((_, at) => values[at] !== undefined);
    return left.length === 0 ? [] : [leftOver(left, STORE_WORDS[store.name])];
  },
};

function leftOver(copies: readonly Item[], place: string): Finding {
  const many = copies.length === 1 ? 'a former value' : `${copies.length} former values`;
  return finding(
    'HB334',
    'info',
    `Your ${place} still holds ${many} from changes that were undone or are more than 14 days old.`,
    'It was kept so that the change could be undone. setup deletes it when it next changes something.',
    { command: 'hotpass-bootstrap secrets repair', safe: false },
  );
}
