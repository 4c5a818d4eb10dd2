import type { Change } from '../core/changes.ts';
import { STEP_IDS, type StepId } from '../core/ids.ts';
import { findingFromHere } from '../engine/from-here.ts';
import { planStep } from '../engine/plan.ts';
import type { Missing, Read, Step, Write } from '../engine/step.ts';
import { guarded, type Part } from './guard.ts';

/** A question to uv that has to ask the network may take this long. */
const INSPECT_MS = 30_000;
/** The first start of Prefect compiles all of it. */
const VERIFY_MS = 90_000;

/** What the steps found, and what `setup` would do about it. */
export interface StepsLook {
  parts: readonly Part[];
  changes: readonly Change[];
  /** True when stamps would keep `setup` from seeing some of the changes. */
  hidden: boolean;
  /** False when a step could not be looked at, so that nobody knows what `setup` would do. */
  known: boolean;
  missing: readonly Missing[];
  /** Keeps what was learned, in our own caches. Called last: checks hold those caches against what they see. */
  remember: () => Promise<void>;
}

interface Inspected {
  part: Part;
  changes: readonly Change[];
  hidden: boolean;
  missing: readonly Missing[];
  remember: (() => Promise<void>) | undefined;
  /** False when it could not be looked at. */
  known: boolean;
}

/**
 * Looks at every step as `plan` does, trusting no stamp, and asks the real thing where nothing is to be changed first.
 * @param write context for verifications; its ports refuse to change anything.
 * @param trusting the same for looking, with stamps, as `setup` looks.
 * @param onAsking called when all was looked at and the real things are being asked, which takes a second or more.
 */
export async function lookAtSteps(
  steps: readonly Step[],
  write: Write,
  trusting: Read,
  onAsking: () => void,
): Promise<StepsLook> {
  for (const id of STEP_IDS) if (!steps.some(step => step.id === id)) write.outputs.finished(id);
  const inspections = new Map<StepId, Promise<Inspected>>();
  for (const step of steps) {
    const inspected = inspect(step, write, trusting).finally(() => write.outputs.finished(step.id));
    inspected.catch(() => {}); // Awaited below, by more than one.
    inspections.set(step.id, inspected);
  }
  // Whoever waits for an inspection goes on first, and starts its programs.
  void Promise.allSettled(inspections.values()).then(() => setImmediate(onAsking));
  const results = await Promise.all(
    steps.map(async step => {
      const own = await (inspections.get(step.id) as Promise<Inspected>);
      const needed = await Promise.all(
        [...step.verifyNeeds, ...(step.examine ? step.needs : [])].map(id => inspections.get(id)),
      );
      if (!write.approved || ![own, ...needed].every(one => one === undefined || isInOrder(one)))
        return { ...own, part: { ...own.part, open: true } };
      const verified = await verify(step, write);
      return { ...own, part: { ...own.part, findings: [...own.part.findings, ...verified] } };
    }),
  );
  return {
    parts: results.map(({ part }) => part),
    changes: results.flatMap(({ changes }) => [...changes]),
    hidden: results.some(({ hidden }) => hidden),
    known: results.every(({ known }) => known),
    missing: results.flatMap(({ missing }) => [...missing]),
    remember: async () => {
      for (const { remember } of results) await remember?.();
    },
  };
}

function isInOrder({ known, changes }: Inspected): boolean {
  return known && changes.length === 0;
}

async function inspect(step: Step, write: Write, trusting: Read): Promise<Inspected> {
  const { title } = step;
  const looked = await guarded(title, INSPECT_MS, write.signal, async signal => {
    const planned = await planStep(step, withSignal(write, signal));
    const changes = planned.changes.filter(change => step.asks?.(change) !== true);
    return { ...planned, ...(await asSetupSees(step, changes, { ...trusting, signal })) };
  });
  if (!looked.ok)
    return {
      part: { title, about: 'workspace', findings: looked.findings },
      changes: [],
      hidden: false,
      missing: [],
      remember: undefined,
      known: false,
    };
  const { changes, hidden, findings, missing } = looked.value;
  // What the store says is gone is no longer believed to be there (design §5a).
  const remember = write.approved && missing.length > 0 ? looked.value.remember : undefined;
  return { part: { title, about: 'workspace', findings }, changes, hidden, missing, remember, known: true };
}

/**
 * What a `setup` that trusts its stamps would see of these changes. A task without a check cannot be asked whether it
 * is met: whether it is due, its stamp alone says.
 */
async function asSetupSees(
  step: Step,
  changes: readonly Change[],
  trusting: Read,
): Promise<{ changes: readonly Change[]; hidden: boolean }> {
  if (changes.length === 0) return { changes, hidden: false };
  const seen = new Set((await planStep(step, trusting)).changes.map(({ key }) => key));
  const blind = new Set(trusting.wanted.tasks.filter(({ check }) => !check).map(({ name }) => `task:${name}`));
  const due = changes.filter(({ key }) => seen.has(key) || step.id !== 'tasks' || !blind.has(key));
  return { changes: due, hidden: due.some(({ key }) => !seen.has(key)) };
}

async function verify(step: Step, write: Write) {
  const asked = await guarded(step.title, VERIFY_MS, write.signal, signal =>
    (step.examine ?? step.verify)(withSignal(write, signal)),
  );
  return asked.ok ? asked.value.map(found => findingFromHere(write.root, found)) : asked.findings;
}

/** The context with a signal of its own, which also stops the children. No bytecode is written by what is only asked. */
function withSignal(write: Write, signal: AbortSignal): Write {
  return {
    ...write,
    signal,
    spawn: (argv, options = {}) =>
      write.spawn(argv, { signal, ...options, env: { ...options.env, PYTHONDONTWRITEBYTECODE: '1' } }),
  };
}
