import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { monotonic } from '../system/clock.ts';
import type { Env } from '../system/environment.ts';
import { lstatOf, readBytes, realPath, statOf } from '../system/files.ts';
import type { UserPaths } from '../system/paths.ts';
import { profilesPath } from './profiles-path.ts';
import { decodeProfiles, type Profiles, readProfiles } from './profiles-text.ts';

/** `profiles.toml` as it is. */
export interface ProfilesFile {
  /** As the environment names it. */
  path: string;
  /** Where a link leads; the same as `path` without one. */
  target: string;
  text: string | undefined;
  mode: number | undefined;
  found: Profiles;
}

/** Prefect truncates the file before it writes it, and takes no lock (contracts §6). */
const SETTLE_MS = 500;

/**
 * Reads `profiles.toml`. An empty, shorter or unparsable one is read again for 500 ms, since Prefect may be writing.
 * @param size bytes it is known to have had.
 * @throws UserError 78 for a file Prefect cannot read either, or a link that leads nowhere.
 */
export async function readProfilesFile(
  ctx: { readonly env: Env; readonly paths: UserPaths },
  size = 0,
): Promise<ProfilesFile> {
  const path = profilesPath(ctx.env, ctx.paths.home);
  const target = realPath(path) ?? path;
  if (lstatOf(path)?.isSymbolicLink() && realPath(path) === undefined) {
    throw new UserError({
      id: 'HB217',
      message: `${path} is a link that leads nowhere.`,
      cause: 'A file written in its place would not be where you keep your profiles.',
      next: `ls -l ${quoteWord(path)}`,
      exit: EXIT.invalid,
    });
  }
  if (statOf(target)?.isFile() === false) {
    throw new UserError({
      id: 'HB217',
      message: `${path} is not a file.`,
      cause: 'Prefect keeps its profiles in a file of that name.',
      next: `ls -ld ${quoteWord(path)}`,
      exit: EXIT.invalid,
    });
  }
  const bytes = await settledBytes(() => readBytes(target), path, size);
  const text = bytes === undefined ? undefined : decodeProfiles(bytes, path);
  const mode = statOf(target)?.mode;
  return {
    path,
    target,
    text,
    mode: mode === undefined ? undefined : mode & 0o777,
    found: readProfiles(text ?? '', path),
  };
}

/**
 * Reads until what is read is whole, for at most 500 ms.
 * @param read undefined when there is no file, which needs no waiting.
 */
export async function settledBytes(
  read: () => Buffer | undefined,
  path: string,
  size: number,
): Promise<Buffer | undefined> {
  const deadline = monotonic() + SETTLE_MS;
  for (;;) {
    const bytes = read();
    if (bytes === undefined || isWhole(bytes, path, size) || monotonic() >= deadline) return bytes;
    await sleep(20);
  }
}

function isWhole(bytes: Buffer, path: string, size: number): boolean {
  if (bytes.length === 0 || bytes.length < size) return false;
  try {
    readProfiles(decodeProfiles(bytes, path), path);
    return true;
  } catch {
    return false;
  }
}
