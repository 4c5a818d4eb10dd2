import type { Item, SecretStore } from '../secrets/store.ts';
import { listRuns, readJournal } from './journal.ts';
import { type Copy, copiesWith, forgetCopies, isFailure } from './kept-text.ts';
import type { SavedItem } from './keychain-port.ts';

/**
 * Deletes what runs have kept of one secret for `undo` (contracts §5): its former values, and the lines of files that
 * they stood in, as of an imported `.env`. After a rotation or a removal none may be left. Undo then refuses, saying
 * that it is not kept any more; that holds for other secrets in the same piece of a file as well.
 * @param state the workspace's state folder.
 * @param words a kept text with one of them goes: the secret's variables, and its former value if it is known.
 * @returns false when the store could not delete them; they go when their runs expire.
 */
export async function dropCopies(
  state: string,
  { service, user }: Item,
  store: SecretStore,
  words: readonly string[],
): Promise<boolean> {
  const records = listRuns(state).flatMap(run => readJournal(state, run));
  const values = records
    .filter(({ kind }) => kind === 'saved')
    .map(({ after }) => after as Partial<SavedItem>)
    .filter(({ item }) => item?.service === service && item.user === user)
    .flatMap(({ copy }) => (copy === undefined ? [] : [copy]));
  let texts: Copy[];
  try {
    texts = await copiesWith(words, records, store);
  } catch (error) {
    if (isFailure(error)) return false;
    throw error;
  }
  return forgetCopies([...values, ...texts], store);
}
