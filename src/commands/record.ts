import { EXIT, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import type { Ask } from '../core/ports.ts';
import { newRunId } from '../engine/journal.ts';
import { findRecord, linkedOf, readRegistry } from '../engine/registry.ts';
import type { Workspace } from '../engine/workspace.ts';
import { blockedOn, countsAsOnboarding } from '../onboarding/episode.ts';
import { BLOCKED_ON, type BlockedOn, COHORTS, type Cohort, type EpisodeParts } from '../onboarding/events.ts';
import { openLedger } from '../onboarding/ledger.ts';
import { recordRun } from '../onboarding/record.ts';
import type { RunClock } from '../onboarding/run-clock.ts';
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
    const found = findRecord(readRegistry(session.paths), root);
    if (!found) return undefined;
    const { ci, agent, env } = session;
    const counts = countsAsOnboarding({ ci, agent, env });
    const ledger = openLedger(linkedOf(session.paths, found.record).state);
    let told = toldAbout(session);
    if (counts && session.interactive) {
      const { askOnboarding } = await import('./onboarding-questions.ts');
      told = await askOnboarding(ask, ledger.read(), root, end, told);
    }
    return await recordRun(ledger, {
      run: end.run ?? newRunId(),
      started: clock.started,
      onboarding: counts ? { root, ...(told.cohort === undefined ? {} : { cohort: told.cohort }) } : undefined,
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
