import { type Finding, finding } from '../core/findings.ts';
import { hasSafePath, venvFingerprint, venvPython } from '../engine/fingerprint.ts';
import type { Step, Write } from '../engine/step.ts';
import { carryOut } from './python/carry-out.ts';
import { type PythonChange, planPython } from './python/changes.ts';
import { settleOrphan } from './python/marker.ts';
import { inspectPython, type PythonState } from './python/state.ts';
import { undoPython, wayBack } from './python/undo.ts';

/** `.venv` in step with `uv.lock` for the chosen profile, and whole (design §5). */
export const pythonStep: Step<PythonState, PythonChange> = {
  id: 'python',
  title: 'Python environment',
  needs: ['uv'],
  verifyNeeds: [],

  inspect: ctx => inspectPython(ctx, state => planPython(state, ctx.wanted).length > 0),

  plan: planPython,

  payload: ({ flags, former, exact }) => ({ flags, former, exact }),

  async apply(change, ctx) {
    await settleOrphan(ctx);
    if (change.certain) return await carryOut(change, ctx);
    // What was uncertain is looked at again now; a removal happens only under the change that announced it.
    const { state } = await pythonStep.inspect(ctx);
    const due = pythonStep
      .plan(state, ctx.wanted)
      .filter(now => (now.action === 'remove') === (change.action === 'remove'));
    for (const now of due) await carryOut(now, ctx);
  },

  async verify(ctx) {
    if (ctx.stamps.digestOf('python') === venvFingerprint(ctx.root) && !ctx.recheck) return [];
    return await interpreterStarts(ctx);
  },

  undoable(records, ctx) {
    const way = wayBack(records, ctx);
    return way.kind === 'refused' ? way : undefined;
  },

  undo: undoPython,
};

/** Starts the interpreter, isolated from what lies around (security §5). */
export async function interpreterStarts(ctx: Write): Promise<Finding[]> {
  const isolated = hasSafePath(ctx.root) ? '-P' : '-I';
  let said: string;
  try {
    const result = await ctx.spawn([venvPython(ctx.root), isolated, '-c', 'pass'], { timeout: 60_000 });
    if (result.code === 0) return [];
    said = result.stderr.trim().split('\n').at(-1) ?? '';
  } catch (error) {
    ctx.signal.throwIfAborted();
    said = error instanceof Error ? error.message : String(error);
  }
  return [
    finding(
      'HB251',
      'fail',
      'The Python of .venv does not start.',
      said || 'It ended with an error and said nothing.',
      {
        command: 'hotpass-bootstrap setup --recheck',
        safe: true,
      },
    ),
  ];
}
