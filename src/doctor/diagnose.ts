import type { Change } from '../core/changes.ts';
import { type Finding, finding } from '../core/findings.ts';
import { findingFromHere } from '../engine/from-here.ts';
import type { Read, Step, Write } from '../engine/step.ts';
import type { Check, MachineLook } from './check.ts';
import { guarded, type Part } from './guard.ts';
import { lookAtSteps, type StepsLook } from './steps-look.ts';

const CHECK_MS = 10_000;
const DEEP_CHECK_MS = 300_000;
/** What is done last, as a failure of it would name it. */
const REMEMBERING = 'What this machine remembers of the workspace';
/** How long the checks let the steps go first. */
const STEPS_FIRST_MS = 1000;

/** A workspace that could be opened. */
export interface LookedAt {
  steps: readonly Step[];
  /** Trusts no stamp; its ports refuse to change anything. */
  write: Write;
  /** The same for looking, with stamps. */
  trusting: Read;
  /** What going ahead would newly approve. */
  grown: readonly string[];
}

/** All that was found, in reading order: the machine, the workspace's steps, the rest of the workspace. */
export interface Diagnosis {
  parts: readonly Part[];
  findings: readonly Finding[];
}

/**
 * Looks at everything at the same time and changes nothing.
 * @param known findings from before, about the manifest or about why there is no workspace.
 */
export async function diagnose(
  checks: readonly Check[],
  machine: MachineLook,
  workspace: LookedAt | undefined,
  known: readonly Finding[],
): Promise<Diagnosis> {
  const limit = machine.deep ? DEEP_CHECK_MS : CHECK_MS;
  const part = async (check: Check): Promise<Part[]> => {
    const looked = await guarded(check.title, limit, machine.signal, async signal => {
      if (check.about === 'machine') return check.run({ ...machine, signal });
      if (!workspace || (check.deepOnly && !machine.deep)) return undefined;
      const found = await check.run({ ...workspace.write, deep: machine.deep, signal });
      return found.map(one => findingFromHere(workspace.write.root, one));
    });
    if (looked.ok && looked.value === undefined) return [];
    return [{ title: check.title, about: check.about, findings: looked.ok ? (looked.value ?? []) : looked.findings }];
  };
  const looking = workspace && stepsFirst(workspace);
  await looking?.asking;
  const running: Promise<Part[]>[] = [];
  for (const check of checks) {
    const looked = part(check);
    looked.catch(() => {}); // Awaited below, with the others.
    running.push(looked);
    // What the steps started may have ended meanwhile, and the next one waits for it.
    await new Promise(resolve => setImmediate(resolve));
  }
  const [parts, steps] = await Promise.all([Promise.all(running), looking?.done]);
  const kept = steps && (await guarded(REMEMBERING, CHECK_MS, machine.signal, () => steps.remember()));
  const ofMachine = parts.filter((_, at) => checks[at]?.about === 'machine').flat();
  const ofWorkspace = parts.filter((_, at) => checks[at]?.about === 'workspace').flat();
  const all = [...ofMachine, ...(steps?.parts ?? []), ...ofWorkspace];
  const own = workspace && steps ? pending(workspace, steps) : [];
  const unkept = kept?.ok === false ? kept.findings : [];
  const findings = explained(dedupe([...known, ...all.flatMap(one => one.findings), ...own, ...unkept]));
  const foreseen = workspace !== undefined && steps !== undefined && isForeseen(workspace.write, steps);
  return { parts: all, findings: foreseen ? findings : findings.map(forAPerson) };
}

/**
 * Begins with the steps: the checks take the processor for themselves for a while, which is best done while the programs
 * that the steps start are at work. A step that has to wait (for the network, for a keychain) keeps nobody waiting.
 */
function stepsFirst({ steps, write, trusting }: LookedAt): { asking: Promise<void>; done: Promise<StepsLook> } {
  let begin: () => void = () => {};
  const asking = new Promise<void>(resolve => {
    begin = resolve;
  });
  const timer = setTimeout(() => begin(), STEPS_FIRST_MS);
  const done = lookAtSteps(steps, write, trusting, () => {
    clearTimeout(timer);
    begin();
  });
  done.catch(() => {}); // Awaited later.
  return { asking, done };
}

/** What `setup` is there for, in a line each. */
function pending({ write, grown }: LookedAt, { changes, known, missing, hidden }: StepsLook): Finding[] {
  const found: Finding[] = [];
  if (wasSetUp(write) && grown.length > 0) {
    const cause = `New: ${grown.slice(0, 3).join('; ')}${grown.length > 3 ? ` and ${grown.length - 3} more` : ''}. Until setup has shown it, commands and secrets of the manifest are not used.`;
    const message = `The manifest of ${write.wanted.workspace} asks for more than was approved.`;
    found.push(finding('HB502', 'warn', message, cause, { command: 'hotpass-bootstrap setup', safe: false }));
  }
  for (const { secret, ways } of missing.filter(({ required }) => required)) {
    const [way] = ways.filter(text => text.startsWith('hotpass-bootstrap '));
    const cause = `It can come from ${ways.join(', or from ')}.`;
    const fix = { command: way ?? 'hotpass-bootstrap secrets where', safe: false };
    found.push(finding('HB514', 'fail', `The secret ${secret} is missing.`, cause, fix));
  }
  // A secret that is missing was told just now.
  const told = new Set(missing.filter(({ required }) => required).map(({ secret }) => secret));
  const rest = changes.filter(({ step, key }) => step !== 'secrets' || !told.has(key));
  // Where a step cannot even be looked at, setup ends before its first change.
  if (known && rest.length > 0) found.push(wouldChange(rest, write, hidden));
  return found;
}

function wouldChange(changes: readonly Change[], write: Write, hidden: boolean): Finding {
  const many = changes.length === 1 ? 'one thing' : `${changes.length} things`;
  const shown = changes.slice(0, 3).map(({ action, target }) => `${action} ${target}`);
  const more = changes.length > 3 ? `; and ${changes.length - 3} more` : '';
  const why = wasSetUp(write) ? '' : 'This folder has not been set up on this machine yet. ';
  return finding('HB513', 'warn', `setup would change ${many}.`, `${why}It would ${shown.join('; ')}${more}.`, {
    // What was verified before is not looked at again without it.
    command: hidden ? 'hotpass-bootstrap setup --recheck' : 'hotpass-bootstrap setup',
    safe: true,
  });
}

/**
 * Is it known what `setup` would do, and is it nothing that a person has to see first? A removal is, what was not
 * approved, and a secret to be typed.
 */
function isForeseen({ approved }: Write, { known, changes, missing }: StepsLook): boolean {
  const shown = changes.every(({ step, action, certain }) => action !== 'remove' && (certain || step !== 'python'));
  return approved && known && shown && !missing.some(({ required }) => required);
}

/** A fix that runs `setup`, for somebody who looks at its plan. */
function forAPerson(found: Finding): Finding {
  if (!found.fix?.safe || !/^hotpass-bootstrap( -C (\S+|'[^']*'))? setup\b/.test(found.fix.command)) return found;
  return { ...found, fix: { ...found.fix, safe: false } };
}

/** Has `setup` ever approved something here? */
function wasSetUp({ linked }: Write): boolean {
  return linked !== undefined && linked.journalOnly !== true;
}

type Told = Partial<Record<Finding['id'], readonly Finding['id'][]>>;

/**
 * Symptoms whose usual fix is wrong where this cause was found: a stale lock that nobody made stale, a port that only
 * looks swapped where the collector itself was asked.
 */
const CAUSES: Told = { HB221: ['HB290'], HB404: ['HB440'] };

/** What says less than another that leads to the same command: which profile another PREFECT_PROFILE means. */
const SAID_BETTER: Told = { HB206: ['HB267', 'HB268'], HB266: ['HB206'] };

/** The findings without symptoms whose cause is told as well, and without what another says better. */
function explained(findings: readonly Finding[]): Finding[] {
  return findings.filter(
    ({ id, fix }) =>
      !findings.some(
        other =>
          CAUSES[id]?.includes(other.id) ||
          (SAID_BETTER[id]?.includes(other.id) && other.fix?.command === fix?.command),
      ),
  );
}

/** The same finding may come from an inspection, a verification and a check. */
function dedupe(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map(one => [`${one.id} ${one.message}`, one])).values()];
}
