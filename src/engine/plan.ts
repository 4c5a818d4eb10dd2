import { type Change, sameChange } from '../core/changes.ts';
import { EXIT, exitOf, UserError, worstExit } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import { nearest, STEP_IDS, type StepId } from '../core/ids.ts';
import { errorFromHere, findingFromHere } from './from-here.ts';
import type { Missing, Read, Step } from './step.ts';

/** What a run would do. */
export interface Plan {
  /** By step, in the order of `STEP_IDS`; only the included steps. */
  steps: readonly { step: Step; changes: readonly Change[] }[];
  findings: readonly Finding[];
  missing: readonly Missing[];
  /** Keeps what the inspections learned, in our own caches; for runs that may write. */
  remember: () => Promise<void>;
}

export function changesOf(plan: Plan): Change[] {
  return plan.steps.flatMap(entry => [...entry.changes]);
}

/** In order: nothing to change and no required input missing. */
export function inOrder(plan: Plan): boolean {
  return changesOf(plan).length === 0 && !plan.missing.some(missing => missing.required);
}

/** Inspects one step and plans from what was found. */
export async function planStep(
  step: Step,
  ctx: Read,
): Promise<{ changes: Change[]; findings: Finding[]; missing: Missing[]; remember: () => Promise<void> }> {
  const { state, findings } = await step.inspect(ctx).catch((error: unknown) => {
    throw errorFromHere(ctx.root, error);
  });
  return {
    changes: step.plan(state, ctx.wanted),
    findings: findings.map(finding => findingFromHere(ctx.root, finding)),
    missing: step.missing?.(state, ctx.wanted) ?? [],
    remember: async () => step.remember?.(state, ctx),
  };
}

/**
 * Inspects all steps at once and plans. Steps wait for each other only through `ctx.outputs`.
 * @param known findings from before, about the manifest.
 * @throws the worst UserError when an inspection fails; the others' sentences follow in its lines. A bug is thrown as it is.
 */
export async function makePlan(steps: readonly Step[], ctx: Read, known: readonly Finding[] = []): Promise<Plan> {
  for (const id of STEP_IDS) if (!steps.some(step => step.id === id)) ctx.outputs.inspected(id);
  const results = await Promise.allSettled(
    steps.map(async step => {
      try {
        return await planStep(step, ctx);
      } finally {
        // An output nobody published must not keep the others waiting; whoever publishes does so within its inspection.
        ctx.outputs.inspected(step.id);
      }
    }),
  );
  const failures = results.flatMap(result => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (failures.length > 0) throw worstOf(failures);
  const plans = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
  return {
    steps: steps.map((step, i) => ({ step, changes: plans[i]?.changes ?? [] })),
    findings: [...known, ...plans.flatMap(plan => plan.findings)],
    missing: plans.flatMap(plan => plan.missing),
    remember: async () => {
      for (const plan of plans) await plan.remember();
    },
  };
}

/** The failure that decides; what else failed is told in its lines. */
export function worstOf(failures: readonly unknown[]): unknown {
  const bug = failures.find(failure => !(failure instanceof UserError));
  if (bug !== undefined) return bug;
  const exit = worstExit(failures.map(exitOf));
  const worst = failures.find(failure => exitOf(failure) === exit) as UserError;
  const others = failures.filter(failure => failure !== worst) as UserError[];
  if (others.length === 0) return worst;
  return new UserError({
    message: worst.message,
    cause: worst.why,
    ...(worst.next === undefined ? {} : { next: worst.next }),
    ...(worst.id === undefined ? {} : { id: worst.id }),
    exit: worst.exit,
    details: [...worst.details, ...others.map(other => `also: ${other.message}`)],
    lines: worst.lines,
  });
}

/**
 * Which steps take part. `--only` adds the steps they need; `--skip` leaves out what needs a skipped one.
 * @throws UserError 64 for a name that is no step.
 */
export function selectSteps(all: readonly Step[], only: readonly string[], skip: readonly string[]): Step[] {
  for (const name of [...only, ...skip]) {
    if (!(STEP_IDS as readonly string[]).includes(name)) {
      const guess = nearest(name, STEP_IDS);
      throw new UserError({
        message: `There is no step called ${name}${guess ? `; did you mean ${guess}?` : '.'}`,
        cause: `The steps are: ${STEP_IDS.join(', ')}.`,
        next: 'hotpass-bootstrap setup --help',
        exit: EXIT.usage,
      });
    }
  }
  const byId = new Map(all.map(step => [step.id, step]));
  const wanted = new Set<StepId>();
  const include = (id: StepId): void => {
    if (wanted.has(id)) return;
    wanted.add(id);
    for (const need of byId.get(id)?.needs ?? []) include(need);
  };
  for (const step of all) if (only.length === 0 || only.includes(step.id)) include(step.id);
  const leftOut = new Set<StepId>(skip as StepId[]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const step of all) {
      if (leftOut.has(step.id) || !step.needs.some(need => leftOut.has(need))) continue;
      leftOut.add(step.id);
      grew = true;
    }
  }
  return all.filter(step => wanted.has(step.id) && !leftOut.has(step.id));
}

/**
 * Has a plan grown since it was confirmed? A change is covered by the same one, or by an uncertain one of its step
 * ("after uv is there") unless it removes something.
 */
export function hasGrown(confirmed: Plan, now: Plan): boolean {
  const shown = changesOf(confirmed);
  return changesOf(now).some(change => {
    if (shown.some(old => sameChange(old, change))) return false;
    const sameKey = shown.some(
      old => old.step === change.step && old.key === change.key && old.action === change.action,
    );
    const promised = shown.some(old => old.step === change.step && !old.certain);
    return !(change.action !== 'remove' && (sameKey || promised));
  });
}
