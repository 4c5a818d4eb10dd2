import { join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import type { Read } from '../engine/step.ts';
import { telemetryPath } from '../manifest/rules.ts';
import { lstatOf, readText } from '../system/files.ts';
import { ownFile } from '../system/own-file.ts';
import { TOML_HEADER } from '../telemetry/managed-file.ts';

/** A managed file as it is and as it should be. */
export interface ManagedFile {
  /** Absolute. */
  full: string;
  /** Relative to the root, as people know it. */
  path: string;
  /** What it should hold. */
  content: string;
  /** What it holds; undefined when it is not there. */
  current: string | undefined;
}

/** Key under which it is remembered that we made the file. */
export function stampKey(path: string): string {
  return `telemetry-file:${path}`;
}

/**
 * Looks at the program's telemetry file, which is ours whole.
 * @returns undefined when none is wanted.
 * @throws UserError 78 when the path leads elsewhere, or somebody else's file stands there (security §4, §8).
 */
export function lookAtFile(ctx: Pick<Read, 'root' | 'wanted' | 'stamps'>): ManagedFile | undefined {
  const { file } = ctx.wanted.telemetry;
  if (!file) return undefined;
  const { path, content } = file;
  const rule = telemetryPath(path);
  if (rule !== undefined) throw refused(path, `The path ${rule}.`, 'hotpass-bootstrap plan');
  const full = join(ctx.root, path);
  assertFolders(ctx.root, path);
  assertOurs(full, path);
  const current = readText(full);
  const known = ctx.stamps.digestOf(stampKey(path)) !== undefined || current?.startsWith(TOML_HEADER);
  if (current === undefined || current === content || known) return { full, path, content, current };
  throw new UserError({
    id: 'HB431',
    message: `${path} is there already, and this tool did not make it.`,
    cause:
      'The manifest gives it to this tool whole; nothing of yours is overwritten. Move it away to have it written.',
    next: `mv ${quoteWord(full)} ${quoteWord(`${full}.mine`)} && hotpass-bootstrap setup`,
    exit: EXIT.invalid,
  });
}

/** No folder on the way may lead out of the workspace. */
function assertFolders(root: string, path: string): void {
  let folder = root;
  for (const part of path.split('/').slice(0, -1)) {
    folder = join(folder, part);
    const stats = lstatOf(folder);
    if (!stats) return;
    if (stats.isDirectory()) continue;
    const what = stats.isSymbolicLink() ? 'a symbolic link' : 'not a folder';
    throw refused(path, `${folder} is ${what}, and a managed file stays inside the workspace.`, look(folder));
  }
}

function assertOurs(full: string, path: string): void {
  const found = ownFile(full);
  switch (found.kind) {
    case 'absent':
    case 'file':
      return;
    case 'link':
      throw refused(path, 'It is a symbolic link, and what it leads to is not replaced.', look(full));
    case 'shared':
      throw refused(path, 'It has a second name (a hard link), so it is not ours alone.', look(full));
    case 'foreign':
      throw refused(path, 'It belongs to another user.', look(full));
    case 'special':
      throw refused(path, 'It is not a regular file.', look(full));
  }
}

function look(path: string): string {
  return `ls -ld ${quoteWord(path)}`;
}

function refused(path: string, cause: string, next: string): UserError {
  return new UserError({ id: 'HB430', message: `${path} is not written.`, cause, next, exit: EXIT.invalid });
}
