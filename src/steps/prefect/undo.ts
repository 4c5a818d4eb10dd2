import type { Change } from '../../core/changes.ts';
import { EXIT, UserError } from '../../core/errors.ts';
import type { SavedFile } from '../../engine/files-port.ts';
import type { Foreseen } from '../../engine/foreseen.ts';
import { findRecord, readRegistry, rememberEnvironment } from '../../engine/registry.ts';
import type { JournalRecord, Read, Refused, Undone, Write } from '../../engine/step.ts';
import { freeName, takeBack } from '../../engine/undo-file.ts';
import { profilesPath } from '../../prefect/profiles-path.ts';
import { decodeProfiles, readProfiles } from '../../prefect/profiles-text.ts';
import { readBytes, realPath, removeFile, replaceFile } from '../../system/files.ts';
import { withLock } from '../../system/lock.ts';
import { forceProfile } from './force.ts';
import { forgetOwnership, recordOwnership } from './ownership.ts';
import { activeThatWillDo } from './state.ts';
import { profilesLock } from './write.ts';

type Saved = Extract<SavedFile, { file: 'regions' }>;

/** What one of our writes leaves when it is taken back; `undefined` text: as it is. */
interface Back {
  kind: 'back';
  text: string | undefined;
  words: string;
  /** What somebody wrote into our part, to be kept beside the file. */
  removed?: string;
}

/** What was written in this change, newest first. */
function writesOf(records: readonly JournalRecord[]): Saved[] {
  const saved = records.flatMap(({ kind, after }) => (kind === 'saved' ? [after as SavedFile] : []));
  return saved.filter(file => file.file === 'regions').reverse();
}

/** Looks only. @throws UserError 78 for a file that Prefect cannot read either. */
export function profilesUndoable(
  records: readonly JournalRecord[],
  _ctx: Read,
  files: Foreseen,
  force = false,
): Refused | undefined {
  for (const saved of writesOf(records)) {
    const path = realPath(saved.path) ?? saved.path;
    const text = files.read(path, () => read(path, saved.path));
    const back = wayBack(records, saved, text, force);
    if (back.kind === 'refused') return back;
    if (back.text !== undefined) files.set(path, isNew(saved, back.text) ? undefined : back.text);
  }
  return undefined;
}

/**
 * Takes our part out of `profiles.toml` again. `active` is restored only if it still holds what we wrote and the
 * former profile exists (contracts §5); otherwise it is left as it is, which is no reason to refuse the rest.
 */
export async function undoProfiles(
  records: readonly JournalRecord[],
  ctx: Write,
  force = false,
): Promise<Undone | Refused> {
  const change = records[0]?.change;
  const key = change?.key;
  if (change && key === 'selection') return undoSelection(change, ctx);
  const writes = writesOf(records);
  if (writes.length === 0) {
    giveUpOwnership(records, ctx);
    return { kind: 'undone', text: 'nothing was written' };
  }
  return withLock(profilesLock(ctx), 'undoing profiles.toml', () => {
    let words = '';
    for (const saved of writes) {
      const path = realPath(saved.path) ?? saved.path;
      const back = wayBack(records, saved, read(path, saved.path), force);
      if (back.kind === 'refused') return back;
      if (back.removed !== undefined) replaceFile(freeName(path), back.removed, 0o600);
      if (back.text !== undefined) put(path, back.text, saved);
      words = back.words;
    }
    giveUpOwnership(records, ctx);
    return { kind: 'undone', text: words };
  });
}

/** The profile belongs to whom it belonged before the change: to nobody, or to this workspace with what it wrote then. */
function giveUpOwnership(records: readonly JournalRecord[], ctx: Write): void {
  const { profile, former } = (records[0]?.after ?? {}) as { profile?: string; former?: readonly string[] };
  if (records[0]?.change?.key !== 'profile' || profile === undefined) return;
  if (former === undefined) forgetOwnership(ctx.stamps, profile);
  else recordOwnership(ctx.stamps, profilesPath(ctx.env, ctx.paths.home), profile, former);
  ctx.stamps.save();
}

/** The environment of the folder is the former one again, unless another was chosen since. */
async function undoSelection({ from, to }: Change, ctx: Write): Promise<Undone> {
  const now = findRecord(readRegistry(ctx.paths), ctx.root)?.record.environment;
  if (now !== to) return { kind: 'undone', text: `left the environment ${now ?? 'of the manifest'} chosen` };
  await rememberEnvironment(ctx.paths, ctx.root, from);
  return {
    kind: 'undone',
    text: from === undefined ? `forgot the environment ${to}` : `chose the environment ${from}`,
  };
}

function wayBack(
  records: readonly JournalRecord[],
  saved: Saved,
  text: string | undefined,
  force: boolean,
): Back | Refused {
  const key = records[0]?.change?.key;
  const back = (words: string, former?: string): Back => ({ kind: 'back', words, text: former });
  const isActive = key === 'active';
  const kept = `left the active profile in ${saved.path} as it is`;
  if (text === undefined) return back(isActive ? kept : `${saved.path} is already gone`);
  const former = takeBack(text, saved.regions, saved.size);
  if (!isActive) {
    if (former !== undefined) return back(`took our part out of ${saved.path}`, former);
    const { profile } = (records[0]?.after ?? {}) as { profile?: string };
    const forced = force && profile !== undefined ? forceProfile(text, saved.path, profile, saved.regions) : undefined;
    const words = `took our part out of ${saved.path}, keeping your version beside it`;
    if (forced) return { ...back(words, forced.text), removed: forced.removed };
    return { kind: 'refused', reason: `the profile in ${saved.path} was changed since` };
  }
  if (former === undefined) return back(kept);
  const found = readProfiles(former, saved.path);
  if (found.active !== undefined && activeThatWillDo(found) === undefined) return back(kept);
  return back(`restored the active profile in ${saved.path}`, former);
}

/** We made the file, and nobody wrote anything else into it. */
function isNew(saved: Saved, former: string): boolean {
  return !saved.existed && former.trim() === '';
}

function read(path: string, shown: string): string | undefined {
  const bytes = readBytes(path);
  return bytes === undefined ? undefined : decodeProfiles(bytes, shown);
}

function put(path: string, former: string, saved: Saved): void {
  try {
    if (isNew(saved, former)) removeFile(path);
    else replaceFile(path, former, saved.mode ?? 0o600);
  } catch (error) {
    throw new UserError({
      id: 'HB217',
      message: `${saved.path} cannot be written.`,
      cause: error instanceof Error && 'code' in error ? `The system says ${String(error.code)}.` : '',
      next: 'hotpass-bootstrap undo',
      exit: EXIT.failed,
    });
  }
}
