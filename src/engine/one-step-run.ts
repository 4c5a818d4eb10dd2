import { join } from 'node:path';
import type { Change } from '../core/changes.ts';
import { EXIT } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import type { Finding } from '../core/findings.ts';
import { takeLock } from '../system/lock.ts';
import { applyPlan } from './apply.ts';
import { writeContext } from './context.ts';
import { filesPort } from './files-port.ts';
import { venvFingerprint } from './fingerprint.ts';
import { Journal, newRunId } from './journal.ts';
import { keeper } from './kept-text.ts';
import { changesOf, hasGrown, makePlan, type Plan } from './plan.ts';
import { recover } from './recover.ts';
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
  const { state } = await ports.link();
  const { signal } = first;
  const lock = await takeLock(join(state, 'lock'), { wait: 0, purpose, signal });
  try {
    recover(state, first.root, ports.emit);
    const read = ports.look(await ports.link());
    const now = await makePlan([step], read);
    if (hasGrown(plan, now)) await ports.confirm(now);
    return await carryOut(now, read, state, ports);
  } finally {
    lock.release();
  }
}

async function carryOut(plan: Plan, read: Read, state: string, { emit }: OneStepPorts): Promise<OneStepRun> {
  const run = newRunId();
  const { environment } = read.wanted;
  const journal = Journal.create(state, run, { environment, changes: changesOf(plan).length });
  let copies = 0;
  // No store is opened before the manifest was approved.
  const keep =
    read.approved && read.linked ? keeper(run, read.linked.namespace, read.store, () => ++copies) : undefined;
  const writeFor = (change: Change) =>
    writeContext(read, {
      ask: () => Promise.reject(new Error('everything was asked before the first change')),
      emit,
      run,
      files: filesPort(journal, change, keep),
      keychain: { set: () => Promise.reject(new Error('this run stores no secret')) },
    });
  let exit: number = EXIT.failed;
  try {
    const verification: Change = { step: 'readiness', key: 'verify', action: 'run', target: '', certain: true };
    const ports = { emit, journal, writeFor, verifyContext: writeFor(verification) };
    const { results, findings } = await applyPlan(plan, ports);
    read.stamps.settle(venvFingerprint(read.root));
    const failed = results.find(({ error }) => error !== undefined);
    if (failed) throw failed.error;
    exit = EXIT.ok;
    return { changes: changesOf(plan), findings: [...plan.findings, ...findings], run };
  } finally {
    read.stamps.save();
    journal.append({ kind: 'close', after: { exit } });
  }
}
