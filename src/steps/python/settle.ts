import { EXIT, UserError } from '../../core/errors.ts';
import { brokenDistributions, distributions } from '../../engine/distributions.ts';
import { venvFingerprint, venvPython } from '../../engine/fingerprint.ts';
import type { Read, Write } from '../../engine/step.ts';
import type { PythonChange } from './changes.ts';
import { IN_STEP, inStepDigest } from './in-step.ts';
import { rememberFlags } from './last-sync.ts';
import { removeMarker } from './marker.ts';
import { type Answer, askUv, nothing, type Refusal } from './question.ts';
import { throwIfStopped } from './watch.ts';

/**
 * Distributions whose files are not all there, apart by whether uv.lock asks for them. Where nothing may be removed, a
 * person's own packages are theirs to mend: uv would not touch them.
 */
export async function brokenNames(ctx: Read, uv: string): Promise<{ ours: string[]; others: string[] }> {
  const broken = brokenDistributions(ctx.root).map(entry => entry.name);
  if (broken.length === 0 || ctx.wanted.python.exact) return { ours: broken, others: [] };
  const answer = await askUv(ctx, uv, true);
  const outside = new Set(answer.kind === 'answer' ? answer.removes.map(pin => normal(pin.split('==')[0] ?? '')) : []);
  return {
    ours: broken.filter(name => !outside.has(normal(name))),
    others: broken.filter(name => outside.has(normal(name))),
  };
}

/** A name as indexes and uv spell it. */
function normal(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/**
 * Closes a sync that was found whole: the expected distributions are there, the marker goes, the selection and the
 * fingerprint are remembered.
 * @param asked what uv says now; asking it fills its interpreter cache, so that an idle run starts no Python.
 * @throws UserError 1 when uv says that it is done and distributions are missing.
 */
export async function settleSync(ctx: Write, asked: Promise<Answer | Refusal>, change: PythonChange): Promise<void> {
  throwIfStopped(ctx);
  const answer = await asked;
  const present = distributions(ctx.root).length;
  if (answer.kind === 'answer' && present < answer.expected) {
    throw new UserError({
      id: 'HB248',
      message: `Only ${present} of ${answer.expected} packages are in .venv, though uv reported success.`,
      cause: 'An environment that is not whole is never taken for ready.',
      next: 'hotpass-bootstrap setup --recheck',
      exit: EXIT.failed,
    });
  }
  removeMarker(ctx.linked);
  rememberFlags(ctx.linked, change.flags);
  ctx.stamps.recordLast('python', fingerprint => fingerprint);
  if (answer.kind === 'answer' && nothing(answer)) {
    ctx.stamps.recordLast(IN_STEP, fingerprint => inStepDigest(ctx, fingerprint));
  }
  ctx.outputs.set('python', { executable: venvPython(ctx.root), fingerprint: venvFingerprint(ctx.root) });
}

/** uv installed it and files are still missing: the copy in uv's cache is damaged (facts uv §2, Hardlinks). */
export function damagedCache(names: readonly string[]): UserError {
  return new UserError({
    id: 'HB248',
    message: `Files are missing of ${names.slice(0, 5).join(', ')}, also after installing anew.`,
    cause: "The copy in uv's cache is damaged, and every environment made from it will be.",
    next: `uv cache clean ${names.map(normal).join(' ')}`,
    exit: EXIT.failed,
  });
}
