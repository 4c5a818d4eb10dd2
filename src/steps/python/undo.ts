import type { SavedFile } from '../../engine/files-port.ts';
import { venvFolder } from '../../engine/fingerprint.ts';
import type { JournalRecord, Read, Refused, Undone, Write } from '../../engine/step.ts';
import { lstatOf, rename } from '../../system/files.ts';
import { knownUv } from '../child-environment.ts';
import { discard } from './carry-out.ts';
import { rememberFlags } from './last-sync.ts';
import { sync } from './sync.ts';
import { venvKind } from './venv.ts';

/** What the journal holds of a sync, since today's manifest may say something else, or be broken (contracts §5). */
interface Payload {
  /** The former selection. */
  former: unknown;
  /** Did it remove what is not locked? Then taking it back does too. */
  exact: boolean;
}

interface BySync {
  kind: 'sync';
  uv: string;
  former: readonly string[];
  exact: boolean;
}

type Way = { kind: 'aside'; folder: string } | { kind: 'remove' } | { kind: 'gone' } | BySync;

/**
 * How a change of `.venv` is taken back (contracts §5): removed if we made it, else the copy that was set aside comes
 * back, else it is synchronised to the former selection. Looks only.
 * @throws UserError when `.venv` must not be touched any more.
 */
export function wayBack(records: readonly JournalRecord[], ctx: Read): Way | Refused {
  const venv = venvFolder(ctx.root);
  if (lstatOf(venv)) venvKind(ctx.root);
  const saved = records.filter(record => record.kind === 'saved').map(record => record.after as SavedFile);
  const aside = saved.find(file => file.file === 'aside' && file.path === venv);
  if (aside?.file === 'aside' && lstatOf(aside.aside)) return { kind: 'aside', folder: aside.aside };
  if (aside === undefined && saved.some(file => file.file === 'created' && file.path === venv)) {
    return { kind: 'remove' };
  }
  if (!lstatOf(venv)) return { kind: 'gone' };
  const intent = records.find(record => record.kind === 'intent')?.after as Partial<Payload> | undefined;
  if (!Array.isArray(intent?.former)) {
    const reason = 'which packages were in .venv before is not known, so it is left as it is';
    return { kind: 'refused', reason, stays: true };
  }
  const uv = knownUv(ctx);
  if (uv === undefined) return { kind: 'refused', reason: 'there is no uv to synchronise .venv with' };
  return { kind: 'sync', uv, former: intent.former.map(String), exact: intent.exact ?? false };
}

/** @throws UserError when the sync to the former selection fails, or when `.venv` must not be touched any more. */
export async function undoPython(records: readonly JournalRecord[], ctx: Write): Promise<Undone | Refused> {
  const venv = venvFolder(ctx.root);
  const way = wayBack(records, ctx);
  if (way.kind === 'refused') return way;
  ctx.stamps.forget('python');
  if (way.kind === 'gone') return { kind: 'undone', text: '.venv is already gone' };
  if (way.kind === 'sync') return await backToFormer(way, ctx);
  discard(venv);
  if (way.kind === 'remove') return { kind: 'undone', text: '.venv is removed' };
  rename(way.folder, venv);
  return { kind: 'undone', text: 'the former .venv is back' };
}

async function backToFormer({ uv, former, exact }: BySync, ctx: Write): Promise<Undone> {
  // No step hands out stored passwords in an undo; those of the environment count.
  ctx.outputs.finished('secrets');
  await sync(ctx, { uv, exact, reinstall: [], total: 0, selection: former });
  rememberFlags(ctx.linked, former);
  const words = former.length === 0 ? 'the default packages' : former.join(' ');
  return { kind: 'undone', text: `.venv is synchronised to its former selection (${words}) of today's uv.lock` };
}
