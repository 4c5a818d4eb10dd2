import { dirname, join, parse, relative, resolve, sep } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { type Finding, finding } from '../core/findings.ts';
import { quoteCommand } from '../core/quote.ts';
import { linkTarget, lstatOf, type Stats, statOf } from '../system/files.ts';

/**
 * Refuses a workspace that somebody else could change under our hands (security §8): root, manifest and the folders
 * between must be this user's or root's and not world-writable; folders above may be world-writable only with the
 * sticky bit. Where a file is a symbolic link, that holds for every place on the way to what it leads to. Root with somebody else's workspace is accepted in a container or in CI, and said.
 * @param files files whose content decides: the manifest, or `pyproject.toml` where there is none.
 * @param isForOne is this a container or CI, where root is nobody but the one person there is? Asked only for root.
 * @param home the home folder; `sudo` may have left root that of somebody else.
 * @returns findings to show.
 * @throws UserError 78.
 */
export function checkOwnership(
  root: string,
  files: readonly string[],
  isForOne: () => boolean,
  home?: string,
): Finding[] {
  const uid = process.getuid?.();
  if (uid === undefined) return [];
  const places = files.flatMap(placesOf);
  const between = places.flatMap(place => [place, ...foldersUpTo(dirname(place), root)]);
  const strange = new Set<string>();
  for (const path of new Set([root, ...between])) {
    const stats = lstatOf(path);
    if (!stats) continue;
    if (isWorldWritable(stats)) throw openToAll(path);
    if (stats.uid === uid || stats.uid === 0) continue;
    if (uid !== 0 || !isForOne()) throw foreign(path, stats, uid);
    strange.add(path);
  }
  if (uid === 0 && home !== undefined && (statOf(home)?.uid ?? 0) !== 0) {
    if (!isForOne()) throw foreignHome(home);
    strange.add(home);
  }
  for (const folder of new Set([root, ...places.map(dirname)].flatMap(foldersAbove))) {
    const stats = statOf(folder);
    if (stats && isWorldWritable(stats) && (stats.mode & 0o1000) === 0) throw openToAll(folder);
  }
  const [first] = strange;
  return first === undefined ? [] : [rootInForeign(first)];
}

/** As many links as Linux follows. */
const LINKS = 40;

/** Where a file really stands, and every symbolic link on the way to it: who can write there decides what is read. */
function placesOf(file: string): string[] {
  const places: string[] = [];
  let left = partsOf(resolve(file));
  let here = parse(resolve(file)).root;
  while (left.length > 0 && places.length < LINKS) {
    const [part = '', ...rest] = left;
    const place = join(here, part);
    const target = linkTarget(place);
    left = target === undefined ? rest : [...partsOf(resolve(here, target)), ...rest];
    here = target === undefined ? place : parse(resolve(here, target)).root;
    if (target !== undefined) places.push(place);
  }
  return [...places, here];
}

function partsOf(path: string): string[] {
  return path.slice(parse(path).root.length).split(sep).filter(Boolean);
}

function foldersAbove(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [above, ...foldersAbove(above)];
}

/** The folders from one up to and without the root; only the folder itself where it lies outside. */
function foldersUpTo(folder: string, root: string): string[] {
  if (relative(root, folder).split(sep)[0] === '..') return [folder];
  const folders: string[] = [];
  for (let here = folder; here !== root && here !== dirname(here); here = dirname(here)) folders.push(here);
  return folders;
}

/** A link itself has no permissions of its own; what stands there counts by its owner. */
function isWorldWritable(stats: Stats): boolean {
  return !stats.isSymbolicLink() && (stats.mode & 0o002) !== 0;
}

function openToAll(path: string): UserError {
  return new UserError({
    message: `Everybody on this machine can write to ${path}.`,
    cause: 'Whoever can change a workspace or its manifest decides which commands run here as you.',
    next: `chmod o-w ${quoteCommand([path])}`,
    exit: EXIT.invalid,
    id: 'HB132',
  });
}

function foreign(path: string, stats: Stats, uid: number): UserError {
  return new UserError({
    message: `${path} belongs to another user (uid ${stats.uid}).`,
    cause: 'Whoever owns a workspace or its manifest decides which commands run here as you.',
    next: uid === 0 ? `chown -R root ${quoteCommand([path])}` : `sudo chown -R "$(id -un)" ${quoteCommand([path])}`,
    exit: EXIT.invalid,
    id: 'HB132',
  });
}

function foreignHome(home: string): UserError {
  return new UserError({
    message: `You are root, and the home folder ${home} belongs to another user.`,
    cause: 'What root writes there its owner can no longer change, and what the owner put there would decide for root.',
    next: 'export HOME=/root',
    exit: EXIT.invalid,
    id: 'HB132',
  });
}

function rootInForeign(path: string): Finding {
  return finding(
    'HB133',
    'info',
    `${path} belongs to another user; root works in it because this is a container or CI.`,
    'What is made here will belong to root.',
  );
}
