import type { Change } from '../core/changes.ts';
import { EXIT, UserError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import { quoteWord } from '../core/quote.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { freshEntry, readIndex, updateIndex } from '../secrets/index-file.ts';
import { describeItem } from '../secrets/names.ts';
import type { Item, SecretStore } from '../secrets/store.ts';
import { withLock } from '../system/lock.ts';
import { filesPort } from './files-port.ts';
import { journalled, journalledChange, underLock } from './journalled.ts';
import { secretInTheWay, UnkeptSecret } from './kept-text.ts';
import { keychainPort } from './keychain-port.ts';
import { FileChanged, type FilesPort, type Linked, type Region } from './step.ts';

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
  const lock = { wait: 0, purpose: 'secrets import', signal };
  return underLock(linked, { lock, root, store, emit }, () =>
    journalled(linked, { changes: moves.length + edits.length }, store, async ({ run, journal, nextCopy, keep }) => {
      for (const move of moves) {
        signal.throwIfAborted();
        const { secret, item, value, action } = move;
        const target = describeItem(item, store.name);
        const change: Change = { step: 'secrets', key: item.user, action, target, certain: true };
        const entryOf = (user: string) => readIndex(state, linked.namespace)[user];
        const port = keychainPort(journal, change, store, [secret], () => item, nextCopy, entryOf);
        await journalledChange(journal, change, () => port.set(secret.name, value));
        await updateIndex(state, linked.namespace, { [item.user]: freshEntry(store.name, secret.audience, true) });
      }
      for (const [at, edit] of edits.entries()) {
        signal.throwIfAborted();
        const key = `import:${at}:${edit.path}`;
        const change: Change = { step: 'secrets', key, action: 'change', target: edit.path, certain: true };
        await journalledChange(journal, change, () => rewrite(filesPort(journal, change, keep), edit));
      }
      return run;
    }),
  );
}

/** Writes the file once all that undo needs of it is in the store. */
async function rewrite(files: FilesPort, edit: Rewritten): Promise<void> {
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
