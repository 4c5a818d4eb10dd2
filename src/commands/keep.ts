import { remember } from '../engine/settled.ts';
import type { SetupOutcome } from '../engine/setup.ts';
import type { Workspace } from '../engine/workspace.ts';
import { readIndex } from '../secrets/index-file.ts';
import type { Trace } from '../system/trace.ts';
import { everydayCall } from './everyday.ts';
import { isUnderWay } from './record.ts';
import type { Session } from './session.ts';
import { idleText } from './setup-end.ts';

const HOUR = 3_600_000;
/** Stored secrets are looked up again after a day (contracts §4). */
const INDEX_MS = 24 * HOUR;

/**
 * Keeps what a run with nothing to do found in order, so that the next one need not look again. A run that changed
 * something does not know how the next one will see it. Never a reason for a run to fail.
 */
export function keepSettled(session: Session, workspace: Workspace, outcome: SetupOutcome, trace: Trace): void {
  const { env, paths } = session;
  const call = everydayCall(session.argv, env);
  if (call === undefined || !outcome.idle || outcome.exit !== 0 || session.answers.environment !== undefined) return;
  // A coding agent may have done what was left of a person's onboarding: the next run of theirs has to see its end.
  if (isUnderWay(session, workspace.wanted.root)) return;
  try {
    const line = idleText(session, workspace, outcome.findings);
    remember({ paths, env, call }, trace, { ...found(session, workspace), line });
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
