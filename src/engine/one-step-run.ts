import type { Change } from '../core/changes.ts';
import type { RunEvent } from '../core/events.ts';
import type { Finding } from '../core/findings.ts';
import { applyPlan } from './apply.ts';
import { writeContext } from './context.ts';
import { filesPort } from './files-port.ts';
import { venvFingerprint } from './fingerprint.ts';
import { journalled, underLock } from './journalled.ts';
import { changesOf, hasGrown, makePlan, type Plan } from './plan.ts';
import type { Linked, Read, Step } from './step.ts';

export interface OneStepPorts {
  /** A look at the machine; stamps are those of the linked workspace. */
  look: (linked: Linked | undefined) => Read;
  /** Shows the plan and asks, unless that was answered beforehand. Throws when the answer is no. */
  confirm: (plan: Plan) => Promise<void>;
  /** The link of the workspace; made here when there is none. */
  link: () => Promise<Linked>;
  emit: (event: RunEvent) => void;
}

export interface OneStepRun {
  changes: readonly Change[];
  findings: readonly Finding[];
  /** Undefined when there was nothing to do. */
  run: string | undefined;
}

/**
 * Carries out one step in a run of its own, as `setup` carries out all of them: plan, one confirmation, lock, the same
 * look again, journal, apply, verify. `undo` takes it back.
 * @param linked of the workspace, if it is linked by now.
 * @param purpose for whoever waits for the lock.
 * @throws what the step fails with; UserError 75 when another run is at work.
 */
export async function runOneStep(
  step: Step,
  linked: Linked | undefined,
  purpose: string,
  ports: OneStepPorts,
): Promise<OneStepRun> {
  const first = ports.look(linked);
  const plan = await makePlan([step], first);
  if (changesOf(plan).length === 0) return { changes: [], findings: plan.findings, run: undefined };
  await ports.confirm(plan);
  const linkedNow = await ports.link();
  const { root, signal, approved, store } = first;
  // No store is opened before the manifest was approved.
  const how = { lock: { wait: 0, purpose, signal }, root, store: approved ? store : undefined, emit: ports.emit };
  return underLock(linkedNow, how, async () => {
    const read = ports.look(linkedNow);
    const now = await makePlan([step], read);
    if (hasGrown(plan, now)) await ports.confirm(now);
    return await carryOut(now, read, linkedNow, ports);
  });
}

async function carryOut(plan: Plan, read: Read, linked: Linked, { emit }: OneStepPorts): Promise<OneStepRun> {
  const changes = changesOf(plan);
  // Somebody else may have done it while we asked.
  if (changes.length === 0) return { changes, findings: plan.findings, run: undefined };
  const header = { environment: read.wanted.environment, changes: changes.length };
  return journalled(linked, header, read.approved ? read.store : undefined, async ({ run, journal, keep }) => {
    const writeFor = (change: Change) =>
      writeContext(read, {
        ask: () => Promise.reject(new Error('everything was asked before the first change')),
        emit,
        run,
        files: filesPort(journal, change, keep),
        keychain: { set: () => Promise.reject(new Error('this run stores no secret')) },
      });
    try {
      const verification: Change = { step: 'readiness', key: 'verify', action: 'run', target: '', certain: true };
      const ports = { emit, journal, writeFor, verifyContext: writeFor(verification) };
      const { results, findings } = await applyPlan(plan, ports);
      read.stamps.settle(venvFingerprint(read.root));
      const failed = results.find(({ error }) => error !== undefined);
      if (failed) throw failed.error;
      return { changes, findings: [...plan.findings, ...findings], run };
    } finally {
      read.stamps.save();
    }
  });
}
