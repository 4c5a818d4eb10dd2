import { join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { type Moment, now } from '../system/clock.ts';
import { privateFolder, readText, replaceFile } from '../system/files.ts';
import { withLock } from '../system/lock.ts';
import type { SecretStore } from './store.ts';

/** What is known of a stored secret without opening the store. Never its value, nor a hash of it. */
export interface IndexEntry {
  store: SecretStore['name'];
  /** Milliseconds since 1970: when we stored it; undefined when somebody else did. */
  storedAt: number | undefined;
  /** When the store last said that it is there, and in which boot. */
  checkedAt: number;
  boot: string;
  /** Scheme, host and port it may be sent to (security §3). */
  audience: string | undefined;
  /** What its service said when it was last shown this value. */
  live?: LiveCheck | undefined;
}

export interface LiveCheck {
  /** Milliseconds since 1970. */
  at: number;
  accepted: boolean;
}

/** By user name: `<environment>/<secret>` or `*` + `/<secret>`. */
export type SecretIndex = Readonly<Record<string, IndexEntry>>;

const DAY_MS = 86_400_000;

/**
 * The index of a namespace. It is a cache: a missing or unreadable one is empty, and a missing entry proves nothing.
 * @param state our state folder, `paths.state`.
 */
export function readIndex(state: string, namespace: string): SecretIndex {
  try {
    const parsed = JSON.parse(readText(join(folderOf(state, namespace), 'index.json')) ?? '{}') as {
      entries?: Record<string, IndexEntry>;
    };
    const entries = Object.entries(parsed.entries ?? {}).filter(([, entry]) => isEntry(entry));
    return Object.fromEntries(entries);
  } catch (error) {
    if (error instanceof UserError) throw error;
    return {};
  }
}

/**
 * Has this namespace ever been used from here? Items that are found without it came from elsewhere, and are adopted
 * only after a question (security §1).
 */
export function hasIndex(state: string, namespace: string): boolean {
  return readText(join(folderOf(state, namespace), 'index.json')) !== undefined;
}

/** May an entry stand for the store's own answer? Until the next boot, and for a day at most (contracts §4). */
export function isTrusted(entry: IndexEntry | undefined, store: SecretStore['name'], at: Moment = now()): boolean {
  if (entry?.store !== store || entry.boot !== at.boot) return false;
  const age = at.wall - entry.checkedAt;
  return age >= 0 && age < DAY_MS;
}

/**
 * Changes entries under the index's leaf lock: an entry is put in whole, `undefined` takes it out.
 * @throws UserError 75 when the lock cannot be had in five seconds.
 */
export async function updateIndex(
  state: string,
  namespace: string,
  changes: Readonly<Record<string, IndexEntry | undefined>>,
): Promise<void> {
  if (Object.keys(changes).length === 0) return;
  privateFolder(state);
  privateFolder(join(state, 'secrets'));
  const folder = privateFolder(folderOf(state, namespace));
  await withLock(join(folder, 'index.lock'), 'the index of secrets', () => {
    const entries: Record<string, IndexEntry> = { ...readIndex(state, namespace) };
    for (const [user, entry] of Object.entries(changes)) {
      if (entry) entries[user] = entry;
      else delete entries[user];
    }
    replaceFile(join(folder, 'index.json'), `${JSON.stringify({ schema: 1, entries }, null, 1)}\n`, 0o600);
  });
}

/**
 * The entry of a secret that we have just stored (`true`), or that the store has just shown.
 */
export function freshEntry(
  store: SecretStore['name'],
  audience: string | undefined,
  stored: true | Pick<IndexEntry, 'storedAt' | 'live'>,
  at: Moment = now(),
): IndexEntry {
  const { storedAt, live }: Pick<IndexEntry, 'storedAt' | 'live'> = stored === true ? { storedAt: at.wall } : stored;
  return { store, storedAt, checkedAt: at.wall, boot: at.boot, audience, ...(live === undefined ? {} : { live }) };
}

function folderOf(state: string, namespace: string): string {
  if (!/^[a-z0-9][a-z0-9._~-]*$/.test(namespace) || namespace.includes('..')) {
    throw new UserError({
      message: `${JSON.stringify(namespace)} is not the name of a workspace.`,
      cause: 'The record of the linked workspaces names it; somebody else than this tool has changed that record.',
      next: 'hotpass-bootstrap secrets where',
      exit: EXIT.invalid,
    });
  }
  return join(state, 'secrets', namespace);
}

function isEntry(entry: unknown): entry is IndexEntry {
  const { store, checkedAt, boot } = (entry ?? {}) as Partial<IndexEntry>;
  return typeof store === 'string' && typeof checkedAt === 'number' && typeof boot === 'string';
}
