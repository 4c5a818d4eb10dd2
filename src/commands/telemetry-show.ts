import { EXIT } from '../core/errors.ts';
import type { Workspace } from '../engine/workspace.ts';
import { toldGates } from '../onboarding/milestones.ts';
import { Spool } from '../telemetry/spool.ts';
import { printJson } from '../terminal/json-view.ts';
import { print, say } from '../terminal/output.ts';
import { type Session, workspaceOf } from './session.ts';
import { metricsRequest, stateOf, telemetryHere } from './telemetry-here.ts';

/** `telemetry show`: the requests as they would go now, one a line on standard output; sends nothing. */
export async function show(session: Session): Promise<number> {
  const { paths, ci, options } = session;
  const { decision } = telemetryHere(session);
  const workspace = await workspaceHere(session);
  const state = workspace && stateOf(paths, workspace.wanted.root);
  const metrics = await metricsRequest(state, ci, toldGates(workspace?.wanted), decision.sends);
  const traces = new Spool(paths.state).bodies();
  const endpoint = decision.sends ? decision.endpoint : null;
  if (options.json) {
    printJson({ schema: 1, kind: 'telemetry', action: 'show', endpoint, metrics: metrics ?? null, traces });
    return EXIT.ok;
  }
  const bodies = [...(metrics === undefined ? [] : [metrics]), ...traces];
  for (const body of bodies) print(body);
  if (options.quiet) return EXIT.ok;
  if (!decision.sends) say(`Telemetry is off: ${decision.why} This is what would be sent.`);
  if (bodies.length === 0) say('There is nothing to send from here yet.');
  else {
    const what = [
      ...(metrics === undefined
        ? []
        : [`the metrics of ${workspace?.wanted.workspace}, to ${endpoint ?? ''}/v1/metrics`]),
      ...(traces.length === 0
        ? []
        : [`${traces.length} waiting trace${traces.length === 1 ? '' : 's'}, to ${endpoint ?? ''}/v1/traces`]),
    ];
    say(`${what.join('; ')}.`);
  }
  return EXIT.ok;
}

/** The workspace here; undefined outside of any. */
export async function workspaceHere(session: Session): Promise<Workspace | undefined> {
  try {
    return await workspaceOf(session);
  } catch {
    return undefined;
  }
}
