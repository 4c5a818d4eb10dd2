import { formatDuration } from '../core/durations.ts';
import type { BlockedOn } from './events.ts';
import type { Metric, MonthFigure, Report } from './report.ts';
import type { Part } from './samples.ts';
import { K } from './suppress.ts';

/** What each reason and part is called. */
export const REASONS: Readonly<Record<BlockedOn, string>> = {
  access: 'access',
  secret: 'a secret',
  network: 'the network',
  hardware: 'hardware',
  human: 'a person',
};
export const PART_NAMES: Readonly<Record<Part, string>> = {
  machine: 'machine working',
  prompt: 'waiting for an answer',
  rework: 'of the machine’s, steps that failed',
  blocked: 'blocked',
  away: 'away',
};

/** Of a group that is large enough too, when a total would tell of those that are left. */
export const HIDDEN = `not shown: it would tell of fewer than ${K} people`;

/** What a metric is called; a measured command by its name. */
export function titleOf({ name, source }: Pick<Metric, 'name' | 'source'>): string {
  const [, cohort] = /^onboarding-(.*)$/.exec(name) ?? [];
  if (cohort !== undefined) return `Onboarding, ${cohort}`;
  const titles: Record<string, string> = {
    onboarding: 'Onboarding',
    'first-green-qa': 'To the first green QA',
    'first-commit': 'To the first commit',
    qa: 'QA wait',
  };
  return titles[name] ?? source;
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** `November 2026` */
export function monthName(month: string): string {
  return `${MONTHS[Number(month.slice(5)) - 1] ?? month} ${month.slice(0, 4)}`;
}

/** Seconds for people; a dash for none. */
export function time(seconds: number | null): string {
  return seconds === null ? '–' : formatDuration(seconds * 1000);
}

/** `1 h 22 min (n = 12, 5 still open; 95 %: 55 min to 2 h; 90th percentile 3 h, a hint)` */
export function figureText(figure: MonthFigure): string {
  if (figure.hidden) return HIDDEN;
  const { n, open, median, low, high, interval, p90, p90Indicative } = figure;
  const count = `n = ${n}${open > 0 ? `, ${open} still open` : ''}`;
  if (n === 0) return count;
  const notReached = n >= 5 && open > 0 ? 'median not reached' : undefined;
  const middle = median === null ? notReached : time(median);
  if (middle === undefined) return count;
  // Of one value there is no range.
  const range = interval === null || (n === 1 && interval === 'range') ? '' : rangeText(low, high, interval);
  const upper = p90 === null ? '' : `; 90th percentile ${time(p90)}${p90Indicative ? ', a hint' : ''}`;
  return `${middle} (${count}${range}${upper})`;
}

function rangeText(low: number | null, high: number | null, interval: '95 %' | 'range'): string {
  const to = high === null ? 'more than can be told' : time(high);
  return `; ${interval === 'range' ? 'from' : '95 %:'} ${time(low)} to ${to}`;
}

/** `↓ from 1 h 40 min in October`; the latest earlier month of which a median is told. */
export function trendText({ months }: Metric): string {
  const now = months.at(-1);
  const before = months.slice(0, -1).findLast(({ median }) => median !== null);
  if (!now || now.median === null || !before || before.median === null) return '–';
  const arrow = now.median < before.median ? '↓' : now.median > before.median ? '↑' : '→';
  return `${arrow} from ${time(before.median)} in ${monthName(before.month).replace(/ \d+$/, '')}`;
}

/** Whose figures these are. */
export function originText({ own, installs }: Report): string {
  if (own) return 'own data of one machine';
  return `${installs} install${installs === 1 ? '' : 's'} merged`;
}

/** `Open onboardings: 3, given up: 1, blocked: 2 on access.` */
export function openText({ open }: Report): string {
  if (open === null) return `Open onboardings: not shown, fewer than ${K} people.`;
  const on = Object.entries(open.blockedOn).map(([reason, many]) => `${many} on ${REASONS[reason as BlockedOn]}`);
  const givenUp = open.givenUp > 0 ? `, given up: ${open.givenUp}` : '';
  return `Open onboardings: ${open.onboardings}${givenUp}${on.length === 0 ? '' : `, blocked: ${on.join(', ')}`}.`;
}

/** How the figures came about, sentences; the same words in every format. */
export function methodText({ own, excluded }: Report): string[] {
  const left = [
    ...(excluded.clockSuspect > 0 ? [`${excluded.clockSuspect} whose clocks disagree`] : []),
    ...(excluded.stopped > 0
      ? [`${excluded.stopped} measured command${excluded.stopped === 1 ? ' that was' : 's that were'} stopped`]
      : []),
  ];
  return [
    'An onboarding begins with the clone (from git) or the first run, and ends with the first run in which every required check passes.',
    'It counts in the month (UTC) in which it ended; one that is still open or was given up counts with its age, at most 30 days.',
    'Medians and percentiles are quantiles of type 8; where onboardings are still open, of the Kaplan–Meier curve.',
    `Intervals are 95 %, from order statistics or after Brookmeyer and Crowley; ${
      own
        ? 'below 6 values the range is shown'
        : `below 5 values only n is shown, and nothing of fewer than ${K} people`
    }; the 90th percentile is a hint below 29 values.`,
    'QA wait is the duration of `measure qa`, passed or not. Commands of CI, coding agents and tests do not count.',
    left.length === 0 ? 'Nothing was left out.' : `Left out: ${left.join(', ')}.`,
  ];
}
