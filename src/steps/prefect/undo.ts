import { EXIT, UserError } from '../../core/errors.ts';
import type { SavedFile } from '../../engine/files-port.ts';
import type { JournalRecord, Refused, Undone, Write } from '../../engine/step.ts';
import { takeBack } from '../../engine/undo-file.ts';
import { decodeProfiles, readProfiles } from '../../prefect/profiles-text.ts';
import { readBytes, realPath, removeFile, replaceFile } from '../../system/files.ts';
import { withLock } from '../../system/lock.ts';
import { forgetOwnership } from './ownership.ts';
import { profilesLock } from './write.ts';

/**
 * Takes our part out of `profiles.toml` again. `active` is restored only if it still holds what we wrote and the
 * former profile exists (contracts §5); otherwise it is left as it is, which is no reason to refuse the rest.
 */
export async function undoProfiles(records: readonly JournalRecord[], ctx: Write): Promise<Undone | Refused> {
  const key = records[0]?.change?.key;
  const saved = records.flatMap(({ kind, after }) => (kind === 'saved' ? [after as SavedFile] : []));
  const files = saved.filter(file => file.file === 'regions').reverse();
  if (files.length === 0) return { kind: 'undone', text: 'nothing was written' };
  return withLock(profilesLock(ctx), 'undoing profiles.toml', () => {
    let result: Undone | Refused = { kind: 'undone', text: 'profiles.toml is as it was' };
    for (const file of files) {
      result = key === 'active' ? undoActive(file) : undoTable(file);
      if (result.kind === 'refused') return result;
    }
    const profile = (records[0]?.after as { profile?: string } | undefined)?.profile;
    if (key === 'profile' && profile !== undefined) {
      forgetOwnership(ctx.stamps, profile);
      ctx.stamps.save();
    }
    return result;
  });
}

type Saved = Extract<SavedFile, { file: 'regions' }>;

function undoTable(saved: Saved): Undone | Refused {
  const { path, text } = read(saved);
  if (text === undefined) return { kind: 'undone', text: `${saved.path} is already gone` };
  const former = takeBack(text, saved.regions, saved.size);
  if (former === undefined) return { kind: 'refused', reason: `the profile in ${saved.path} was changed since` };
  put(path, former, saved);
  return { kind: 'undone', text: `took our part out of ${saved.path}` };
}

function undoActive(saved: Saved): Undone | Refused {
  const { path, text } = read(saved);
  const kept: Undone = { kind: 'undone', text: `left the active profile in ${saved.path} as it is` };
  if (text === undefined) return kept;
  const former = takeBack(text, saved.regions, saved.size);
  if (former === undefined) return kept;
  const { active, profiles } = readProfiles(former, saved.path);
  if (active !== undefined && !profiles.has(active)) return kept;
  put(path, former, saved);
  return { kind: 'undone', text: `restored the active profile in ${saved.path}` };
}

function read(saved: Saved): { path: string; text: string | undefined } {
  const path = realPath(saved.path) ?? saved.path;
  const bytes = readBytes(path);
  return { path, text: bytes === undefined ? undefined : decodeProfiles(bytes, saved.path) };
}

function put(path: string, former: string, saved: Saved): void {
  try {
    if (!saved.existed && former.trim() === '') removeFile(path);
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
