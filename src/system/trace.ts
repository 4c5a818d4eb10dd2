import { type BigIntStats, lstatSync, statSync } from 'node:fs';

/** What was looked at while something was found to be in order. */
export interface Trace {
  /** What every path was when it was first read, listed or looked up, whether it was there or not. */
  paths: Map<string, Look>;
  /** Every program that was run to its end. */
  children: { argv: readonly string[]; cwd: string; code: number | null; stdout: string }[];
}

/** How a path was looked at, and what it was then. */
export interface Look {
  /** Its entries counted too, not only that it is a folder. */
  listed: boolean;
  identity: string;
}

let current: Trace | undefined;

/** Begins to note what the doors of `system` look at; a trace that was under way ends. */
export function startTrace(): Trace {
  current = { paths: new Map(), children: [] };
  return current;
}

/** Ends a trace that is of no more use; looking at many files is cheaper then. */
export function endTrace(): void {
  current = undefined;
}

/** Looks at something that says nothing of whether things are in order: it is not noted. */
export function untraced<T>(look: () => T): T {
  const kept = current;
  current = undefined;
  try {
    return look();
  } finally {
    current = kept;
  }
}

/** Called by every function of `system` that looks at a path; `listed` when it looks at a folder's entries. */
export function noteRead(path: string, listed = false): void {
  const known = current?.paths.get(path);
  if (!current || (known && (known.listed || !listed))) return;
  current.paths.set(path, { listed, identity: identityOf(path, listed) });
}

/** Called when a child has ended. */
export function noteChild(child: Trace['children'][number]): void {
  current?.children.push(child);
}

/**
 * What a path is, as far as it can be told without reading it: type and mode, owner, place, size, modification time
 * in nanoseconds, of the path itself and of what it leads to. Of a folder size and time count only when its entries do.
 * Empty when there is nothing.
 */
export function identityOf(path: string, listed: boolean): string {
  const own = look(path, lstatSync);
  if (own === undefined) return '';
  if (!own.isSymbolicLink()) return stamp(own, listed);
  const target = look(path, statSync);
  return `${stamp(own, false)} ${target === undefined ? '' : stamp(target, listed)}`;
}

function look(path: string, at: typeof lstatSync): BigIntStats | undefined {
  try {
    return at(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined; // Below something that is not a folder, or behind one that is closed to us.
  }
}

function stamp(stats: BigIntStats, listed: boolean): string {
  const { dev, ino, mode, uid, size, mtimeNs, ctimeNs } = stats;
  const place = `${dev}:${ino}:${mode}:${uid}`;
  // A copy that keeps times may get the number of the file it replaces; when it came is told by ctime alone.
  return stats.isDirectory()
    ? `${place}${listed ? `:${size}:${mtimeNs}` : ''}`
    : `${place}:${size}:${mtimeNs}:${ctimeNs}`;
}
