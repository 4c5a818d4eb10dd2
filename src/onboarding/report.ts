import { BLOCKED_ON, type BlockedOn, COHORTS, type Milestone } from './events.ts';
import { type Figure, figureOf } from './figure.ts';
import { QA } from './milestones.ts';
import { type EpisodeSample, type GateSample, monthAfter, PARTS, type Part, type Sample } from './samples.ts';
import type { Duration } from './statistics.ts';
import { K, showable } from './suppress.ts';

/** Months that a trend goes back, this one included. */
const MONTHS = 6;

/** Figures of a metric in a month. `hidden`: fewer than five people, so that nothing is told. */
export interface MonthFigure extends Figure {
  month: string;
  hidden: boolean;
}

export interface Metric {
  name: string;
  /** Where its values come from: the episodes, or `measure NAME`. */
  source: string;
  /** Seconds, of the manifest's `[report]`. */
  baseline: number | null;
  target: number | null;
  /** Oldest first; the last one is the month of the report. */
  months: MonthFigure[];
}

/** What a report says. Durations are seconds. */
export interface Report {
  /** `2026-11`, UTC. */
  month: string;
  /** Day up to which it looked. */
  asOf: string;
  workspace: string | null;
  /** Own data of this machine, or the merged exports of so many installs. */
  own: boolean;
  installs: number;
  metrics: Metric[];
  /** Where the time of the onboardings that were completed in this month went, together. */
  parts: Record<Part, number> | null;
  blocked: { reason: BlockedOn; seconds: number; onboardings: number }[];
  open: { onboardings: number; givenUp: number; blockedOn: Partial<Record<BlockedOn, number>> } | null;
  /** What was left out of the figures of this month. */
  excluded: { clockSuspect: number; stopped: number };
}

export interface ReportOptions {
  month: string;
  asOf: string;
  workspace: string | null;
  own: boolean;
  baselines: Readonly<Record<string, number>>;
  targets: Readonly<Record<string, number>>;
}

/** A duration and whose it is. */
type Owned = Duration & { install: string };

/** What all samples say of one month, and of the five before. */
export function reportOf(samples: readonly Sample[], options: ReportOptions): Report {
  const { month, own } = options;
  const episodes = samples.filter(sample => sample.kind === 'episode');
  const gates = samples.filter(sample => sample.kind === 'gate');
  const months = Array.from({ length: MONTHS }, (_, i) => monthAfter(month, i + 1 - MONTHS));
  const completed = episodes.filter(episode => episode.state === 'completed' && episode.month === month);
  const unfinished = episodes.filter(({ open_at }) => open_at[month] !== undefined);
  const givenUp = unfinished.filter(({ state, month: ended }) => state === 'abandoned' && ended === month);
  const openThen = unfinished.filter(episode => !givenUp.includes(episode));
  // What they were blocked on at the end of an earlier month is not known any more.
  const stillOpen = options.asOf.startsWith(month) ? openThen : [];
  const sure = completed.filter(isSure);
  const enough = (some: readonly Sample[]): boolean => own || installsOf(some) >= K;
  return {
    month,
    asOf: options.asOf,
    workspace: options.workspace,
    own,
    installs: installsOf(samples),
    metrics: [...onboardingMetrics(episodes, months, options), ...gateMetrics(gates, months, options)],
    parts: sure.length > 0 && enough(sure) ? partsOf(sure) : null,
    blocked: blockedIn([...sure, ...stillOpen.filter(isSure)], own),
    // The figure of all onboardings tells how many there are, by the same rule.
    open: enough([...completed, ...unfinished])
      ? { onboardings: openThen.length, givenUp: givenUp.length, blockedOn: blockedOnIn(stillOpen, own) }
      : null,
    excluded: {
      clockSuspect: [...completed, ...unfinished, ...gates.filter(gate => gate.month === month)].filter(
        ({ clock_suspect }) => clock_suspect,
      ).length,
      stopped: gates.filter(gate => gate.month === month && wasStopped(gate)).length,
    },
  };
}

function onboardingMetrics(
  episodes: readonly EpisodeSample[],
  months: readonly string[],
  options: ReportOptions,
): Metric[] {
  const cohorts = months.map(month => showable(cohortsIn(episodes, month)));
  const named = [...COHORTS].flatMap(cohort => {
    const some = episodes.filter(episode => episode.cohort === cohort);
    const may = (_: readonly Owned[], at: number): boolean => cohorts[at]?.has(cohort) ?? false;
    return [metricOf(`onboarding-${cohort}`, 'onboardings', some, onboardingsIn, months, options, may)];
  });
  const reached = (['first_green_qa', 'first_commit'] as const).map(name =>
    metricOf(name.replaceAll('_', '-'), 'onboardings', episodes, milestonesIn(name), months, options),
  );
  return [
    metricOf('onboarding', 'onboardings', episodes, onboardingsIn, months, options),
    ...named.filter(metric => hasValues(metric) || `${metric.name}` in options.baselines),
    ...reached.filter(hasValues),
  ];
}

function gateMetrics(gates: readonly GateSample[], months: readonly string[], options: ReportOptions): Metric[] {
  const names = [QA, ...[...new Set(gates.map(({ name }) => name))].filter(name => name !== QA).sort()];
  return names
    .map(name =>
      metricOf(
        name,
        `measure ${name}`,
        gates.filter(gate => gate.name === name),
        waitsIn,
        months,
        options,
      ),
    )
    .filter(metric => metric.name === QA || hasValues(metric));
}

function metricOf<S>(
  name: string,
  source: string,
  samples: readonly S[],
  durations: (samples: readonly S[], month: string) => Owned[],
  months: readonly string[],
  { baselines, targets, own }: ReportOptions,
  mayShow = (some: readonly Owned[], _at: number): boolean => installsOf(some) >= K,
): Metric {
  const general = name.startsWith('onboarding-') ? 'onboarding' : name;
  return {
    name,
    source,
    baseline: baselines[name] ?? baselines[general] ?? null,
    target: targets[name] ?? targets[general] ?? null,
    months: months.map((month, at) => {
      const some = durations(samples, month);
      const hidden = !own && some.length > 0 && !mayShow(some, at);
      return { month, hidden, ...figureOf(hidden ? [] : some, own) };
    }),
  };
}

const hasValues = ({ months }: Metric): boolean => months.some(({ n, open, hidden }) => n + open > 0 || hidden);

/** Onboardings completed in a month, and those still open at its end. */
function onboardingsIn(episodes: readonly EpisodeSample[], month: string): Owned[] {
  return episodes.flatMap(({ install, state, month: ended, elapsed, open_at, clock_suspect }): Owned[] => {
    if (clock_suspect) return [];
    if (state === 'completed' && ended === month) return [{ install, seconds: elapsed, ended: true }];
    const age = open_at[month];
    return age === undefined ? [] : [{ install, seconds: age, ended: false }];
  });
}

const isSure = ({ clock_suspect }: Sample): boolean => !clock_suspect;

const milestonesIn = (name: Milestone) => (episodes: readonly EpisodeSample[], month: string) =>
  episodes.flatMap(({ install, milestones, clock_suspect }): Owned[] => {
    const reached = milestones[name];
    return reached?.month === month && !clock_suspect ? [{ install, seconds: reached.seconds, ended: true }] : [];
  });

/** How long people waited for a gate in a month, whether it passed or not; unless they did not wait for its end. */
function waitsIn(gates: readonly GateSample[], month: string): Owned[] {
  return gates
    .filter(gate => gate.month === month && !gate.clock_suspect && !wasStopped(gate))
    .map(({ install, seconds }) => ({ install, seconds, ended: true }));
}

/** Ended by a signal: 128 + 1 to 128 + 31. */
const wasStopped = ({ exit }: GateSample): boolean => exit > 128 && exit < 160;

function cohortsIn(episodes: readonly EpisodeSample[], month: string): Record<string, string[]> {
  return Object.fromEntries(
    [...COHORTS, null].map(cohort => {
      const some = episodes.filter(episode => episode.cohort === cohort);
      return [cohort ?? '', installsIn(onboardingsIn(some, month))];
    }),
  );
}

const installsIn = (some: readonly { install: string }[]): string[] => some.map(({ install }) => install);

const installsOf = (some: readonly { install: string }[]): number => new Set(installsIn(some)).size;

function partsOf(episodes: readonly EpisodeSample[]): Record<Part, number> {
  return Object.fromEntries(PARTS.map(part => [part, sum(episodes.map(({ parts }) => parts[part]))])) as Record<
    Part,
    number
  >;
}

function blockedIn(episodes: readonly EpisodeSample[], own: boolean): Report['blocked'] {
  const blocked = byReason(own, reason => episodes.filter(({ blocked_by }) => (blocked_by[reason] ?? 0) > 0));
  return blocked.map(([reason, some]) => {
    return { reason, seconds: sum(some.map(({ blocked_by }) => blocked_by[reason] ?? 0)), onboardings: some.length };
  });
}

function blockedOnIn(episodes: readonly EpisodeSample[], own: boolean): Partial<Record<BlockedOn, number>> {
  const free = episodes.filter(({ blocked_on }) => blocked_on === null);
  const blocked = byReason(own, reason => episodes.filter(({ blocked_on }) => blocked_on === reason), free);
  return Object.fromEntries(blocked.map(([reason, some]) => [reason, some.length]));
}

/** The episodes of each reason that may be told of. @param rest those of none, when a total tells of them too. */
function byReason(
  own: boolean,
  episodesOf: (reason: BlockedOn) => readonly EpisodeSample[],
  rest: readonly EpisodeSample[] = [],
): [BlockedOn, readonly EpisodeSample[]][] {
  const groups = BLOCKED_ON.map((reason): [BlockedOn, readonly EpisodeSample[]] => [reason, episodesOf(reason)]);
  const people = [...groups, ['', rest] as const].map(([reason, some]) => [reason, installsIn(some)] as const);
  const shown = showable(Object.fromEntries(people));
  return groups.filter(([reason, some]) => some.length > 0 && (own || shown.has(reason)));
}

const sum = (values: readonly number[]): number =>
  Math.round(values.reduce((total, value) => total + value, 0) * 1000) / 1000;
