import type { Moment } from '../system/clock.ts';
import { CENSORED_DAYS, type Episode, episodeOf, episodeParts } from './episode.ts';
import type { BlockedOn, Cohort, LedgerRecord, Milestone } from './events.ts';

/** The month of a moment, `2026-11`, in UTC: the same on every machine. @param wall milliseconds since 1970. */
export const monthOf = (wall: number): string => new Date(wall).toISOString().slice(0, 7);

/** When a month ends, milliseconds since 1970. */
export const endOfMonth = (month: string): number => Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 1);

/** The month that is `by` months later. */
export const monthAfter = (month: string, by = 1): string =>
  monthOf(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)) - 1 + by, 1));

/** The parts of an episode that a report tells of, seconds. */
export const PARTS = ['machine', 'prompt', 'rework', 'blocked', 'away'] as const;
export type Part = (typeof PARTS)[number];

/** An onboarding as a report needs it: durations and months, nothing that names anybody. */
export interface EpisodeSample {
  kind: 'episode';
  /** Whose it is: random, and the same for all of one install in a quarter. */
  install: string;
  cohort: Cohort | null;
  state: Episode['state'];
  /** Month in which it was completed or given up; null while it is open. */
  month: string | null;
  /** Seconds; as far as it got when it is not completed. */
  elapsed: number;
  /** Its age, seconds, at the end of each month in which it was open then, at most 30 days; of this month, its age now. */
  open_at: Record<string, number>;
  parts: Record<Part, number>;
  blocked_by: Partial<Record<BlockedOn, number>>;
  /** What the last run was blocked on, while it is open. */
  blocked_on: BlockedOn | null;
  milestones: Partial<Record<Milestone, { month: string; seconds: number }>>;
  clock_suspect: boolean;
}

/** A measured command of a person. */
export interface GateSample {
  kind: 'gate';
  install: string;
  name: string;
  month: string;
  seconds: number;
  exit: number;
  attempt: number;
  clock_suspect: boolean;
}

export type Sample = EpisodeSample | GateSample;

/**
 * What a ledger says to a report at a moment.
 * @param records of one workspace.
 * @param at no record after it counts.
 */
export function samplesOf(records: readonly LedgerRecord[], at: Moment, install: string): Sample[] {
  const until = records.filter(record => record.wall <= at.wall);
  const samples: Sample[] = [];
  const episode = episodeOf(until);
  if (episode) samples.push(episodeSample(until, episode, at, install));
  for (const record of until) {
    if (record.event !== 'gate' || record.caller !== 'person') continue;
    const { name, seconds, exit, attempt, clock_suspect } = record;
    samples.push({ kind: 'gate', install, name, month: monthOf(record.wall), seconds, exit, attempt, clock_suspect });
  }
  return samples;
}

function episodeSample(records: readonly LedgerRecord[], episode: Episode, at: Moment, install: string): EpisodeSample {
  const completed = records.find(record => record.event === 'onboarding_completed' && record.episode === episode.id);
  const end = { ...at, wall: Math.max(episode.startedAt, episode.endedAt ?? at.wall) };
  // What was tried after it was given up is no part of it, unless it comes to an end.
  const its = episode.state === 'abandoned' ? untilAbandoned(records) : records;
  const parts = completed?.event === 'onboarding_completed' ? completed : episodeParts(its, episode, end);
  const stopped = its.findLast(({ event }) => event === 'run_started' || event === 'run_finished');
  const waiting = episode.state !== 'completed' && stopped?.event === 'run_finished' ? stopped.blocked_on : undefined;
  const blocked_by = { ...parts.blocked_by };
  // What it is blocked on has cost the time since as well.
  const since = waiting === undefined || !stopped ? 0 : Math.max(0, (end.wall - stopped.wall) / 1000);
  if (waiting !== undefined) blocked_by[waiting] = (blocked_by[waiting] ?? 0) + since;
  const { machine, prompt, rework } = parts;
  return {
    kind: 'episode',
    install,
    cohort: episode.cohort ?? null,
    state: episode.state,
    month: episode.endedAt === undefined ? null : monthOf(episode.endedAt),
    elapsed: parts.elapsed,
    open_at: agesAt(episode, at.wall),
    parts: { machine, prompt, rework, blocked: parts.blocked + since, away: Math.max(0, parts.away - since) },
    blocked_by,
    blocked_on: episode.state === 'open' ? (waiting ?? null) : null,
    milestones: milestonesOf(records, episode),
    clock_suspect: parts.clock_suspect,
  };
}

function untilAbandoned(records: readonly LedgerRecord[]): readonly LedgerRecord[] {
  return records.slice(
    0,
    records.findLastIndex(({ event }) => event === 'onboarding_abandoned'),
  );
}

/** Its age at the end of every month in which it was open then; after 30 days it counts no longer. */
function agesAt(episode: Episode, wall: number): Record<string, number> {
  const ages: Record<string, number> = {};
  const limit = CENSORED_DAYS * 86_400;
  const last = Math.min(wall, episode.endedAt ?? wall);
  for (let month = monthOf(episode.startedAt); month <= monthOf(last); month = monthAfter(month)) {
    const begin = endOfMonth(monthAfter(month, -1));
    if (begin - episode.startedAt > limit * 1000) break;
    const end = Math.min(endOfMonth(month), wall);
    if (episode.state === 'completed' && monthOf(episode.endedAt ?? 0) === month) break;
    const seen = episode.state === 'abandoned' ? Math.min(end, episode.endedAt ?? end) : end;
    ages[month] = Math.max(0, Math.min((seen - episode.startedAt) / 1000, limit));
  }
  return ages;
}

function milestonesOf(records: readonly LedgerRecord[], episode: Episode): EpisodeSample['milestones'] {
  const found: EpisodeSample['milestones'] = {};
  for (const record of records) {
    if (record.event !== 'milestone' || record.episode !== episode.id) continue;
    const reached = episode.startedAt + record.elapsed * 1000;
    found[record.name] ??= { month: monthOf(reached), seconds: record.elapsed };
  }
  return found;
}
