import { dirname, join } from 'node:path';
import { ensureFolder, lstatOf, namesIn, privateFolder } from '../system/files.ts';
import type { SavedFile } from './files-port.ts';
import type { JournalRecord } from './step.ts';

type MadeFolders = Extract<SavedFile, { file: 'folders' }>;

/** The folders that have to be made so that this one is there, the deepest first. */
export function missingFolders(folder: string): string[] {
  const missing: string[] = [];
  for (let path = folder; lstatOf(path) === undefined && dirname(path) !== path; path = dirname(path))
    missing.push(path);
  return missing;
}

/** Makes a folder and what is missing above it. @param secret 0700 for the last one, whatever the umask. */
export function makeFolder(folder: string, secret: boolean): void {
  ensureFolder(dirname(folder));
  if (secret) privateFolder(folder);
  else ensureFolder(folder);
}

/** The folders that a change made, the deepest first; those that are gone are left out. */
export function foldersOf(records: readonly JournalRecord[]): string[] {
  const made = records.filter(isFolders).flatMap(({ after }) => (after as MadeFolders).paths);
  return [...new Set(made)].filter(path => lstatOf(path)?.isDirectory()).sort((a, b) => b.length - a.length);
}

/** Does the record tell of folders that were made on the way? They go last, and only when they are empty then. */
export function isFolders({ kind, after }: JournalRecord): boolean {
  return kind === 'saved' && (after as Partial<MadeFolders>).file === 'folders';
}

/** Would nothing stay in them? @param folders the deepest first. */
export function holdNothing(folders: readonly string[]): boolean {
  return folders.every(folder => namesIn(folder).every(name => folders.includes(join(folder, name))));
}
