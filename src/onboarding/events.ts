import type { StepStatus } from '../core/events.ts';
import type { StepId } from '../core/ids.ts';
import type { Moment } from '../system/clock.ts';

/** Why a run could not go on, as the person or the exit code says (facts telemetry §5). */
export const BLOCKED_ON = ['access', 'secret', 'network', 'hardware', 'human'] as const;
export type BlockedOn = (typeof BLOCKED_ON)[number];

/** What a person says of themselves; never guessed. */
export type Cohort = 'new' | 'experienced' | 'returning';

/** Where the time of one run went, seconds; `elapsed` = `machine` + `prompt`. */
export interface RunParts {
  elapsed: number;
  machine: number;
  prompt: number;
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
  | ({ event: 'onboarding_completed'; episode: string; run: string; cohort?: Cohort } & EpisodeParts);

/** A line of the ledger. `wall` is milliseconds since 1970, `mono` nanoseconds since boot. */
export type LedgerRecord = LedgerEvent & { schema: 1; seq: number } & Moment;
