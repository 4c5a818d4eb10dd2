import { join } from 'node:path';
import type { Change } from '../core/changes.ts';
import { EXIT } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import type { SecretStore } from '../secrets/store.ts';
import { type LockOptions, takeLock } from '../system/lock.ts';
import { expireCopies } from './expire-copies.ts';
import { Journal, newRunId } from './journal.ts';
import { type Keeper, keeper } from './kept-text.ts';
import { recover } from './recover.ts';
import type { Linked } from './step.ts';

export interface UnderLock {
  lock: LockOptions;
  root: string;
  /** Copies that are due are deleted there; none is opened for that. */
  store: SecretStore | undefined;
  emit: (event: RunEvent) => void;
}

/**
 * Whatever changes a workspace does so under its lock, once what an earlier run left was tidied.
 * @returns what `act` returns. @throws UserError 75 while another run holds the lock.
 */
export async function underLock<T>(
  linked: Linked,
  { lock: options, root, store, emit }: UnderLock,
  act: () => Promise<T>,
): Promise<T> {
  const lock = await takeLock(join(linked.state, 'lock'), options);
  try {
    recover(linked.state, root, emit);
    if (store) await expireCopies(linked, store);
    return await act();
  } finally {
    lock.release();
  }
}

/** A run whose journal is open. */
export interface OpenRun {
  run: string;
  journal: Journal;
  /** Numbers of the copies in the store; none is used twice. */
  nextCopy: () => number;
  /** Keeps texts in the store; undefined where none is opened. */
  keep: Keeper | undefined;
}

/**
 * Carries something out as one run with a journal, which is closed whatever happens.
 * @param header of the journal: how many changes there are, in which environment.
 * @param exitOf the exit code that the journal is closed with; of what throws it is 1.
 */
export async function journalled<T>(
  { state, namespace }: Linked,
  header: { changes: number; environment?: string },
  store: SecretStore | undefined,
  act: (open: OpenRun) => Promise<T>,
  exitOf: (result: T) => number = () => EXIT.ok,
): Promise<T> {
  const run = newRunId();
  const journal = Journal.create(state, run, header);
  let copies = 0;
  const nextCopy = (): number => ++copies;
  let exit: number = EXIT.failed;
  try {
    const result = await act({ run, journal, nextCopy, keep: store && keeper(run, namespace, store, nextCopy) });
    exit = exitOf(result);
    return result;
  } finally {
    journal.append({ kind: 'close', after: { exit } });
  }
}

/** One change that is no step of a plan: `intent`, then `done` or `failed`. */
export async function journalledChange(
  journal: Journal,
  change: Change,
  act: () => void | Promise<void>,
): Promise<void> {
  const { step } = change;
  journal.append({ kind: 'intent', step, change });
  try {
    await act();
  } catch (error) {
    journal.append({ kind: 'failed', step, change });
    throw error;
  }
  journal.append({ kind: 'done', step, change });
}
