import type { LedgerRecord } from '../onboarding/events.ts';
import { type EpisodeSample, PARTS, samplesOf } from '../onboarding/samples.ts';
import type { Moment } from '../system/clock.ts';
import { type Attributes, BOUNDS, METRICS, OURS, resultOf, STEP_BOUNDS, UNSTABLE } from './names.ts';
import { Histogram, type Metric, Sum } from './series.ts';

const TASK_RESULT = { done: 'success', 'in order': 'success', failed: 'failure', skipped: 'skip' } as const;

/** How a step ended, in the words of the CI/CD conventions. */
export const taskResult = (status: keyof typeof TASK_RESULT): string => TASK_RESULT[status];

/**
 * What the ledger of a workspace has counted since a moment, as cumulative metrics: made anew from the record each time,
 * so nothing is lost or counted twice however often it is sent (facts telemetry §4). Durations of clocks that disagree
 * are left out. Nothing in it names anybody or anything of this machine.
 * @param since milliseconds since 1970; an onboarding counts where it ended, or is still open.
 * @param gates names of measured commands that may be told; others stay here.
 */
export function metricsOf(
  records: readonly LedgerRecord[],
  since: number,
  at: Moment,
  gates: readonly string[],
): Metric[] {
  const recent = records.filter(record => record.wall >= since && record.wall <= at.wall);
  return [...onboardingMetrics(records, since, at), ...runMetrics(recent), ...gateMetrics(recent, gates)];
}

/** Since when the counts run: the first record, or the beginning of the quarter. Milliseconds since 1970. */
export function countedSince(records: readonly LedgerRecord[], since: number): number {
  return records.find(record => record.wall >= since)?.wall ?? since;
}

function onboardingMetrics(records: readonly LedgerRecord[], since: number, at: Moment): Metric[] {
  const duration = new Histogram(METRICS.onboarding, BOUNDS);
  const parts = new Sum(METRICS.parts);
  const blocked = new Sum(METRICS.blocked);
  const open = new Sum(METRICS.open, false);
  const episode = samplesOf(records, at, '').find((sample): sample is EpisodeSample => sample.kind === 'episode');
  const ended = records.findLast(({ event }) => event === 'onboarding_completed' || event === 'onboarding_abandoned');
  if (episode === undefined || (episode.state !== 'open' && (ended?.wall ?? 0) < since)) return [];
  const cohort = { [OURS.cohort]: episode.cohort ?? 'unknown' };
  open.add(episode.state === 'open' ? 1 : 0, cohort);
  if (episode.state === 'completed' && !episode.clock_suspect) {
    duration.record(episode.elapsed, cohort);
    for (const part of PARTS) parts.add(episode.parts[part], { ...cohort, [OURS.part]: part });
    for (const [reason, seconds] of Object.entries(episode.blocked_by)) blocked.add(seconds, { [OURS.reason]: reason });
  }
  return [...duration.metric(), ...parts.metric(), ...blocked.metric(), ...open.metric()];
}

function runMetrics(records: readonly LedgerRecord[]): Metric[] {
  const runs = new Sum(METRICS.runs);
  const run = new Histogram(METRICS.run, BOUNDS);
  const step = new Histogram(METRICS.step, STEP_BOUNDS);
  for (const record of records) {
    if (record.event === 'run_finished') {
      const attributes = { [UNSTABLE.pipeline]: 'setup', ...resultOf(record.exit) };
      runs.add(1, attributes);
      if (!record.clock_suspect) run.record(record.elapsed, attributes);
    } else if (record.event === 'step' && record.status !== 'skipped') {
      step.record(record.ms / 1000, { [UNSTABLE.task]: record.id, [UNSTABLE.taskResult]: taskResult(record.status) });
    }
  }
  return [...runs.metric(), ...run.metric(), ...step.metric()];
}

/** What people waited for, not what CI or an agent ran. */
function gateMetrics(records: readonly LedgerRecord[], told: readonly string[]): Metric[] {
  const gate = new Histogram(METRICS.gate, BOUNDS);
  for (const record of records) {
    if (record.event !== 'gate' || record.caller !== 'person' || record.clock_suspect) continue;
    if (told.includes(record.name)) {
      gate.record(record.seconds, { [OURS.gate]: record.name, ...gateResult(record.exit) });
    }
  }
  return gate.metric();
}

/** The exit status of somebody else's program says no more than whether it went well, or was stopped. */
export function gateResult(exit: number): Attributes {
  return exit === 0 || exit === 130 || exit === 143 ? resultOf(exit) : { [UNSTABLE.result]: 'failure' };
}
