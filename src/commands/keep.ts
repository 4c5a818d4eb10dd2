import { inOrder, makePlan } from '../engine/plan.ts';
import { remember } from '../engine/settled.ts';
import type { SetupOutcome } from '../engine/setup.ts';
import type { Step } from '../engine/step.ts';
import type { Workspace } from '../engine/workspace.ts';
import { readIndex } from '../secrets/index-file.ts';
import { startTrace, type Trace } from '../system/trace.ts';
import { everydayCall } from './everyday.ts';
import { contextOf } from './looking.ts';
import { isUnderWay } from './record.ts';
import { openStore, type Session, workspaceOf } from './session.ts';
import { idleText } from './setup-end.ts';

const HOUR = 3_600_000;
/** Stored secrets are looked up again after a day (contracts §4). */
const INDEX_MS = 24 * HOUR;

/**
 * Keeps what this run found in order, so that the next one need not look again. After a run that changed something
 * everything is looked at once more, as the next run would see it. Never a reason for a run to fail.
 */
export async function keepSettled(
  session: Session,
  workspace: Workspace,
  outcome: SetupOutcome,
  steps: readonly Step[],
  trace: Trace,
): Promise<void> {
  const { env, paths } = session;
  const call = everydayCall(session.argv, env);
  if (call === undefined || outcome.exit !== 0 || session.answers.environment !== undefined) return;
  // A coding agent may have done what was left of a person's onboarding: the next run of theirs has to see its end.
  if (isUnderWay(session, workspace.wanted.root)) return;
  try {
    const where = { paths, env, call };
    if (outcome.idle) {
      remember(where, trace, { ...found(session, workspace), line: idleText(session, workspace, outcome.findings) });
      return;
    }
    const again = startTrace();
    const now = await workspaceOf(session);
    if (!now.linked || now.grown.length > 0) return;
    const { store } = await openStore(session, now.wanted.root);
    const plan = await makePlan(steps, contextOf(session, now, store), now.loaded.findings);
    if (!inOrder(plan)) return;
    remember(where, again, { ...found(session, now), line: idleText(session, now, plan.findings) });
  } catch {
    // The next run looks for itself.
  }
}

/** How long the memory may serve: shorter while something is worth knowing, never longer than the secrets' index. */
function found(session: Session, workspace: Workspace): { root: string; until: number } {
  const { wanted, linked } = workspace;
  const now = Date.now();
  const entries =
    linked && wanted.secrets.length > 0 ? Object.values(readIndex(session.paths.state, linked.namespace)) : [];
  const until = Math.min(now + 6 * HOUR, ...entries.map(entry => entry.checkedAt + INDEX_MS));
  return { root: wanted.root, until };
}
