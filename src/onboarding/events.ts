import type { StepStatus } from '../core/events.ts';
import type { StepId } from '../core/ids.ts';
import type { Moment } from '../system/clock.ts';

/** Why a run could not go on, as the person or the exit code says (facts telemetry §5). */
export const BLOCKED_ON = ['access', 'secret', 'network', 'hardware', 'human'] as const;
export type BlockedOn = (typeof BLOCKED_ON)[number];

/** What a person says of themselves; never guessed. */
export const COHORTS = ['new', 'experienced', 'returning'] as const;
export type Cohort = (typeof COHORTS)[number];

/** What comes after everything is in order, each once: the first `measure qa` that passes, the first commit. */
export type Milestone = 'first_green_qa' | 'first_commit';

/** Who started a measured command. What people wait for is told by the commands of people alone. */
export type Caller = 'person' | 'agent' | 'ci' | 'test';

/** Version of the records; older ones are read as if they were of this one (`migrate.ts`). */
export const SCHEMA = 2;

/** Where the time of one run went, seconds; `elapsed` = `machine` + `prompt`. */
export interface RunParts {
  elapsed: number;
  machine: number;
  prompt: number;
  /** How long a question was open, also while the machine worked; at least `prompt`. */
  asked: number;
  /** Machine time of steps that failed; a part of `machine`. */
  rework: number;
  /** The clocks disagree: a suspend, or the wall clock was set. Such a run stays out of percentiles. */
  clock_suspect: boolean;
}

/** Where the time of an episode went, seconds; `elapsed` = `machine` + `prompt` + `blocked` + `away`. */
export interface EpisodeParts extends RunParts {
  blocked: number;
  /** Other gaps between runs, and from the clone to the first run. */
  away: number;
  /** Seconds by reason; together they are `blocked`. */
  blocked_by: Partial<Record<BlockedOn, number>>;
  runs: number;
}

export type StartSource = 'reflog' | 'command';

/**
 * What the ledger records. No user, host, path, argv, branch or error text ever stands here (facts telemetry §5).
 * Durations are seconds, except a step's `ms`.
 */
export type LedgerEvent =
  | { event: 'onboarding_started'; episode: string; start_source: StartSource; cloned_at?: number; cohort?: Cohort }
  | { event: 'run_started'; run: string }
  | { event: 'step'; run: string; id: StepId; status: StepStatus; ms: number }
  | ({ event: 'run_finished'; run: string; exit: number; blocked_on?: BlockedOn } & RunParts)
  | { event: 'cohort_declared'; episode: string; cohort: Cohort }
  | ({ event: 'onboarding_completed'; episode: string; run: string; cohort?: Cohort } & EpisodeParts)
  /** The person gave up; a later run in which everything is in order takes it back. */
  | { event: 'onboarding_abandoned'; episode: string; reason: BlockedOn }
  /** `elapsed`: seconds since the start of the episode. */
  | { event: 'milestone'; episode: string; name: Milestone; elapsed: number }
  /** `attempt` counts from the last time it passed. */
  | {
      event: 'gate';
      name: string;
      seconds: number;
      exit: number;
      attempt: number;
      caller: Caller;
      clock_suspect: boolean;
    };

/** A line of the ledger. `wall` is milliseconds since 1970, `mono` nanoseconds since boot. */
export type LedgerRecord = LedgerEvent & { schema: typeof SCHEMA; seq: number } & Moment;
