import { EXIT, UserError } from '../core/errors.ts';
import type { Listener } from '../core/events.ts';
import { nearest } from '../core/ids.ts';
import type { Ask } from '../core/ports.ts';
import { newRunId } from '../engine/journal.ts';
import { findRecord, linkedOf, readRegistry } from '../engine/registry.ts';
import type { Workspace } from '../engine/workspace.ts';
import { blockedOn, countsAsOnboarding } from '../onboarding/episode.ts';
import { BLOCKED_ON, type BlockedOn, COHORTS, type Cohort, type EpisodeParts } from '../onboarding/events.ts';
import { type Ledger, openLedger } from '../onboarding/ledger.ts';
import { type FinishedRun, recordRun, recordStart } from '../onboarding/record.ts';
import type { RunClock } from '../onboarding/run-clock.ts';
import { untraced } from '../system/trace.ts';
import type { Session } from './session.ts';

/** How a setup ended. */
interface End {
  exit: number;
  ready: boolean;
  run: string | undefined;
  /** What stopped it, where the person has not seen that yet. */
  error?: unknown;
}

/**
 * Records how long a setup took, in the ledger of the workspace if it is linked by now. A person at a terminal is asked
 * what only they know: what an onboarding that stopped waits for, and how they come to the project.
 * @returns the parts of the onboarding that this run completed. Recording is never a reason to fail.
 */
export async function recordSetup(
  session: Session,
  workspace: Workspace,
  clock: RunClock,
  ask: Ask,
  end: End,
): Promise<EpisodeParts | undefined> {
  try {
    const { root } = workspace.wanted;
    const ledger = ledgerOf(session, root);
    // A dry run is a look.
    if (!ledger || session.options.dryRun) return undefined;
    let told = toldAbout(session);
    if (countsAsOnboarding(session) && session.interactive) {
      const { askOnboarding } = await import('./onboarding-questions.ts');
      told = await askOnboarding(ask, ledger.read(), root, end, told);
      // For --save-answers.
      if (told.cohort !== undefined) session.answers.cohort = told.cohort;
    }
    return await recordRun(ledger, {
      run: end.run ?? newRunId(),
      started: clock.started,
      ...onboardingOf(session, root, told),
      parts: clock.parts(),
      steps: clock.steps,
      exit: end.exit,
      ready: end.ready,
      blockedOn: blockedOn(end.exit, told.blockedOn),
    });
  } catch {
    return undefined;
  }
}

/** Records that a run has begun to change something, so that one that is killed is seen. */
export function recordBeginning(session: Session, root: string, clock: RunClock, told: Told): Listener {
  return event => {
    if (event.type !== 'run-started') return;
    const ledger = ledgerOf(session, root);
    if (!ledger) return;
    // Whichever of the two comes first, the record at the end makes up for this one.
    recordStart(ledger, { run: event.run, started: clock.started, ...onboardingOf(session, root, told) }).catch(
      () => {},
    );
  };
}

/** Is there an onboarding that has not come to its end? */
export function isUnderWay(session: Session, root: string): boolean {
  try {
    const episode = untraced(() => ledgerOf(session, root)?.episode());
    return episode !== undefined && episode.state !== 'completed';
  } catch {
    return false;
  }
}

/**
 * Is a run with nothing to do the end of an onboarding? It is when somebody else did what was left: a coding agent, or
 * the person by hand.
 */
export const isItsEnd = (session: Session, root: string): boolean =>
  countsAsOnboarding(session) && isUnderWay(session, root);

function ledgerOf({ paths }: Session, root: string): Ledger | undefined {
  const found = findRecord(readRegistry(paths), root);
  return found && openLedger(linkedOf(paths, found.record).state);
}

function onboardingOf(session: Session, root: string, { cohort }: Told): Pick<FinishedRun, 'onboarding'> {
  if (!countsAsOnboarding(session)) return { onboarding: undefined };
  return { onboarding: { root, ...(cohort === undefined ? {} : { cohort }) } };
}

/** What the person says of an onboarding. */
export interface Told {
  blockedOn: BlockedOn | undefined;
  cohort: Cohort | undefined;
}

const HELP = 'hotpass-bootstrap setup --help';

/** What flags and answers say. @throws UserError 64 for a word that they do not know. */
export function toldAbout({ options, answers }: Session): Told {
  const cohort = options.cohort ?? answers.cohort;
  const from = options.cohort === undefined ? 'The answer cohort' : '--cohort';
  return {
    blockedOn: options.blockedOn === undefined ? undefined : blockedReason(options.blockedOn, '--blocked-on', HELP),
    cohort: cohort === undefined ? undefined : oneOf(cohort, COHORTS, from, HELP),
  };
}

/** A reason as it was given. @throws UserError 64 */
export function blockedReason(reason: string, option: string, next: string): BlockedOn {
  return oneOf(reason, BLOCKED_ON, option, next);
}

function oneOf<T extends string>(word: string, words: readonly T[], option: string, next: string): T {
  const found = words.find(candidate => candidate === word);
  if (found !== undefined) return found;
  const near = nearest(word, words);
  throw new UserError({
    message: `${option} does not know ${word}.`,
    cause: `It takes: ${words.join(', ')}.${near ? ` Did you mean ${near}?` : ''}`,
    next,
    exit: EXIT.usage,
  });
}
