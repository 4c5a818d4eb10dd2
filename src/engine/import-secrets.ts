import { join } from 'node:path';
import type { Change } from '../core/changes.ts';
import { EXIT, UserError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import { quoteWord } from '../core/quote.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { freshEntry, readIndex, updateIndex } from '../secrets/index-file.ts';
import { describeItem } from '../secrets/names.ts';
import type { Item, SecretStore } from '../secrets/store.ts';
import { takeLock, withLock } from '../system/lock.ts';
import { filesPort } from './files-port.ts';
import { Journal, newRunId } from './journal.ts';
import { type Keeper, keeper, secretInTheWay, UnkeptSecret } from './kept-text.ts';
import { keychainPort } from './keychain-port.ts';
import { recover } from './recover.ts';
import { FileChanged, type Linked, type Region } from './step.ts';

/** A value that goes into the store. */
export interface Moved {
  secret: WantedSecret;
  item: Item;
  value: string;
  action: 'add' | 'change';
}

/** A file that loses its values. */
export interface Rewritten {
  path: string;
  content: string;
  regions: readonly Region[];
  mode: number;
  /** What the file holds before this edit. */
  expected: string;
  /** `both`: values that stay in the file stand in the regions too. */
  secret: 'before' | 'both';
  /** Another lock that the file has, with what it is for. */
  lock?: { path: string; purpose: string };
}

export interface ImportRun {
  linked: Linked;
  root: string;
  /** Our state folder, `paths.state`. */
  state: string;
  store: SecretStore;
  signal: AbortSignal;
  emit: (event: RunEvent) => void;
}

/**
 * Puts values into the store and takes them out of their file, as one run with a journal, so that `undo` takes both
 * back. What undo needs of either is kept in the store itself (contracts §5, security §6).
 * @returns the id of the run.
 * @throws UserError 75 while another run holds the lock, 1 for a file that was changed meanwhile, what the store says.
 */
export async function importSecrets(
  { linked, root, state, store, signal, emit }: ImportRun,
  moves: readonly Moved[],
  edits: readonly Rewritten[],
): Promise<string> {
  const lock = await takeLock(join(linked.state, 'lock'), { wait: 0, purpose: 'secrets import', signal });
  try {
    recover(linked.state, root, emit);
    const run = newRunId();
    const journal = Journal.create(linked.state, run, { changes: moves.length + edits.length });
    let copies = 0;
    const nextCopy = (): number => ++copies;
    let exit: number = EXIT.failed;
    try {
      for (const move of moves) {
        signal.throwIfAborted();
        const { secret, item, value, action } = move;
        const change: Change = {
          step: 'secrets',
          key: item.user,
          action,
          target: describeItem(item, store.name),
          certain: true,
        };
        const entryOf = (user: string) => readIndex(state, linked.namespace)[user];
        const port = keychainPort(journal, change, store, [secret], () => item, nextCopy, entryOf);
        await journalled(journal, change, () => port.set(secret.name, value));
        await updateIndex(state, linked.namespace, { [item.user]: freshEntry(store.name, secret.audience, true) });
      }
      const keep = keeper(run, linked.namespace, store, nextCopy);
      for (const [at, edit] of edits.entries()) {
        signal.throwIfAborted();
        const key = `import:${at}:${edit.path}`;
        const change: Change = { step: 'secrets', key, action: 'change', target: edit.path, certain: true };
        await journalled(journal, change, () => rewrite(journal, change, edit, keep));
      }
      exit = EXIT.ok;
    } finally {
      journal.append({ kind: 'close', after: { exit } });
    }
    return run;
  } finally {
    lock.release();
  }
}

async function journalled(journal: Journal, change: Change, act: () => Promise<void>): Promise<void> {
  journal.append({ kind: 'intent', step: change.step, change });
  try {
    await act();
  } catch (error) {
    journal.append({ kind: 'failed', step: change.step, change });
    throw error;
  }
  journal.append({ kind: 'done', step: change.step, change });
}

/** Writes the file once all that undo needs of it is in the store. */
async function rewrite(journal: Journal, change: Change, edit: Rewritten, keep: Keeper): Promise<void> {
  const files = filesPort(journal, change, keep);
  const { path, content, regions, mode, expected, secret, lock } = edit;
  const write = (): void => files.replaceRegions(path, { content, regions, mode, expected, secret });
  for (let attempt = 0; attempt <= 2 * regions.length; attempt++) {
    try {
      await (lock ? withLock(lock.path, lock.purpose, write) : write());
      return;
    } catch (error) {
      if (error instanceof FileChanged) throw changedMeanwhile(path);
      if (!(error instanceof UnkeptSecret)) throw error;
      await files.keepSecret(path, error.text);
    }
  }
  throw secretInTheWay(path);
}

function changedMeanwhile(path: string): UserError {
  return new UserError({
    message: `${path} was changed while its values were moved, so they still stand in it.`,
    cause: 'The values are in the store; the file was left as it is now.',
    next: `hotpass-bootstrap secrets import ${quoteWord(path)} --rewrite`,
    exit: EXIT.failed,
  });
}
