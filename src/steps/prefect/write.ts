import { dirname, join, relative } from 'node:path';
import { EXIT, errorCode, UserError } from '../../core/errors.ts';
import { quoteWord } from '../../core/quote.ts';
import { sweepBeside } from '../../engine/recover.ts';
import { FileChanged, type Read, type Write } from '../../engine/step.ts';
import type { WantedPrefect } from '../../manifest/wanted.ts';
import type { Edited } from '../../prefect/profiles-file.ts';
import { profilesPath } from '../../prefect/profiles-path.ts';
import { settledBytes } from '../../prefect/profiles-reading.ts';
import { decodeProfiles, readProfiles } from '../../prefect/profiles-text.ts';
import { lstatOf, privateFolder, realPath, statOf } from '../../system/files.ts';
import { isTracked } from '../../system/git.ts';
import { type HeldFile, holdFile } from '../../system/held-file.ts';
import { withLock } from '../../system/lock.ts';
import { ownership } from '../../system/ownership.ts';
import { isInside } from '../user-wide.ts';
import { lookAtProfile, type ProfileState } from './state.ts';

/** Makes the new content from the file as it is now. */
export type Edit = (text: string | undefined, state: ProfileState) => Promise<Edited>;

const ATTEMPTS = 3;

/** The leaf lock of `profiles.toml` (contracts §6). */
export function profilesLock(ctx: Read): string {
  return join(privateFolder(ctx.paths.state), 'profiles.lock');
}

/**
 * Writes `profiles.toml` under its lock, 0600, from the bytes it holds now. If another program changes it meanwhile it
 * is planned again, at most three times; what such a program still put into the replaced file is merged.
 * @param planned bytes of the file when the change was planned; may the profile be taken over?
 * @throws UserError when the file may not or cannot be written.
 */
export async function writeProfiles(
  ctx: Write,
  wanted: WantedPrefect,
  planned: { size: number; adopt?: boolean | undefined },
  edit: Edit,
): Promise<void> {
  await withLock(profilesLock(ctx), 'writing profiles.toml', async () => {
    const target = realPath(profilesPath(ctx.env, ctx.paths.home));
    if (target !== undefined) sweepBeside(target);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      ctx.signal.throwIfAborted();
      const state = await lookAtProfile(ctx, wanted, planned.size, planned.adopt);
      await assertWritable(ctx, state);
      try {
        await replace(ctx, state, edit);
        return;
      } catch (error) {
        if (!(error instanceof FileChanged)) throw inWords(error, state);
      }
    }
    throw new UserError({
      id: 'HB219',
      message: 'profiles.toml keeps being changed by another program.',
      cause: `It was different at each of ${ATTEMPTS} attempts to write it; nothing of it was overwritten.`,
      next: 'hotpass-bootstrap setup',
      exit: EXIT.failed,
    });
  });
}

async function replace(ctx: Write, state: ProfileState, edit: Edit): Promise<void> {
  const { path, target, text } = state;
  const edited = await edit(text, state);
  if (edited.regions.length === 0 && state.mode === 0o600) return;
  if (lstatOf(dirname(target)) === undefined) ctx.files.privateFolder(dirname(target)); // As Prefect makes it.
  const held = holdFile(target);
  try {
    ctx.files.replaceRegions(path, { ...edited, mode: 0o600, expected: text });
    const late = held && text !== undefined ? await lateText(held, path, text) : undefined;
    if (late === undefined) return;
    const merged = await edit(late, state);
    ctx.files.replaceRegions(path, { ...merged, mode: 0o600, expected: edited.content });
  } finally {
    held?.close();
  }
}

/** The system's refusal as a sentence. */
function inWords(error: unknown, { path }: ProfileState): unknown {
  const causes: Record<string, string> = {
    ENOSPC: 'The disk is full.',
    EDQUOT: 'Your disk quota is used up.',
    EROFS: 'The file system is read-only.',
    EACCES: 'The permissions of its folder do not allow it.',
    EPERM: 'The system does not allow it.',
  };
  const cause = causes[errorCode(error) ?? ''];
  if (cause === undefined) return error;
  const next = `df -h ${quoteWord(existing(dirname(path)))}`;
  const message = `${path} could not be written; it is as it was.`;
  return new UserError({ id: 'HB217', message, cause, next, exit: EXIT.failed });
}

/** What another program wrote into the file that was just replaced; undefined when it did not, or left no TOML. */
async function lateText(held: HeldFile, path: string, before: string): Promise<string | undefined> {
  if (held.read().toString('utf8') === before) return undefined;
  const bytes = await settledBytes(() => held.read(), path, 1);
  try {
    const text = decodeProfiles(bytes ?? Buffer.alloc(0), path);
    if (text === before || text === '') return undefined;
    readProfiles(text, path);
    return text;
  } catch {
    return undefined;
  }
}

/**
 * May the file be replaced? (security §8, facts real-world 9 and 12.)
 * @throws UserError 78 for a file of somebody else, with a second name, or tracked by git; 1 for a write-protected one.
 */
export async function assertWritable(ctx: Read, state: ProfileState): Promise<void> {
  const { path, target } = state;
  const refuse = (message: string, cause: string, next: string, exit: 1 | 78): UserError =>
    new UserError({ id: 'HB217', message, cause, next, exit });
  const stats = statOf(target);
  const folder = existing(dirname(target));
  const uid = process.getuid?.();
  const isForeign = stats && uid && stats.uid !== uid;
  const problem = ownership([folder]) ?? (isForeign ? { path: target, kind: 'foreign' } : undefined);
  if (problem !== undefined && !isInside(problem.path, ctx.paths.home)) {
    // Above the home folder: nothing there is to be given to this user.
    throw refuse(
      `${path} cannot be written.`,
      `This user may not write to ${problem.path}; HOME or PREFECT_HOME names a folder that is not this user's.`,
      `ls -ld ${quoteWord(problem.path)}`,
      EXIT.failed,
    );
  }
  if (problem?.kind === 'foreign') {
    const top = quoteWord(problem.path);
    const cause = 'Something was run there as another user, often with sudo.';
    throw refuse(
      `${problem.path} belongs to somebody else.`,
      cause,
      `sudo chown -R "$(id -u):$(id -g)" ${top}`,
      EXIT.invalid,
    );
  }
  if (problem) {
    const cause = 'A file is replaced by a complete new one beside it, which needs that folder.';
    throw refuse(
      `The folder ${problem.path} cannot be written.`,
      cause,
      `chmod u+rwx ${quoteWord(problem.path)}`,
      EXIT.failed,
    );
  }
  if (stats && stats.nlink > 1) {
    const cause = 'Replacing it would leave the other name with the old content.';
    throw refuse(`${path} has a second name (a hard link).`, cause, `ls -li ${quoteWord(path)}`, EXIT.invalid);
  }
  if (stats && (stats.mode & 0o200) === 0) {
    const cause = 'Its permissions do not let you change it.';
    throw refuse(`${path} is write-protected.`, cause, `chmod u+w ${quoteWord(path)}`, EXIT.failed);
  }
  const inRoot = relative(ctx.root, target);
  if (isInside(target, ctx.root) && (await isTracked(ctx.root, inRoot, ctx.env, ctx.path))) {
    throw new UserError({
      id: 'HB218',
      message: `${path} is tracked by git.`,
      cause: 'Profiles of one machine would be committed for everybody.',
      next: `git rm --cached ${quoteWord(inRoot)}`,
      exit: EXIT.invalid,
    });
  }
}

/** The nearest folder that is there. */
function existing(folder: string): string {
  return lstatOf(folder) !== undefined || dirname(folder) === folder ? folder : existing(dirname(folder));
}
