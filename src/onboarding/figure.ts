import {
  type Duration,
  medianInterval,
  quantile,
  survival,
  survivalMedianInterval,
  survivalQuantile,
} from './statistics.ts';

/** From how many values on something is told (facts telemetry §5). */
const FROM = { median: 5, interval: 6, p90: 10, p90Sure: 29 } as const;

/** What is told of some durations, seconds. What is null is not told, or not reached. */
export interface Figure {
  /** Durations that ended; the clock of each is beyond doubt. */
  n: number;
  /** Durations that still went on. */
  open: number;
  estimator: 'type-8' | 'kaplan-meier';
  median: number | null;
  /** 95 % interval of the median; with five values, and of one's own few, the range. */
  low: number | null;
  high: number | null;
  interval: '95 %' | 'range' | null;
  p90: number | null;
  /** The 90th percentile of 10 to 28 values is a hint. */
  p90Indicative: boolean;
}

/**
 * Sums durations up by the rules for few values: below 5 only how many there are, from 5 the median with an interval,
 * from 10 a hint of the 90th percentile, from 29 the 90th percentile.
 * @param own the values are those of this machine: few are told too.
 */
export function figureOf(durations: readonly Duration[], own: boolean): Figure {
  const sorted = durations
    .filter(({ ended }) => ended)
    .map(({ seconds }) => seconds)
    .sort((a, b) => a - b);
  const [n, open] = [sorted.length, durations.length - sorted.length];
  const estimator = open === 0 ? 'type-8' : 'kaplan-meier';
  const empty = { median: null, low: null, high: null, interval: null, p90: null, p90Indicative: false };
  if (n === 0 || (n < FROM.median && !own)) return { n, open, estimator, ...empty };
  const steps = open === 0 ? [] : survival(durations);
  const at = (p: number): number | undefined => (open === 0 ? quantile(sorted, p) : survivalQuantile(steps, 1 - p));
  const interval = n < FROM.interval ? undefined : open === 0 ? medianInterval(sorted) : survivalMedianInterval(steps);
  const range = n < FROM.interval ? { low: sorted[0], high: sorted[n - 1] } : undefined;
  const p90 = n < FROM.p90 ? null : rounded(at(0.9));
  return {
    n,
    open,
    estimator,
    median: rounded(at(0.5)),
    low: rounded((interval ?? range)?.low),
    high: rounded((interval ?? range)?.high),
    interval: interval ? '95 %' : range ? 'range' : null,
    p90,
    p90Indicative: p90 !== null && n < FROM.p90Sure,
  };
}

/** Seconds to the millisecond, as the ledger has them. */
function rounded(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Math.round(seconds * 1000) / 1000;
}
