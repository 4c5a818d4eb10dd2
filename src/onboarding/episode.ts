import type { Moment } from '../system/clock.ts';
import { type Env, isSet } from '../system/environment.ts';
import { SUSPECT_S } from './drift.ts';
import type { BlockedOn, Cohort, EpisodeParts, LedgerRecord, StartSource } from './events.ts';

/** A clock before 2020 was never set: a machine whose battery is empty begins at 1970. */
const CLOCK_SET_FROM = Date.UTC(2020);

/** An open episode older than this is censored, never deleted (facts telemetry §5). */
export const CENSORED_DAYS = 30;

/** One install of one workspace, from the clone or the first run to the first run in which everything is in order. */
export interface Episode {
  id: string;
  /** Milliseconds since 1970. */
  startedAt: number;
  source: StartSource;
  cohort: Cohort | undefined;
  state: 'open' | 'completed' | 'abandoned';
  /** When it was completed or given up, milliseconds since 1970. */
  endedAt: number | undefined;
}

/** May this run open or complete an episode? Not in CI, not for a coding agent, not in our own tests (design §6). */
export function countsAsOnboarding(caller: { ci: boolean; agent: boolean; env: Env }): boolean {
  return !caller.ci && !caller.agent && !isSet(caller.env['HOTPASS_BOOTSTRAP_TEST']);
}

/** The episode of this workspace, or undefined before its first run. There is one for each state folder. */
export function episodeOf(records: readonly LedgerRecord[]): Episode | undefined {
  let episode: Episode | undefined;
  for (const record of records) {
    if (record.event === 'onboarding_started') {
      episode = {
        id: record.episode,
        startedAt: record.cloned_at ?? record.wall,
        source: record.start_source,
        cohort: record.cohort,
        state: 'open',
        endedAt: undefined,
      };
    } else if (episode === undefined || !('episode' in record) || record.episode !== episode.id) {
    } else if (record.event === 'cohort_declared') {
      episode = { ...episode, cohort: record.cohort };
    } else if (record.event === 'onboarding_completed') {
      episode = { ...episode, state: 'completed', endedAt: record.wall };
    } else if (record.event === 'onboarding_abandoned') {
      episode = { ...episode, state: 'abandoned', endedAt: record.wall };
    }
  }
  return episode;
}

/** Is an episode open for so long that it counts as given up? @param wall milliseconds since 1970. */
export function isCensored(episode: Episode, wall: number): boolean {
  return episode.state === 'open' && wall - episode.startedAt > CENSORED_DAYS * 86_400_000;
}

/**
 * What a run that ended like this is blocked on: what the person said, else what the exit code tells (design §2).
 * Working hours are never guessed.
 */
export function blockedOn(exit: number, said: BlockedOn | undefined): BlockedOn | undefined {
  if (exit === 0) return undefined;
  return said ?? (exit === 3 ? 'secret' : exit === 69 ? 'network' : undefined);
}

/**
 * Where the time of an episode went, from its start to `end`, seconds. Inside a run the run's own clock counts; a gap
 * after a run that ended blocked is blocked; every other gap is away. What two runs share counts once. The parts add up
 * to `elapsed`.
 */
export function episodeParts(records: readonly LedgerRecord[], episode: Episode, end: Moment): EpisodeParts {
  const sum = { machine: 0, prompt: 0, asked: 0, rework: 0, blocked: 0, runs: 0 };
  const blockedBy: Partial<Record<BlockedOn, number>> = {};
  let suspect = false;
  let stopped: { at: Moment; reason: BlockedOn | undefined } | undefined;
  const starts = new Map<string, number>();
  const covered: Span[] = [];
  const begin = records.findIndex(record => record.event === 'onboarding_started' && record.episode === episode.id);
  for (const record of records.slice(Math.max(0, begin))) {
    if (record.event === 'run_started') {
      starts.set(record.run, record.wall);
      sum.runs += 1;
      if (stopped) {
        const gap = gapBetween(stopped.at, record);
        suspect ||= gap.suspect;
        if (stopped.reason !== undefined) {
          sum.blocked += gap.seconds;
          blockedBy[stopped.reason] = round((blockedBy[stopped.reason] ?? 0) + gap.seconds);
        }
      }
      stopped = undefined;
    } else if (record.event === 'run_finished') {
      const twice = cover(covered, { from: starts.get(record.run) ?? record.wall, to: record.wall }) / 1000;
      // A run beside another one waits for its lock, mostly.
      sum.machine += Math.max(0, record.machine - twice);
      sum.prompt += Math.max(0, record.prompt - Math.max(0, twice - record.machine));
      sum.asked += record.asked;
      sum.rework += record.rework;
      suspect ||= record.clock_suspect;
      stopped = { at: record, reason: record.blocked_on };
    }
  }
  const [machine, prompt, blocked] = [round(sum.machine), round(sum.prompt), round(sum.blocked)];
  const known = round(machine + prompt + blocked);
  const elapsed = (end.wall - episode.startedAt) / 1000;
  const away = round(Math.max(0, elapsed - known));
  return {
    elapsed: round(known + away),
    machine,
    prompt,
    asked: round(sum.asked),
    rework: round(sum.rework),
    blocked,
    away,
    blocked_by: blockedBy,
    runs: sum.runs,
    clock_suspect: suspect || known - elapsed > SUSPECT_S || episode.startedAt < CLOCK_SET_FROM,
  };
}

/** Milliseconds since 1970. */
interface Span {
  from: number;
  to: number;
}

/** Adds a span to spans that do not touch. @returns how many milliseconds of it they had already. */
function cover(spans: Span[], added: Span): number {
  // The clock was set back meanwhile; `clock_suspect` tells.
  if (added.to < added.from) return 0;
  let shared = 0;
  const whole = { ...added };
  const apart = spans.filter(({ from, to }) => {
    if (to < added.from || from > added.to) return true;
    shared += Math.min(to, added.to) - Math.max(from, added.from);
    whole.from = Math.min(whole.from, from);
    whole.to = Math.max(whole.to, to);
    return false;
  });
  spans.splice(0, spans.length, ...apart, whole);
  return shared;
}

/**
 * A gap between two runs: the wall clock's value, at least what the clock of the same boot says. A run that began
 * before the other one ended leaves no gap, and its clock is none the worse for it.
 */
function gapBetween(from: Moment, to: Moment): { seconds: number; suspect: boolean } {
  const wall = (to.wall - from.wall) / 1000;
  const sameBoot = from.boot !== '' && from.boot === to.boot;
  const mono = sameBoot ? Number(BigInt(to.mono) - BigInt(from.mono)) / 1e9 : 0;
  return { seconds: Math.max(0, wall, mono), suspect: (wall < 0 && mono >= 0) || mono > wall + SUSPECT_S };
}

/** Seconds to the millisecond. */
function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
