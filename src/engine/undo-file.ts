import { holdsSecret, REDACTED } from '../core/redact.ts';
import {
  linkTarget,
  lstatOf,
  realPath,
  removeFile,
  removeTree,
  rename,
  replaceFile,
  replaceLink,
  statOf,
} from '../system/files.ts';
import { removeEmptyFolders } from '../system/package-copy.ts';
import type { SavedFile } from './files-port.ts';
import { forceBack, joined } from './force-back.ts';
import { Foreseen } from './foreseen.ts';
import type { Refused, Region } from './step.ts';

/** How one saved file would be taken back: what it says, and doing it. */
export interface FileUndo {
  kind: 'undo';
  text: string;
  act: () => void;
  /** What the file will hold then, for those that are text; undefined: it will not be there. */
  leaves?: { path: string; text: string | undefined };
}

/**
 * Checks whether a file can be taken back; touches nothing (contracts §5). If the file is as we left it, the former
 * bytes and mode come back; else exactly our region, if it is unchanged; else it is refused with the difference.
 */
export function planFileUndo(saved: SavedFile, force: boolean, files = new Foreseen()): FileUndo | Refused {
  switch (saved.file) {
    case 'regions':
      return undoRegions(saved, force, files);
    case 'whole':
      return undoWhole(saved, force, files);
    case 'link':
      return undoLink(saved);
    case 'folders':
      return does(`remove ${saved.paths.join(', ')} if empty`, () => removeEmptyFolders(saved.paths));
    case 'created':
      return does(`remove ${saved.path}`, () => removeTree(saved.path));
    case 'aside':
      if (lstatOf(saved.aside) === undefined) return refused(`${saved.aside} is not there any more`);
      return does(`put ${saved.path} back`, () => {
        removeTree(saved.path);
        rename(saved.aside, saved.path);
      });
  }
}

function undoRegions(
  saved: Extract<SavedFile, { file: 'regions' }>,
  force: boolean,
  files: Foreseen,
): FileUndo | Refused {
  const path = realPath(saved.path) ?? saved.path;
  const text = files.read(path);
  if (text === undefined) return does(`${saved.path} is already gone`, () => {});
  const former = takeBack(text, saved.regions, saved.size);
  if (former === undefined) {
    if (force) return forceRegions(saved, path, text);
    const ours = saved.regions.map(region => region.after).join('\n');
    return refused(`${saved.path} was changed where this tool had written`, difference(ours, text));
  }
  if (!saved.existed && former.trim() === '') {
    return { ...does(`remove ${saved.path}`, () => removeFile(path)), leaves: { path, text: undefined } };
  }
  const act = (): void => replaceFile(path, former, saved.mode ?? 0o600);
  return { ...does(`take our part out of ${saved.path}`, act), leaves: { path, text: former } };
}

/** Our part comes out although somebody wrote into it; what the file holds now is kept beside it. */
function forceRegions(saved: Extract<SavedFile, { file: 'regions' }>, path: string, text: string): FileUndo | Refused {
  const { text: former, removed } = forceBack(text, saved.regions);
  // No second place for a secret: of a file that holds one, only what is taken out is kept.
  const copy = holdsSecret(text) ? removed : text;
  if (holdsSecret(copy)) {
    return refused(`a secret was written into ${saved.path} where this tool had written, and no copy of one is kept`);
  }
  const kept = freeName(path);
  const act = (): void => {
    replaceFile(kept, copy, modeOf(path));
    if (!saved.existed && former.trim() === '') removeFile(path);
    else replaceFile(path, former, saved.mode ?? 0o600);
  };
  return {
    ...does(`take our part out of ${saved.path}, keeping your version as ${kept}`, act),
    leaves: { path, text: !saved.existed && former.trim() === '' ? undefined : former },
  };
}

/** `<path>.kept`, or the next name that is free: a copy never replaces another. */
export function freeName(path: string): string {
  for (let number = 1; ; number++) {
    const name = `${path}.kept${number === 1 ? '' : `-${number}`}`;
    if (lstatOf(name) === undefined) return name;
  }
}

function modeOf(path: string): number {
  return (statOf(path)?.mode ?? 0o600) & 0o777;
}

/** The text without our regions, or undefined when one of them is not as we wrote it. */
export function takeBack(text: string, regions: readonly Region[], size: number): string | undefined {
  const bytes = Buffer.from(text);
  const untouched =
    bytes.length === size && regions.every(region => bytes.subarray(region.offset).indexOf(region.after) === 0);
  let out = bytes;
  // From the back; of two at one place the later one first.
  for (const region of [...regions].reverse().sort((a, b) => b.offset - a.offset)) {
    const after = Buffer.from(region.after);
    const at = untouched ? region.offset : onlyPlace(out, after);
    if (at === undefined) return undefined;
    const start = Buffer.concat([out.subarray(0, at), Buffer.from(region.before)]);
    const end = out.subarray(at + after.length);
    // Lines that were added behind our part since must not run into the one before it.
    const whole =
      untouched || !region.after.endsWith('\n') ? [start, end] : [Buffer.from(joined(String(start), String(end)))];
    out = Buffer.concat(whole);
  }
  return out.toString('utf8');
}

function onlyPlace(bytes: Buffer, part: Buffer): number | undefined {
  if (part.length === 0) return undefined;
  const first = bytes.indexOf(part);
  return first === -1 || bytes.indexOf(part, first + 1) !== -1 ? undefined : first;
}

function undoWhole(saved: Extract<SavedFile, { file: 'whole' }>, force: boolean, files: Foreseen): FileUndo | Refused {
  const text = files.read(saved.path);
  const leaves = { path: saved.path, text: saved.content };
  const restore = (): void => {
    if (saved.content === undefined) removeFile(saved.path);
    else replaceFile(saved.path, saved.content, saved.mode ?? 0o644);
  };
  const what = saved.content === undefined ? `remove ${saved.path}` : `restore ${saved.path}`;
  if (text === saved.written) return { ...does(what, restore), leaves };
  if (text === saved.content) return does(`${saved.path} is already as it was`, () => {});
  if (!force || text === undefined) {
    return refused(`${saved.path} was changed since`, difference(saved.written ?? '', text ?? ''));
  }
  const kept = freeName(saved.path);
  const act = (): void => {
    replaceFile(kept, text, modeOf(saved.path));
    restore();
  };
  return { ...does(`${what}, keeping your version as ${kept}`, act), leaves };
}

function undoLink(saved: Extract<SavedFile, { file: 'link' }>): FileUndo | Refused {
  const stats = lstatOf(saved.path);
  if (stats && !stats.isSymbolicLink()) return refused(`${saved.path} is not the link this tool made`);
  const { target } = saved;
  if (target === undefined) return does(`remove ${saved.path}`, () => removeFile(saved.path));
  if (linkTarget(saved.path) === target) return does(`${saved.path} is already as it was`, () => {});
  return does(`point ${saved.path} back to ${target}`, () => replaceLink(saved.path, target));
}

function does(text: string, act: () => void): FileUndo {
  return { kind: 'undo', text, act };
}

function refused(reason: string, diff?: string): Refused {
  return { kind: 'refused', reason, ...(diff === undefined ? {} : { diff }) };
}

/** What we wrote and what stands there now, by lines; a line with a secret in it is not shown. */
function difference(written: string, found: string): string {
  const shown = (line: string): string => (holdsSecret(line) ? REDACTED : line);
  const here = new Set(found.split('\n'));
  const there = new Set(written.split('\n'));
  return [
    ...written
      .split('\n')
      .filter(line => !here.has(line))
      .map(line => `- ${shown(line)}`),
    ...found
      .split('\n')
      .filter(line => !there.has(line))
      .map(line => `+ ${shown(line)}`),
  ].join('\n');
}
