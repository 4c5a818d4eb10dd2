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

/** Deletes the copies of runs that are older than 14 days, under the workspace lock. A store that cannot: next time. */
export async function expireCopies({ state, namespace }: Linked, store: SecretStore): Promise<void> {
  if (!store.writable) return;
  for (const run of listRuns(state)) {
    const records = readJournal(state, run);
    if (!(Date.now() - Date.parse(records[0]?.at ?? '') > KEPT_MS) || isDeleted(records)) continue;
    const named = namedCopies(records);
    const wasKilled = closes(records).some(after => 'superseded' in after);
    const copies = wasKilled ? [...named, ...unnamed(run, named, serviceOf(namespace))] : named;
    if (copies.length === 0) continue;
    if (!(await forgetCopies(copies, store))) return;
    Journal.reopen(state, run).append({ kind: 'close', after: { copiesDeleted: true } });
  }
}

/** Copies that nothing needs any more: of runs that were undone, or that are older than 14 days. */
export function leftoverCopies(state: string): Copy[] {
  return listRuns(state).flatMap(run => {
    const records = readJournal(state, run);
    const isOld = Date.now() - Date.parse(records[0]?.at ?? '') > KEPT_MS;
    return isOld || runStatus(records) === 'undone' ? namedCopies(records) : [];
  });
}

/** User names of the items that are kept for undo. */
export function keptCopies(state: string): string[] {
  const journals = listRuns(state).map(run => readJournal(state, run));
  return journals.flatMap(records => (namesCopies(records) ? namedCopies(records).map(({ user }) => user) : []));
}

/** Does the journal name items that the store still holds for undo? */
export function namesCopies(records: readonly JournalRecord[]): boolean {
  return !isDeleted(records) && namedCopies(records).length > 0;
}

function isDeleted(records: readonly JournalRecord[]): boolean {
  return runStatus(records) === 'undone' || closes(records).some(after => 'copiesDeleted' in after);
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
