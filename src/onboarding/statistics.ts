/** One duration, seconds. `ended: false` is one that still went on when it was looked at: at least this long. */
export interface Duration {
  seconds: number;
  ended: boolean;
}

export interface Interval {
  low: number;
  /** Undefined: not reached, since too many still go on. */
  high: number | undefined;
}

/** A 95 % interval. */
const CONFIDENCE = 0.95;
const Z = 1.959_963_984_540_054;
/** Survival of exactly one half is made of products that do not come out even. */
const EVEN = 1e-9;

/**
 * Quantile of type 8 (Hyndman and Fan), the median-unbiased one (facts telemetry §5).
 * @param sorted ascending, at least one value.
 * @param p between 0 and 1.
 */
export function quantile(sorted: readonly number[], p: number): number {
  const place = (sorted.length + 1 / 3) * p + 1 / 3;
  const below = Math.min(Math.max(Math.floor(place), 1), sorted.length);
  const above = Math.min(below + 1, sorted.length);
  const low = sorted[below - 1] ?? Number.NaN;
  const high = sorted[above - 1] ?? Number.NaN;
  return low + Math.min(Math.max(place - below, 0), 1) * (high - low);
}

/**
 * 95 % interval of the median between two order statistics; exists from six values on.
 * @param sorted ascending.
 */
export function medianInterval(sorted: readonly number[]): Interval | undefined {
  const n = sorted.length;
  // The largest rank whose binomial tail is still within half of what may be left out.
  let rank = 0;
  let log = -n * Math.LN2;
  for (let k = 0, tail = 0; k < n; k++) {
    tail += Math.exp(log);
    if (tail > (1 - CONFIDENCE) / 2) break;
    rank = k + 1;
    log += Math.log(n - k) - Math.log(k + 1);
  }
  const low = sorted[rank - 1];
  return low === undefined ? undefined : { low, high: sorted[n - rank] };
}

/** A step of the Kaplan–Meier curve: the share that goes on for longer than `seconds`, with its 95 % band. */
export interface SurvivalStep {
  seconds: number;
  share: number;
  low: number;
  high: number;
}

/**
 * Kaplan–Meier: what is still going on counts for as long as it is known (facts telemetry §5). The band is log-log with
 * Greenwood's variance.
 * @returns one step for each duration at which something ended, ascending.
 */
export function survival(durations: readonly Duration[]): SurvivalStep[] {
  const sorted = [...durations].sort((a, b) => a.seconds - b.seconds);
  const steps: SurvivalStep[] = [];
  let share = 1;
  let variance = 0;
  for (let i = 0; i < sorted.length; ) {
    const seconds = sorted[i]?.seconds ?? 0;
    const risk = sorted.length - i;
    let ended = 0;
    for (; sorted[i]?.seconds === seconds; i++) if (sorted[i]?.ended) ended += 1;
    if (ended === 0) continue;
    share *= 1 - ended / risk;
    variance += ended / (risk * (risk - ended));
    const spread = share > 0 ? (Z * Math.sqrt(variance)) / Math.abs(Math.log(share)) : 0;
    const band =
      share > 0
        ? { low: share ** Math.exp(spread), high: share ** Math.exp(-spread) }
        : { low: 0, high: Number.POSITIVE_INFINITY };
    steps.push({ seconds, share, ...band });
  }
  return steps;
}

/** The first duration at which at most this share goes on; undefined when it is not reached. */
export function survivalQuantile(steps: readonly SurvivalStep[], share: number): number | undefined {
  return steps.find(step => step.share <= share + EVEN)?.seconds;
}

/** 95 % interval of the Kaplan–Meier median (Brookmeyer and Crowley). */
export function survivalMedianInterval(steps: readonly SurvivalStep[]): Interval | undefined {
  const low = steps.find(step => step.low <= 0.5)?.seconds;
  return low === undefined ? undefined : { low, high: steps.find(step => step.high <= 0.5)?.seconds };
}
