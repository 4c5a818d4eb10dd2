import type { SavedFile } from '../../engine/files-port.ts';
import { venvFolder } from '../../engine/fingerprint.ts';
import type { JournalRecord, Refused, Undone, Write } from '../../engine/step.ts';
import { lstatOf, rename } from '../../system/files.ts';
import { knownUv } from '../child-environment.ts';
import { discard } from './carry-out.ts';
import { failureOf } from './failures.ts';
import { UV_PLAIN } from './flags.ts';
import { rememberFlags } from './last-sync.ts';
import { venvKind } from './venv.ts';

/**
 * Takes a change of `.venv` back (contracts §5): removed if we made it, else the copy that was set aside comes back,
 * else it is synchronised to the former selection.
 * @throws UserError when that sync fails, or when `.venv` must not be touched any more.
 */
export async function undoPython(records: readonly JournalRecord[], ctx: Write): Promise<Undone | Refused> {
  const venv = venvFolder(ctx.root);
  if (lstatOf(venv)) venvKind(ctx.root);
  const saved = records.filter(record => record.kind === 'saved').map(record => record.after as SavedFile);
  const aside = saved.find(file => file.file === 'aside' && file.path === venv);
  ctx.stamps.forget('python');
  if (aside?.file === 'aside' && lstatOf(aside.aside)) {
    discard(venv);
    rename(aside.aside, venv);
    return { kind: 'undone', text: 'the former .venv is back' };
  }
  if (aside === undefined && saved.some(file => file.file === 'created' && file.path === venv)) {
    discard(venv);
    return { kind: 'undone', text: '.venv is removed' };
  }
  if (!lstatOf(venv)) return { kind: 'undone', text: '.venv is already gone' };
  return await backToFormer(records, ctx);
}

async function backToFormer(records: readonly JournalRecord[], ctx: Write): Promise<Undone | Refused> {
  const intent = records.find(record => record.kind === 'intent')?.after as { former?: unknown } | undefined;
  const former = Array.isArray(intent?.former) ? intent.former.map(String) : undefined;
  if (former === undefined) {
    return { kind: 'refused', reason: 'which packages were in .venv before is not known, so it is left as it is' };
  }
  const uv = knownUv(ctx);
  if (uv === undefined) return { kind: 'refused', reason: 'there is no uv to synchronise .venv with' };
  const keep = ctx.wanted.python.exact ? [] : ['--inexact'];
  const result = await ctx.spawn([uv, 'sync', '--locked', ...former, ...keep], { env: UV_PLAIN, signal: false });
  if (result.code !== 0) throw failureOf(result.stderr);
  rememberFlags(ctx.linked, former);
  const words = former.length === 0 ? 'the default packages' : former.join(' ');
  return { kind: 'undone', text: `.venv is synchronised to its former selection (${words}) of today's uv.lock` };
}
