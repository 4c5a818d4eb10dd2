import { join } from 'node:path';
import type { Change } from '../core/changes.ts';
import { EXIT, UserError } from '../core/errors.ts';
import type { ProjectEdit } from '../manifest/init/edits.ts';
import { takeLock } from '../system/lock.ts';
import { filesPort } from './files-port.ts';
import { Journal, newRunId } from './journal.ts';
import { FileChanged, type Linked } from './step.ts';

/**
 * Writes files of the project as one run with a journal, so that `undo` takes them back. A file that is wholly ours is
 * taken back only as it was written; of the others our lines alone.
 * @returns the id of the run.
 * @throws UserError 75 while another run holds the lock, 1 for a file that was changed in the meantime.
 */
export async function writeProjectFiles(
  linked: Linked,
  edits: readonly ProjectEdit[],
  whole: string,
  signal: AbortSignal,
): Promise<string> {
  const lock = await takeLock(join(linked.state, 'lock'), { wait: 0, purpose: 'init', signal });
  try {
    const run = newRunId();
    const journal = Journal.create(linked.state, run, { changes: edits.length });
    let exit: number = EXIT.failed;
    try {
      for (const edit of edits) {
        signal.throwIfAborted();
        write(journal, edit, edit.file === whole);
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

function write(journal: Journal, edit: ProjectEdit, whole: boolean): void {
  const { file, path, action, expected, content, added, offset, mode } = edit;
  const change: Change = { step: 'init', key: `file:${file}`, action, target: file, certain: true };
  const files = filesPort(journal, change);
  journal.append({ kind: 'intent', step: 'init', change });
  try {
    if (whole) files.replaceWhole(path, content, mode);
    else files.replaceRegions(path, { content, regions: [{ offset, before: '', after: added }], mode, expected });
  } catch (error) {
    journal.append({ kind: 'failed', step: 'init', change });
    throw error instanceof FileChanged ? changedMeanwhile(file) : error;
  }
  journal.append({ kind: 'done', step: 'init', change });
}

function changedMeanwhile(file: string): UserError {
  return new UserError({
    message: `${file} was changed while you were looking at what would be written.`,
    cause: 'It was left as it is now.',
    next: 'hotpass-bootstrap init',
    exit: EXIT.failed,
  });
}
