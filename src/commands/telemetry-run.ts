import type { Listener } from '../core/events.ts';
import type { Wanted } from '../manifest/wanted.ts';
import type { Env } from '../system/environment.ts';
import { readText } from '../system/files.ts';
import type { UserPaths } from '../system/paths.ts';
import { configFile } from '../system/user-config.ts';
import type { Session } from './session.ts';

/** What of a workspace decides what is told: its root, and the figures it names. */
export type Told = Pick<Wanted, 'root' | 'baselines' | 'targets'>;

/** What a run tells of itself while telemetry is on. */
export interface RunTelemetry {
  listen: Listener;
  /** The caller's environment with the TRACEPARENT of this run. */
  env: Env;
  /**
   * Keeps the trace of the run and sends it with what waits, within the budget. Never throws, never changes an exit code.
   */
  end(session: Session, workspace: Told, exit: number): Promise<void>;
  /** The same for a measured command that the workspace tells of; of others nothing is said, not even a name. */
  endGate(session: Session, workspace: Told, name: string, exit: number): Promise<void>;
}

/** Undefined while telemetry is off; nothing is loaded then. */
export async function startTelemetry(where: {
  env: Env;
  ci: boolean;
  paths: UserPaths;
}): Promise<RunTelemetry | undefined> {
  if (!isMentioned(where)) return undefined;
  try {
    const { telemetryHere } = await import('./telemetry-here.ts');
    const { decision } = telemetryHere(where);
    if (!decision.sends) return undefined;
    const { RunTrace } = await import('../telemetry/run-trace.ts');
    const trace = new RunTrace(where.env);
    return {
      listen: trace.listen,
      env: { ...where.env, TRACEPARENT: trace.traceparent },
      end: async (session, workspace, exit) => {
        const { sendRun } = await import('./telemetry-send.ts');
        await sendRun(session, decision, workspace, trace.finish(exit));
      },
      endGate: async (session, workspace, name, exit) => {
        const [{ sendRun }, { gateResult }, { toldGates }] = await Promise.all([
          import('./telemetry-send.ts'),
          import('../telemetry/metrics.ts'),
          import('../onboarding/milestones.ts'),
        ]);
        const isTold = toldGates(workspace).includes(name);
        await sendRun(session, decision, workspace, isTold ? trace.finishGate(name, gateResult(exit)) : []);
      },
    };
  } catch {
    return undefined; // A config.toml that cannot be used is told of by `telemetry status` and `doctor`.
  }
}

function isMentioned({ env, ci, paths }: { env: Env; ci: boolean; paths: UserPaths }): boolean {
  if (ci) return Boolean(env['HOTPASS_BOOTSTRAP_OTLP_ENDPOINT']);
  return readText(configFile(paths))?.includes('telemetry') === true;
}
