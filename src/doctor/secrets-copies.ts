import { type Finding, finding } from '../core/findings.ts';
import { namesCopies } from '../engine/expire-copies.ts';
import { listRuns, readJournal } from '../engine/journal.ts';
import { textCopies } from '../engine/kept-text.ts';
import type { SavedItem } from '../engine/keychain-port.ts';
import { STORE_WORDS } from '../secrets/names.ts';
import type { Item } from '../secrets/store.ts';
import { StoreError } from '../secrets/store-error.ts';
import { now } from '../system/clock.ts';
import type { WorkspaceCheck } from './check.ts';

/** Former values are kept for an undo, and no longer (contracts §5). */
const KEPT_MS = 14 * 86_400_000;

/** Copies of former values that should be gone. A store is not enumerated for that: the journals know their names. */
export const formerValues: WorkspaceCheck = {
  title: 'No former values of secrets are left',
  about: 'workspace',
  async run({ linked, approved, store }) {
    if (!linked || !approved || !store.writable) return [];
    const copies = expiredCopies(linked.state);
    if (copies.length === 0) return [];
    const values = await store.get(copies).catch((error: unknown) => {
      if (error instanceof StoreError) return [];
      throw error;
    });
    const left = copies.filter((_, at) => values[at] !== undefined);
    return left.length === 0 ? [] : [leftOver(left, STORE_WORDS[store.name])];
  },
};

/** @param state our state folder of the workspace. */
export function expiredCopies(state: string): Item[] {
  return listRuns(state).flatMap(run => {
    const records = readJournal(state, run);
    const age = now().wall - Date.parse(records[0]?.at ?? '');
    if (!(age > KEPT_MS) || !namesCopies(records)) return [];
    const saved = records.filter(({ kind }) => kind === 'saved').map(({ after }) => after as Partial<SavedItem>);
    const copies = [...textCopies(records), ...saved.flatMap(({ copy }) => (copy === undefined ? [] : [copy]))];
    return copies.map(copy => ({ ...copy, env: '' }));
  });
}

function leftOver(copies: readonly Item[], place: string): Finding {
  const many = copies.length === 1 ? 'a former value' : `${copies.length} former values`;
  return finding(
    'HB334',
    'info',
    `Your ${place} still holds ${many} from changes of more than 14 days ago.`,
    'It was kept so that the change could be undone. setup deletes it when it next changes something.',
    { command: 'hotpass-bootstrap secrets repair', safe: false },
  );
}
