import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, UserError } from '../../core/errors.ts';
import { quoteWord } from '../../core/quote.ts';
import { Redactor } from '../../core/redact.ts';
import type { Read } from '../../engine/step.ts';
import type { WantedPrefect } from '../../manifest/wanted.ts';
import { profilesPath } from '../../prefect/profiles-path.ts';
import {
  type Comparison,
  compareProfile,
  decodeProfiles,
  type Profiles,
  readProfiles,
  settingText,
} from '../../prefect/profiles-text.ts';
import { monotonic } from '../../system/clock.ts';
import { lstatOf, readBytes, realPath, statOf } from '../../system/files.ts';
import { ownedNames } from './ownership.ts';

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

/** What stands in `profiles.toml`, against what is wanted. */
export interface ProfileState extends ProfilesFile {
  comparison: Comparison;
  /** Settings an earlier run wrote. */
  written: readonly string[];
  /** Did this workspace write the profile, or adopt it? */
  owned: boolean;
  /** The name that `active` has and that will do, or undefined when it is to be ours. */
  active: string | undefined;
}

/** Prefect truncates the file before it writes it, and takes no lock (contracts §6). */
const SETTLE_MS = 500;

/**
 * Reads `profiles.toml` and compares the wanted profile with what stands there.
 * @param size bytes it had when it was planned.
 * @param adopt the person takes the profile over, whoever made it.
 * @throws UserError 78 for a file Prefect cannot read either, a link that leads nowhere, a profile that is not ours.
 */
export async function lookAtProfile(ctx: Read, wanted: WantedPrefect, size = 0, adopt = false): Promise<ProfileState> {
  const file = await readProfilesFile(ctx, size);
  const { path, found } = file;
  const names = ownedNames(ctx.stamps, path, wanted.profile);
  const comparison = compareProfile(found, wanted.profile, wanted.settings, names ?? []);
  if (!adopt && comparison.state === 'differs' && (names === undefined || comparison.secrets.length > 0)) {
    throw notOurs(found, wanted, comparison, path);
  }
  const active = activeThatWillDo(found, wanted.profile);
  return { ...file, comparison, written: names ?? [], owned: names !== undefined, active };
}

/**
 * Reads `profiles.toml`. An empty, shorter or unparsable one is read again for 500 ms, since Prefect may be writing.
 * @param size bytes it is known to have had.
 * @throws UserError 78 for a file Prefect cannot read either, or a link that leads nowhere.
 */
export async function readProfilesFile(ctx: Pick<Read, 'env' | 'paths'>, size = 0): Promise<ProfilesFile> {
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
 * The active profile when it may stay: one that exists, or ours (which is about to). Prefect falls back to `ephemeral`
 * by itself, so that name needs no table.
 */
export function activeThatWillDo({ active, profiles }: Profiles, ours: string): string | undefined {
  return active !== undefined && [...profiles.keys(), 'ephemeral', ours].includes(active) ? active : undefined;
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

/** A profile that somebody else made, or that holds a secret, is not changed without being asked (security §3). */
function notOurs(found: Profiles, wanted: WantedPrefect, comparison: Comparison, path: string): UserError {
  const table = found.profiles.get(wanted.profile);
  const clean = new Redactor().clean;
  const from = clean(settingText(table, 'PREFECT_API_URL') ?? 'no API URL');
  const to = wanted.settings['PREFECT_API_URL'] ?? 'no API URL';
  const urls = from === to ? `its API URL stays ${to}` : `its API URL would change from ${from} to ${to}`;
  const secret = comparison.secrets.length > 0 ? ` and holds ${comparison.secrets.join(', ')} in the clear` : '';
  return new UserError({
    id: 'HB202',
    message: `The profile ${wanted.profile} in ${path} differs from what is wanted${secret}.`,
    cause: secret
      ? `A key beside a changed URL would be sent to the new server: ${urls}.`
      : `It was not made here, so it is left alone: ${urls}.`,
    next: `hotpass-bootstrap profile adopt ${wanted.profile}`,
    exit: EXIT.invalid,
  });
}
