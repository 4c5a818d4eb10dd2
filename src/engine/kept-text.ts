import { EXIT, Interrupted, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { holdsSecret } from '../core/redact.ts';
import { journalUser } from '../secrets/journal-copy.ts';
import { serviceOf } from '../secrets/names.ts';
import type { Item, SecretStore } from '../secrets/store.ts';
import type { SavedFile } from './files-port.ts';
import type { JournalRecord } from './step.ts';

/** An item of the secret store that keeps a former value or text for undo. */
export interface Copy {
  service: string;
  user: string;
}

/** A text as the journal holds it: itself, or where it is kept because a secret stands in it (security §6). */
export type KeptText = string | { copy: Copy };

/** A text that is to be journalled holds a secret: it has to be kept in the secret store first. */
export class UnkeptSecret extends Error {
  constructor(
    readonly path: string,
    readonly text: string,
  ) {
    super(`a secret stands in ${path}`);
  }
}

/** Puts a text of the file into the secret store. @throws UserError 78 when no store can keep it. */
export type Keeper = (path: string, text: string) => Promise<Copy>;

/**
 * Keeps texts as items `.journal/<run>/<n>` (contracts §5), read back by the store.
 * @param nextCopy numbers of this run; none is used twice.
 */
export function keeper(run: string, namespace: string, store: SecretStore, nextCopy: () => number): Keeper {
  return async (path, text) => {
    if (store.name === 'environment' || !store.writable) throw secretInTheWay(path);
    const copy: Copy = { service: serviceOf(namespace), user: journalUser(run, nextCopy()) };
    try {
      await store.set(itemOf(copy), text);
    } catch (error) {
      throw isFailure(error) ? secretInTheWay(path, error) : error;
    }
    return copy;
  };
}

/** Why a file with a secret in it is left alone. @param why the failure of the store that was to keep it. */
export function secretInTheWay(path: string, why?: UserError): UserError {
  return new UserError({
    id: 'HB504',
    message: `${path} holds something that looks like a secret where this tool would write.`,
    cause:
      why === undefined
        ? 'Undo needs the former text. With a secret in it, that text is kept only in a keychain, and none is used here: move the value out, then run setup again.'
        : `Undo needs the former text. With a secret in it, that text is kept only in your keychain. ${why.message}`,
    next: why?.next ?? `\${EDITOR:-vi} ${quoteWord(path)}`,
    exit: EXIT.invalid,
  });
}

/**
 * The text for the journal: itself, unless a secret stands in it.
 * @param always it holds one, whatever it looks like. @throws UnkeptSecret while it is not kept yet.
 */
export function keptText(path: string, text: string, kept: ReadonlyMap<string, Copy>, always = false): KeptText {
  if (!always && !holdsSecret(text)) return text;
  const copy = kept.get(text);
  if (copy === undefined) throw new UnkeptSecret(path, text);
  return { copy };
}

/** The items that keep texts of files for these records. */
export function textCopies(records: readonly JournalRecord[]): Copy[] {
  return records.flatMap(record => textsOf(record).flatMap(text => (typeof text === 'object' ? [text.copy] : [])));
}

function textsOf({ kind, after }: JournalRecord): (KeptText | undefined)[] {
  const saved = (kind === 'saved' ? after : {}) as Partial<SavedFile<KeptText>>;
  if (saved.file === 'whole') return [saved.content, saved.written];
  if (saved.file === 'regions') return (saved.regions ?? []).flatMap(region => [region.before, region.after]);
  return [];
}

/**
 * Records with the texts that the store keeps for them.
 * @returns them, and the numbers of those whose text is not kept any more, which are left as they are.
 */
export async function withTexts(
  records: readonly JournalRecord[],
  store: Pick<SecretStore, 'get'>,
): Promise<{ records: JournalRecord[]; lost: ReadonlySet<number> }> {
  const copies = textCopies(records);
  const values = copies.length === 0 ? [] : await store.get(copies.map(itemOf));
  const texts = new Map(copies.map((copy, at) => [copy.user, values[at]]));
  const isLost = (record: JournalRecord): boolean =>
    textCopies([record]).some(copy => texts.get(copy.user) === undefined);
  const lost = new Set(records.filter(isLost).map(({ seq }) => seq));
  return { records: records.map(record => (lost.has(record.seq) ? record : filled(record, texts))), lost };
}

function filled(record: JournalRecord, texts: ReadonlyMap<string, string | undefined>): JournalRecord {
  const after = record.after as SavedFile<KeptText>;
  const plain = (text: KeptText | undefined): string | undefined =>
    typeof text === 'object' ? texts.get(text.copy.user) : text;
  if (record.kind !== 'saved') return record;
  if (after.file === 'whole') {
    return { ...record, after: { ...after, content: plain(after.content), written: plain(after.written) } };
  }
  if (after.file !== 'regions') return record;
  const regions = after.regions.map(one => ({ ...one, before: plain(one.before), after: plain(one.after) }));
  return { ...record, after: { ...after, regions } };
}

/** The kept texts in which one of these words stands. @throws UserError when the store cannot answer. */
export async function copiesWith(
  words: readonly string[],
  records: readonly JournalRecord[],
  store: SecretStore,
): Promise<Copy[]> {
  const copies = textCopies(records);
  const texts = copies.length === 0 ? [] : await store.get(copies.map(itemOf));
  const lower = words.map(word => word.toLowerCase());
  return copies.filter((_, at) => lower.some(word => texts[at]?.toLowerCase().includes(word)));
}

/** Deletes items that are not needed any more; one that cannot be deleted now goes when the run has expired. */
export async function forgetCopies(copies: readonly Copy[], store: SecretStore): Promise<boolean> {
  try {
    for (const copy of copies) await store.remove(itemOf(copy));
    return true;
  } catch (error) {
    if (isFailure(error)) return false;
    throw error;
  }
}

/** A store that cannot, and not a person who stopped us. */
export function isFailure(error: unknown): error is UserError {
  return error instanceof UserError && !(error instanceof Interrupted);
}

function itemOf(copy: Copy): Item {
  return { ...copy, env: '' };
}
