import type { Change } from '../core/changes.ts';
import { EXIT, UserError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import type { ProjectEdit } from '../manifest/init/edits.ts';
import { filesPort } from './files-port.ts';
import type { Journal } from './journal.ts';
import { journalled, journalledChange, underLock } from './journalled.ts';
import { FileChanged, type Linked } from './step.ts';

export interface ProjectRun {
  linked: Linked;
  root: string;
  signal: AbortSignal;
  emit: (event: RunEvent) => void;
}

/**
 * Writes files of the project as one run with a journal, so that `undo` takes them back. A file that is wholly ours is
 * taken back only as it was written; of the others our lines alone.
 * @param whole the file that is wholly ours.
 * @returns the id of the run.
 * @throws UserError 75 while another run holds the lock, 1 for a file that was changed in the meantime.
 */
export async function writeProjectFiles(
  { linked, root, signal, emit }: ProjectRun,
  edits: readonly ProjectEdit[],
  whole: string,
): Promise<string> {
  const lock = { wait: 0, purpose: 'init', signal };
  return underLock(linked, { lock, root, store: undefined, emit }, () =>
    journalled(linked, { changes: edits.length }, undefined, async ({ run, journal }) => {
      for (const edit of edits) {
        signal.throwIfAborted();
        await write(journal, edit, edit.file === whole);
      }
      return run;
    }),
  );
}

function write(journal: Journal, edit: ProjectEdit, whole: boolean): Promise<void> {
  const { file, path, action, expected, content, added, offset, mode } = edit;
  const change: Change = { step: 'init', key: `file:${file}`, action, target: file, certain: true };
  const files = filesPort(journal, change);
  return journalledChange(journal, change, () => {
    try {
      if (whole) files.replaceWhole(path, content, mode);
      else files.replaceRegions(path, { content, regions: [{ offset, before: '', after: added }], mode, expected });
    } catch (error) {
      throw error instanceof FileChanged ? changedMeanwhile(file) : error;
    }
  });
}

function changedMeanwhile(file: string): UserError {
  return new UserError({
    message: `${file} was changed while you were looking at what would be written.`,
    cause: 'It was left as it is now.',
    next: 'hotpass-bootstrap init',
    exit: EXIT.failed,
  });
}
