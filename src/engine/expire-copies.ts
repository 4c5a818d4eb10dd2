import { journalUser } from '../secrets/journal-copy.ts';
import { serviceOf } from '../secrets/names.ts';
import type { SecretStore } from '../secrets/store.ts';
import { Journal, listRuns, readJournal, runStatus } from './journal.ts';
import { type Copy, forgetCopies, textCopies } from './kept-text.ts';
import type { SavedItem } from './keychain-port.ts';
import type { JournalRecord, Linked } from './step.ts';

/** Former values and texts in the secret store are kept for this long (contracts §5). */
const KEPT_MS = 14 * 86_400_000;
/** A run that was killed may have stored a copy that its journal does not name yet; so many steps write at a time. */
const UNNAMED = 2;

/** Deletes the copies that are due, under the workspace lock. A store that cannot: next time. */
export async function expireCopies(linked: Linked, store: SecretStore): Promise<void> {
  if (!store.writable) return;
  for (const { run, copies } of dueRuns(linked)) {
    if (!(await forgetCopies(copies, store))) return;
    Journal.reopen(linked.state, run).append({ kind: 'close', after: { copiesDeleted: true } });
  }
}

/**
 * Copies that nothing needs any more, of runs that were undone or are older than 14 days, unless the journal says that
 * they were deleted. An undo may have left some: a store that could not delete them, or a piece that it refused.
 */
export function dueCopies(linked: Linked): Copy[] {
  return dueRuns(linked).flatMap(({ copies }) => copies);
}

/** User names of the items that the store may still hold for runs: kept for undo, or left by one. */
export function keptCopies(state: string): string[] {
  const journals = listRuns(state).map(run => readJournal(state, run));
  return journals.filter(namesCopies).flatMap(records => namedCopies(records).map(({ user }) => user));
}

/** Does the journal name items that the store may still hold? */
export function namesCopies(records: readonly JournalRecord[]): boolean {
  return !areDeleted(records) && namedCopies(records).length > 0;
}

function dueRuns({ state, namespace }: Linked): { run: string; copies: Copy[] }[] {
  return listRuns(state).flatMap(run => {
    const records = readJournal(state, run);
    const isOld = Date.now() - Date.parse(records[0]?.at ?? '') > KEPT_MS;
    if (areDeleted(records) || !(isOld || runStatus(records) === 'undone')) return [];
    const named = namedCopies(records);
    const wasKilled = closes(records).some(after => 'superseded' in after);
    const copies = wasKilled ? [...named, ...unnamed(run, named, serviceOf(namespace))] : named;
    return copies.length === 0 ? [] : [{ run, copies }];
  });
}

function areDeleted(records: readonly JournalRecord[]): boolean {
  return closes(records).some(after => 'copiesDeleted' in after);
}

function closes(records: readonly JournalRecord[]): object[] {
  return records.filter(({ kind }) => kind === 'close').map(({ after }) => (after ?? {}) as object);
}

/** Of texts of files, and of stored secrets. */
function namedCopies(records: readonly JournalRecord[]): Copy[] {
  const saved = records.filter(({ kind }) => kind === 'saved').map(({ after }) => after as Partial<SavedItem>);
  return [...textCopies(records), ...saved.flatMap(({ copy }) => (copy === undefined ? [] : [copy]))];
}

function unnamed(run: string, named: readonly Copy[], service: string): Copy[] {
  const last = Math.max(0, ...named.map(copy => Number(copy.user.split('/').at(-1))));
  return Array.from({ length: UNNAMED }, (_, at) => ({ service, user: journalUser(run, last + 1 + at) }));
}
