import { dirname, join } from 'node:path';
import type { RunEvent } from '../core/events.ts';
import { lstatOf, namesIn, removeFile, removeTree, TEMP_PREFIX } from '../system/files.ts';
import { namesCopies } from './expire-copies.ts';
import { Journal, listRuns, readJournal, runStatus } from './journal.ts';

const DAY = 86_400_000;
/** Runs are kept for 10 runs or 30 days, set-aside environments for 7 days (contracts §5). */
const KEPT_RUNS = 10;
const KEPT_RUN_MS = 30 * DAY;
const KEPT_ASIDE_MS = 7 * DAY;

/**
 * Tidies what an earlier run left, under the workspace lock: closes a journal that a crash left open as `superseded`
 * and says where it stopped, sweeps temporary files and old set-aside environments, drops old journals.
 */
export function recover(state: string, root: string, emit: (event: RunEvent) => void): void {
  const runs = listRuns(state);
  for (const run of runs) {
    const records = readJournal(state, run);
    if (records.length === 0 || runStatus(records) !== 'open') continue;
    const last = records.at(-1);
    const where = last?.step === undefined ? 'before its first step' : `in step ${last.step}`;
    emit({
      type: 'note',
      text: `The run of ${last?.at ?? run} stopped ${where}; this one goes on from what is there.`,
    });
    Journal.reopen(state, run).append({ kind: 'close', after: { superseded: true } });
  }
  sweep(root);
  sweep(state);
  dropOldRuns(state, runs);
}

/** Removes temporary files of ours in a folder that no living process writes (they live for milliseconds). */
function sweep(folder: string): void {
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const age = Date.now() - (lstatOf(path)?.mtimeMs ?? Date.now());
    if (name.startsWith('.hotpass-bootstrap-aside-')) {
      if (Date.now() - setAsideAt(name) > KEPT_ASIDE_MS) removeTree(path);
    } else if (name.startsWith(TEMP_PREFIX) && age > 60_000) {
      removeFile(path);
    }
  }
}

/** A rename leaves a folder's times as they were, so the run in its name tells when it was set aside; without one: now. */
function setAsideAt(name: string): number {
  const [, y, m, d, hour, minute, second] = /-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-[0-9a-f]{4}$/.exec(name) ?? [];
  return y === undefined ? Date.now() : Date.parse(`${y}-${m}-${d}T${hour}:${minute}:${second}Z`);
}

function dropOldRuns(state: string, runs: readonly string[]): void {
  for (const run of runs.slice(0, -KEPT_RUNS)) {
    const path = join(state, 'runs', run);
    if (Date.now() - (lstatOf(path)?.mtimeMs ?? 0) <= KEPT_RUN_MS) continue;
    // What names items of the secret store stays until they are deleted.
    if (!namesCopies(readJournal(state, run))) removeTree(path);
  }
}

/** Temporary files of ours beside a file in somebody else's folder (`~/.prefect`, the bin directory). */
export function sweepBeside(path: string): void {
  sweep(dirname(path));
}
