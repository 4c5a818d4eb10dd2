import { basename, dirname, join } from 'node:path';
import type { Change } from '../core/changes.ts';
import { EXIT, errorCode, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { holdsSecret } from '../core/redact.ts';
import {
  emptyFolder,
  ensureFolder,
  linkTarget,
  lstatOf,
  readText,
  realPath,
  removeFile,
  rename,
  replaceFile,
  replaceLink,
  statOf,
} from '../system/files.ts';
import type { Journal } from './journal.ts';
import { FileChanged, type FilesPort, type Region } from './step.ts';

/** What a `saved` record holds for a file; read again by undo. */
export type SavedFile =
  | { file: 'whole'; path: string; mode: number | undefined; content: string | undefined; written: string | undefined }
  | {
      file: 'regions';
      path: string;
      mode: number | undefined;
      existed: boolean;
      regions: readonly Region[];
      size: number;
    }
  | { file: 'link'; path: string; target: string | undefined }
  | { file: 'aside'; path: string; aside: string }
  | { file: 'created'; path: string };

/** Where a folder is set aside: beside itself, so that the rename stays on one file system. */
export function asidePath(path: string, run: string): string {
  return join(dirname(path), `.hotpass-bootstrap-aside-${basename(path).replace(/^\./, '')}-${run}`);
}

/** The journalled file operations of one change: each records what undo needs before it touches anything. */
export function filesPort(journal: Journal, change: Change): FilesPort {
  const saved = (after: SavedFile): void => journal.append({ kind: 'saved', step: change.step, change, after });
  return {
    replaceWhole(path, content, mode = 0o644) {
      const before = guardedText(path);
      saved({ file: 'whole', path, mode: modeOf(path), content: before, written: content });
      ensureFolder(dirname(path));
      replaceFile(path, content, mode);
    },
    replaceRegions(path, edit) {
      const target = realPath(path) ?? path;
      if (readText(target) !== edit.expected) throw new FileChanged(path);
      for (const region of edit.regions) guard(path, region.before);
      saved({
        file: 'regions',
        path,
        mode: modeOf(target),
        existed: edit.expected !== undefined,
        regions: edit.regions,
        size: Buffer.byteLength(edit.content),
      });
      ensureFolder(dirname(target));
      if (readText(target) !== edit.expected) throw new FileChanged(path);
      replaceFile(target, edit.content, edit.mode);
    },
    removeWhole(path) {
      saved({ file: 'whole', path, mode: modeOf(path), content: guardedText(path), written: undefined });
      removeFile(path);
    },
    link(path, target) {
      const stats = lstatOf(path);
      if (stats && !stats.isSymbolicLink()) {
        throw new UserError({
          message: `${path} is in the way: it is a file that this tool did not make.`,
          cause: 'A link was to be placed there, and nothing of yours is overwritten.',
          next: `mv ${quoteWord(path)} ${quoteWord(`${path}.mine`)}`,
          exit: EXIT.failed,
        });
      }
      saved({ file: 'link', path, target: linkTarget(path) });
      ensureFolder(dirname(path));
      replaceLink(path, target);
    },
    setAside(path) {
      const aside = asidePath(path, journal.run);
      saved({ file: 'aside', path, aside });
      try {
        rename(path, aside);
      } catch (error) {
        if (errorCode(error) !== 'EBUSY' && errorCode(error) !== 'EXDEV') throw error;
        emptyFolder(path); // A mount point cannot be renamed; what is in it can be made anew.
      }
      return aside;
    },
    created(path) {
      if (lstatOf(path) === undefined) saved({ file: 'created', path });
    },
  };
}

function modeOf(path: string): number | undefined {
  const mode = statOf(path)?.mode;
  return mode === undefined ? undefined : mode & 0o777;
}

function guardedText(path: string): string | undefined {
  const text = readText(path);
  if (text !== undefined) guard(path, text);
  return text;
}

/** No value that looks like a secret is ever written to the journal (security §6). */
function guard(path: string, before: string): void {
  if (!holdsSecret(before)) return;
  throw new UserError({
    id: 'HB504',
    message: `${path} holds something that looks like a secret where this tool would write.`,
    cause:
      'The former text would have to be kept for undo, and secrets are never kept in a file. Move the value out, then run setup again.',
    next: `"\${EDITOR:-vi}" ${quoteWord(path)}`,
    exit: EXIT.invalid,
  });
}
