import { setImmediate } from 'node:timers/promises';
import type { Change } from '../core/changes.ts';
import { Interrupted, UserError } from '../core/errors.ts';
import type { RunEvent, StepStatus } from '../core/events.ts';
import type { Finding } from '../core/findings.ts';
import { STEP_IDS, type StepId } from '../core/ids.ts';
import { monotonic } from '../system/clock.ts';
import { errorFromHere, findingFromHere } from './from-here.ts';
import type { Journal } from './journal.ts';
import { secretInTheWay, UnkeptSecret } from './kept-text.ts';
import { type Plan, planStep, worstOf } from './plan.ts';
import type { Step, Write } from './step.ts';

export interface StepResult {
  id: StepId;
  status: StepStatus;
  /** Wall time in milliseconds. */
  ms: number;
  error?: unknown;
}

export interface ApplyPorts {
  emit: (event: RunEvent) => void;
  journal: Journal;
  /** The write context of one change: its files and keychain ports journal for that change. */
  writeFor: (change: Change) => Write;
  /** A context for `verify`, which changes nothing of ours. */
  verifyContext: Write;
}

/**
 * Carries out a plan along the graph of needs; independent steps at the same time. A failed step takes down only what
 * needs it. Plan and apply are one code path: what was uncertain is planned again when its turn comes.
 */
export async function applyPlan(
  plan: Plan,
  ports: ApplyPorts,
): Promise<{ results: StepResult[]; findings: Finding[] }> {
  const included = new Map(plan.steps.map(entry => [entry.step.id, entry]));
  const findings: Finding[] = [];
  const running = new Map<StepId, Promise<StepResult>>();
  const signal = ports.verifyContext.signal;

  const waitersOf = ({ id }: Step): number =>
    plan.steps.filter(({ step }) => step.needs.includes(id) || step.verifyNeeds.includes(id)).length;
  const finished = (id: StepId): Promise<StepResult | undefined> => {
    const entry = included.get(id);
    return entry ? start(entry.step, entry.changes) : Promise.resolve(undefined);
  };
  const blockedBy = async (ids: readonly StepId[]): Promise<StepId | undefined> => {
    const results = await Promise.all(ids.map(finished));
    return results.find(result => result && (result.status === 'failed' || result.status === 'skipped'))?.id;
  };
  const start = (step: Step, changes: readonly Change[]): Promise<StepResult> => {
    let result = running.get(step.id);
    if (!result) {
      result = carryOut(step, changes);
      running.set(step.id, result);
    }
    return result;
  };
  const carryOut = async (step: Step, changes: readonly Change[]): Promise<StepResult> => {
    const blocker = await blockedBy(step.needs);
    if (blocker !== undefined || signal.aborted) {
      const detail = blocker === undefined ? 'stopped' : `needs ${blocker}`;
      ports.emit({ type: 'step-finished', step: step.id, status: 'skipped', ms: 0, detail });
      return { id: step.id, status: 'skipped', ms: 0 };
    }
    // What many wait for, such as a sync, is under way before the others write and make durable what is theirs.
    if (waitersOf(step) < 2) await setImmediate();
    const started = monotonic();
    ports.emit({ type: 'step-started', step: step.id, title: step.title });
    try {
      const unmet = (): Promise<StepId | undefined> => blockedBy(step.verifyNeeds);
      const { planned, done } = await applyStep(step, changes, ports, findings, unmet);
      if (planned === 0) return finish(step, { status: 'in order' }, started);
      const missing = await unmet();
      if (missing === undefined) await verifyStep(step, ports, findings);
      return finish(step, unverified(done, missing), started);
    } catch (error) {
      return finish(step, { status: 'failed', error: signal.aborted ? stopped(signal, error) : error }, started);
    }
  };
  const finish = (step: Step, { detail, ...end }: StepEnd, started: number): StepResult => {
    const ms = end.status === 'skipped' ? 0 : monotonic() - started;
    const result = { id: step.id, ms, ...end };
    const { id, ...told } = result;
    ports.verifyContext.outputs.finished(id);
    ports.emit({ type: 'step-finished', step: id, ...told, ...(detail === undefined ? {} : { detail }) });
    return result;
  };

  for (const id of STEP_IDS) if (!included.has(id)) ports.verifyContext.outputs.finished(id);
  const results = await Promise.all(plan.steps.map(entry => start(entry.step, entry.changes)));
  return { results, findings };
}

/** How a step ended. */
interface StepEnd {
  status: StepStatus;
  error?: unknown;
  detail?: string;
}

/** How a step ended whose changes were made, where what would verify it is `missing`. */
function unverified(done: number, missing: StepId | undefined): StepEnd {
  if (missing === undefined) return { status: 'done' };
  if (done === 0) return { status: 'skipped', detail: `needs ${missing}` };
  return { status: 'done', detail: `not verified, needs ${missing}` };
}

/**
 * Applies the changes of one step in their order; a failed change does not keep the step's other changes from trying.
 * @param unmet the step without which nothing can be verified; what only asks the real thing is then left out.
 * @returns how many changes were due, and how many were made.
 */
async function applyStep(
  step: Step,
  planned: readonly Change[],
  ports: ApplyPorts,
  findings: Finding[],
  unmet: () => Promise<StepId | undefined>,
): Promise<{ planned: number; done: number }> {
  let changes = planned;
  if (planned.some(change => !change.certain)) {
    const again = await planStep(step, ports.verifyContext);
    changes = again.changes;
    findings.push(...again.findings);
  }
  const failures: unknown[] = [];
  let done = 0;
  for (const change of changes) {
    const missing = step.asks?.(change) ? await unmet() : undefined;
    ports.verifyContext.signal.throwIfAborted();
    if (missing !== undefined) continue;
    ports.journal.append({ kind: 'intent', step: step.id, change, after: step.payload?.(change) });
    try {
      await applyOne(step, change, ports.writeFor(change));
      ports.journal.append({ kind: 'done', step: step.id, change });
      ports.emit({ type: 'change-done', step: step.id, change });
      done += 1;
    } catch (error) {
      ports.journal.append({ kind: 'failed', step: step.id, change });
      failures.push(errorFromHere(ports.verifyContext.root, error));
      if (ports.verifyContext.signal.aborted || !step.independent) break;
    }
  }
  if (failures.length > 0) throw worstOf(failures);
  return { planned: changes.length, done };
}

/** A file that changes at every attempt is not followed for ever. */
const ATTEMPTS = 10;

/** Applies a change; again, once what it found secret in a file is kept in the secret store (security §6). */
async function applyOne(step: Step, change: Change, write: Write): Promise<void> {
  let path = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      return await step.apply(change, write);
    } catch (error) {
      if (!(error instanceof UnkeptSecret)) throw error;
      path = error.path;
      await write.files.keepSecret(path, error.text);
    }
  }
  throw secretInTheWay(path);
}

async function verifyStep(step: Step, ports: ApplyPorts, findings: Finding[]): Promise<void> {
  const { root } = ports.verifyContext;
  const found = (await step.verify(ports.verifyContext)).map(finding => findingFromHere(root, finding));
  findings.push(...found);
  const failed = found.find(finding => finding.level === 'fail');
  if (!failed) return;
  throw new UserError({
    id: failed.id,
    message: failed.message,
    cause: failed.cause,
    next: failed.fix?.command ?? 'hotpass-bootstrap setup',
    exit: 1,
  });
}

/** A step that fails because the run is being stopped was stopped; its own complaint is not the news. */
function stopped(signal: AbortSignal, error: unknown): unknown {
  return signal.reason instanceof Interrupted ? signal.reason : error;
}
