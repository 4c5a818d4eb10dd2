import { basename, dirname, join } from 'node:path';
import type { Change } from '../core/changes.ts';
import { EXIT, errorCode, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { holdsSecret } from '../core/redact.ts';
import {
  emptyFolder,
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
import { type Copy, type Keeper, type KeptText, keptText, secretInTheWay } from './kept-text.ts';
import { makeFolder, missingFolders } from './made-folders.ts';
import { FileChanged, type FilesPort, type Region } from './step.ts';

/** What a `saved` record holds for a file; read again by undo, with the texts that the secret store keeps. */
export type SavedFile<Text = string> =
  | { file: 'whole'; path: string; mode: number | undefined; content: Text | undefined; written: Text | undefined }
  | {
      file: 'regions';
      path: string;
      mode: number | undefined;
      existed: boolean;
      regions: readonly Region<Text>[];
      size: number;
    }
  | { file: 'link'; path: string; target: string | undefined }
  | { file: 'aside'; path: string; aside: string }
  | { file: 'created'; path: string }
  /** Made on the way, the deepest first; undo removes those that are empty then. */
  | { file: 'folders'; path: string; paths: readonly string[] };

/** Where a folder is set aside: beside itself, so that the rename stays on one file system. */
export function asidePath(path: string, run: string): string {
  return join(dirname(path), `.hotpass-bootstrap-aside-${basename(path).replace(/^\./, '')}-${run}`);
}

/**
 * The journalled file operations of one change: each records what undo needs before it touches anything.
 * @param keep puts texts with a secret in them into the secret store; without it they are refused.
 */
export function filesPort(journal: Journal, change: Change, keep?: Keeper): FilesPort {
  const saved = (after: SavedFile<KeptText>): void =>
    journal.append({ kind: 'saved', step: change.step, change, after });
  /** Items by the text that they keep. */
  const kept = new Map<string, Copy>();
  /** What we write is secret only where it repeats what was there; the rest of it comes from the manifest. */
  const texts = (path: string, edits: readonly Pick<Region, 'before' | 'after'>[], secret?: 'before' | 'both') => {
    const isSecret = secret !== undefined || edits.some(({ before }) => holdsSecret(before));
    if (isSecret && keep === undefined) throw secretInTheWay(path);
    const text = (one: string, always: boolean): KeptText =>
      isSecret ? keptText(path, one, kept, always && one !== '') : one;
    return edits.map(({ before, after }) => ({
      before: text(before, secret !== undefined),
      after: text(after, secret === 'both'),
    }));
  };
  /** Of a whole file; undefined for one that is not there, before or after. */
  const wholeTexts = (path: string, after: string | undefined) => {
    const before = readText(path);
    const [kept] = texts(path, [{ before: before ?? '', after: after ?? '' }]);
    return { content: before && kept?.before, written: after && kept?.after };
  };
  const folder = (path: string, secret = false): void => {
    const paths = missingFolders(path);
    if (paths.length > 0) saved({ file: 'folders', path, paths });
    makeFolder(path, secret);
  };
  return {
    replaceWhole(path, content, mode = 0o644) {
      const texts = wholeTexts(path, content);
      folder(dirname(path));
      saved({ file: 'whole', path, mode: modeOf(path), ...texts });
      replaceFile(path, content, mode);
    },
    replaceRegions(path, edit) {
      const target = realPath(path) ?? path;
      if (readText(target) !== edit.expected) throw new FileChanged(path);
      const kept = texts(path, edit.regions, edit.secret);
      const regions = kept.map((one, at) => ({ offset: edit.regions[at]?.offset ?? 0, ...one }));
      folder(dirname(target));
      saved({
        file: 'regions',
        path,
        mode: modeOf(target),
        existed: edit.expected !== undefined,
        regions,
        size: Buffer.byteLength(edit.content),
      });
      if (readText(target) !== edit.expected) throw new FileChanged(path);
      replaceFile(target, edit.content, edit.mode);
    },
    removeWhole(path) {
      saved({ file: 'whole', path, mode: modeOf(path), ...wholeTexts(path, undefined) });
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
      folder(dirname(path));
      saved({ file: 'link', path, target: linkTarget(path) });
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
      if (lstatOf(path) !== undefined) return;
      folder(dirname(path));
      saved({ file: 'created', path });
    },
    privateFolder(path) {
      folder(path, true);
    },
    async keepSecret(path, text) {
      if (keep === undefined) throw secretInTheWay(path);
      kept.set(text, await keep(path, text));
    },
  };
}

function modeOf(path: string): number | undefined {
  const mode = statOf(path)?.mode;
  return mode === undefined ? undefined : mode & 0o777;
}
