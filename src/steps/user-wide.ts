import { sep } from 'node:path';
import type { SavedFile } from '../engine/files-port.ts';
import { readRegistry } from '../engine/registry.ts';
import type { JournalRecord, Read, Refused, Undone } from '../engine/step.ts';
import { linkTarget, lstatOf, realPath, removeFile, removeTree, replaceLink } from '../system/files.ts';
import { removeTreeAtExit } from '../system/package-copy.ts';
import { packageRoot } from '../system/package-root.ts';

/** Is a path inside a folder (both as written and as real paths)? */
export function isInside(path: string, folder: string): boolean {
  const within = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(outer + sep);
  return within(path, folder) || within(realPath(path) ?? path, realPath(folder) ?? folder);
}

/** Refused while another workspace is linked, since that one uses it too (contracts §5). A folder that is gone uses nothing. */
export function inUseElsewhere(what: string, ctx: Read): Refused | undefined {
  const others = Object.keys(readRegistry(ctx.paths)).filter(root => root !== ctx.root && lstatOf(root));
  if (others.length === 0) return undefined;
  const more = others.length > 1 ? ` and ${others.length - 1} more` : '';
  const use = others.length > 1 ? 'use' : 'uses';
  return { kind: 'refused', reason: `${what} stays: ${others[0]}${more} ${use} it too.`, stays: true };
}

/**
 * Takes back what belongs to the user and not to one workspace (uv's copy, our own). Only what the journal says we
 * made, and links that are ours.
 */
export function undoUserWide(what: string, records: readonly JournalRecord[], ctx: Read): Undone | Refused {
  const refused = inUseElsewhere(what, ctx);
  if (refused) return refused;
  for (const record of [...records].reverse()) {
    if (record.kind === 'saved') takeBack(record.after as SavedFile, ctx.paths.data);
  }
  return { kind: 'undone', text: `${what} was removed.` };
}

function takeBack(saved: SavedFile, data: string): void {
  if (saved.file === 'link') {
    const now = linkTarget(saved.path);
    if (now === undefined || !isInside(now, data)) return; // Somebody else's by now.
    if (saved.target === undefined) removeFile(saved.path);
    else replaceLink(saved.path, saved.target);
  } else if (saved.file === 'created' && isInside(saved.path, data)) {
    if (isInside(packageRoot(), saved.path)) removeTreeAtExit(saved.path);
    else removeTree(saved.path);
  }
}
