import { toldGates } from '../onboarding/milestones.ts';
import type { Decision } from '../telemetry/decision.ts';
import { BUDGET_MS, deliver, keepTraces } from '../telemetry/deliver.ts';
import { encodeSpans } from '../telemetry/export.ts';
import type { Span } from '../telemetry/run-trace.ts';
import type { Session } from './session.ts';
import { metricsRequest, senderOf, stateOf, tokenFor } from './telemetry-here.ts';
import type { Told } from './telemetry-run.ts';

/**
 * Keeps the trace of a run, then sends it with what waits and the metrics of the workspace: one try within the budget.
 * Whatever goes wrong waits for the next time; a run is never told about it and never ends differently for it.
 */
export async function sendRun(
  session: Session,
  decision: Decision,
  workspace: Told,
  spans: readonly Span[],
): Promise<void> {
  const state = stateOf(session.paths, workspace.root);
  if (!decision.sends || state === undefined) return;
  const { ci, env, paths, options } = session;
  // The whole of it, the secret store included, has one budget.
  const budget = new AbortController();
  const timer = setTimeout(() => budget.abort(new Error('the time is up')), BUDGET_MS);
  try {
    if (spans.length > 0) keepTraces(paths.state, encodeSpans(spans, senderOf(state, ci)));
    if (options.offline || session.abort.signal.aborted) return;
    const metrics = await metricsRequest(state, ci, toldGates(workspace));
    const token = await tokenFor({ ...session, abort: budget }, decision);
    const route = { endpoint: decision.endpoint, token, env, signal: budget.signal };
    await deliver(paths.state, metrics, route);
  } catch {
    // The store did not answer, the disk is full: nothing of that is a reason for a run to fail.
  } finally {
    clearTimeout(timer);
  }
}
