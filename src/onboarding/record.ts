import { randomUUID } from 'node:crypto';
import { type Moment, now } from '../system/clock.ts';
import { episodeStart } from './clone.ts';
import { episodeOf, episodeParts } from './episode.ts';
import type { BlockedOn, Cohort, EpisodeParts, LedgerRecord, RunParts } from './events.ts';
import { type Dated, type Ledger, recordOf } from './ledger.ts';
import { firstCommit } from './milestones.ts';
import type { StepTime } from './run-clock.ts';

/** A run that may open and complete the episode of this workspace; see `countsAsOnboarding`. */
export interface Onboarding {
  /** Real path of the workspace; only git's clone time is read from it. */
  root: string;
  cohort?: Cohort;
}

export interface StartedRun {
  run: string;
  started: Moment;
  /** Undefined in CI, for agents and in tests: the run is recorded, but belongs to no episode. */
  onboarding: Onboarding | undefined;
}

export interface FinishedRun extends StartedRun {
  parts: RunParts;
  steps: readonly StepTime[];
  exit: number;
  /** Did every required check of the workspace pass in this run? */
  ready: boolean;
  blockedOn?: BlockedOn | undefined;
}

/**
 * Records that a run has begun, so that one that is killed is seen. Optional: `recordRun` makes up for it.
 * @throws UserError 75, or a system error when the ledger cannot be written.
 */
export async function recordStart(ledger: Ledger, run: StartedRun): Promise<void> {
  await ledger.append(records => beginning(records(), run));
}

/**
 * Records a run, its steps and, when it is the first in which everything is in order, the end of the onboarding.
 * @returns the parts of the episode that this run completed, or undefined.
 * @throws UserError 75, or a system error when the ledger cannot be written; neither is a reason for a run to fail.
 */
export async function recordRun(ledger: Ledger, run: FinishedRun): Promise<EpisodeParts | undefined> {
  const written = await ledger.append(read => {
    const records = read();
    const end = now();
    const events: Dated[] = [
      ...beginning(records, run),
      ...run.steps.map(step => ({ event: 'step' as const, run: run.run, ...step, at: end })),
      {
        event: 'run_finished',
        run: run.run,
        exit: run.exit,
        ...(run.blockedOn === undefined ? {} : { blocked_on: run.blockedOn }),
        ...run.parts,
        at: end,
      },
    ];
    const all: LedgerRecord[] = [...records, ...events.map(event => recordOf(event, 0))];
    const episode = episodeOf(all);
    if (run.onboarding === undefined || episode === undefined) return events;
    const { root, cohort = episode.cohort } = run.onboarding;
    if (cohort !== undefined && episode.cohort === undefined) {
      events.push({ event: 'cohort_declared', episode: episode.id, cohort, at: end });
    }
    events.push(...firstCommit(all, episode, root, end));
    if (!run.ready || episode.state === 'completed') return events;
    const parts = episodeParts(all, episode, end);
    const declared = cohort === undefined ? {} : { cohort };
    return [
      ...events,
      { event: 'onboarding_completed', episode: episode.id, run: run.run, ...declared, ...parts, at: end },
    ];
  });
  const last = written.at(-1);
  return last?.event === 'onboarding_completed' ? partsOf(last) : undefined;
}

/**
 * Records that the person gave up the onboarding of this workspace.
 * @returns false when there is none that is open.
 * @throws UserError 75, or a system error when the ledger cannot be written.
 */
export async function recordAbandoned(ledger: Ledger, reason: BlockedOn): Promise<boolean> {
  const written = await ledger.append(read => {
    const episode = episodeOf(read());
    return episode?.state === 'open' ? [{ event: 'onboarding_abandoned', episode: episode.id, reason }] : [];
  });
  return written.length > 0;
}

/** The events at the start of a run that are not recorded yet. */
function beginning(records: readonly LedgerRecord[], run: StartedRun): Dated[] {
  const at = run.started;
  const events: Dated[] = [];
  if (run.onboarding && episodeOf(records) === undefined) {
    const start = episodeStart(run.onboarding.root, at.wall);
    if (start.kind === 'start') {
      const { kind, ...source } = start;
      const cohort = run.onboarding.cohort === undefined ? {} : { cohort: run.onboarding.cohort };
      events.push({ event: 'onboarding_started', episode: randomUUID(), ...source, ...cohort, at });
    }
  }
  const known = records.some(record => record.event === 'run_started' && record.run === run.run);
  return known ? events : [...events, { event: 'run_started', run: run.run, at }];
}

function partsOf(record: EpisodeParts): EpisodeParts {
  const { elapsed, machine, prompt, asked, rework, blocked, away, blocked_by, runs, clock_suspect } = record;
  return { elapsed, machine, prompt, asked, rework, blocked, away, blocked_by, runs, clock_suspect };
}
