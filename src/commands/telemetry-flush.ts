import { EXIT } from '../core/errors.ts';
import { toldGates } from '../onboarding/milestones.ts';
import { deliver, FLUSH_MS } from '../telemetry/deliver.ts';
import { printJson } from '../terminal/json-view.ts';
import { say } from '../terminal/output.ts';
import type { Session } from './session.ts';
import { metricsRequest, stateOf, telemetryHere, tokenFor } from './telemetry-here.ts';
import { workspaceHere } from './telemetry-show.ts';
import { troubleText } from './telemetry-status.ts';

/** `telemetry flush`: sends what waits and the metrics of this workspace, now. */
export async function flush(session: Session): Promise<number> {
  const { options, paths, ci, env, abort } = session;
  const { decision } = telemetryHere(session);
  if (!decision.sends) {
    if (options.json) printJson({ schema: 1, kind: 'telemetry', action: 'flush', sent: 0, waiting: 0, trouble: null });
    else if (!options.quiet) say(`Telemetry is off, so nothing was sent: ${decision.why}`);
    return EXIT.ok;
  }
  const workspace = await workspaceHere(session);
  const state = workspace && stateOf(paths, workspace.wanted.root);
  const metrics = await metricsRequest(state, ci, toldGates(workspace?.wanted));
  const token = await tokenFor(session, decision);
  const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(FLUSH_MS)]);
  const { sent, waiting, delivery } = await deliver(
    paths.state,
    metrics,
    { endpoint: decision.endpoint, token, env, signal },
    true,
  );
  abort.signal.throwIfAborted();
  const trouble = delivery.trouble ?? null;
  // One that breaks over what it is sent, or cannot read it, is not sent it again.
  const refused = trouble === null && sent === 0 && metrics !== undefined;
  if (options.json) printJson({ schema: 1, kind: 'telemetry', action: 'flush', sent, waiting, trouble });
  else if (trouble !== null)
    say(`${troubleText(delivery, decision.endpoint)} ${waiting === 0 ? '' : `${waiting} waiting.`}`.trim());
  else if (refused) say(`${decision.endpoint} took nothing of what it was sent (status ${delivery.status}).`);
  else if (!options.quiet)
    say(
      sent === 0
        ? 'There was nothing to send.'
        : `${sent} batch${sent === 1 ? '' : 'es'} sent to ${decision.endpoint}.`,
    );
  return trouble === null && !refused ? EXIT.ok : EXIT.unreachable;
}
