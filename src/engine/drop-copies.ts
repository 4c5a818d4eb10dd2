import type { Item, SecretStore } from '../secrets/store.ts';
import { listRuns, readJournal } from './journal.ts';
import { forgetCopies } from './kept-text.ts';
import type { SavedItem } from './keychain-port.ts';

/**
 * Deletes the former values of one secret that runs have kept for `undo` (contracts §5): after a rotation or a removal
 * none may be left. Undo then refuses, saying that the former value is not kept any more.
 * @param state the workspace's state folder.
 * @returns false when the store could not delete them; they go when their runs expire.
 */
export async function dropCopies(state: string, { service, user }: Item, store: SecretStore): Promise<boolean> {
  const copies = listRuns(state)
    .flatMap(run => readJournal(state, run))
    .filter(({ kind }) => kind === 'saved')
    .map(({ after }) => after as Partial<SavedItem>)
    .filter(({ item }) => item?.service === service && item.user === user)
    .flatMap(({ copy }) => (copy === undefined ? [] : [copy]));
  return forgetCopies(copies, store);
}
