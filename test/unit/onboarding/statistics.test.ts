import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figureOf } from '../../../src/onboarding/figure.ts';
import {
  medianInterval,
  quantile,
  survival,
  survivalMedianInterval,
  survivalQuantile,
} from '../../../src/onboarding/statistics.ts';

const ended = (...seconds: number[]) => seconds.map(value => ({ seconds: value, ended: true }));
const open = (...seconds: number[]) => seconds.map(value => ({ seconds: value, ended: false }));
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('quantiles of type 8', () => {
  it('are those of Hyndman and Fan', () => {
    expect(quantile([1, 2, 3, 4, 5], 0.5)).toBe(3);
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    // (12 + 1/3) * 0.9 + 1/3 = 11.433…
    expect(quantile(range(12), 0.9)).toBeCloseTo(11.4333, 4);
    expect(quantile([7], 0.9)).toBe(7);
    expect(quantile(range(3), 0.999)).toBe(3);
  });

  it('lie among the values and grow with p', () => {
    const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(values, share, share, (some, p, q) => {
        const sorted = some.sort((a, b) => a - b);
        const [low, high] = [Math.min(p, q), Math.max(p, q)].map(at => quantile(sorted, at));
        expect(low).toBeGreaterThanOrEqual(sorted[0] ?? 0);
        expect(high).toBeLessThanOrEqual(sorted.at(-1) ?? 0);
        expect(low).toBeLessThanOrEqual(high ?? 0);
      }),
    );
  });
});

describe('the interval of a median', () => {
  it('exists from six values on', () => {
    expect(medianInterval(range(5))).toBeUndefined();
    expect(medianInterval(range(6))).toEqual({ low: 1, high: 6 });
    expect(medianInterval(range(12))).toEqual({ low: 3, high: 10 });
  });

  it('leaves out at most 2.5 % on each side, and one rank more would be too much', () => {
    for (const n of [6, 9, 17, 30, 101, 1000, 2500]) {
      const rank = medianInterval(range(n))?.low ?? 0;
      expect(tail(n, rank - 1)).toBeLessThanOrEqual(0.025);
      expect(tail(n, rank)).toBeGreaterThan(0.025);
    }
  });
});

/** P(at most k of n coins show heads), summed from the middle outwards in exact integers. */
function tail(n: number, k: number): number {
  let term = 1n;
  let sum = 0n;
  for (let i = 0; i <= k; i++) {
    sum += term;
    term = (term * BigInt(n - i)) / BigInt(i + 1);
  }
  return Number((sum * 10n ** 18n) / 2n ** BigInt(n)) / 1e18;
}

describe('Kaplan–Meier', () => {
  it('without open durations is the share that goes on', () => {
    expect(survival(ended(1, 2, 2, 4)).map(({ seconds, share }) => [seconds, share])).toEqual([
      [1, 0.75],
      [2, 0.25],
      [4, 0],
    ]);
  });

  it('counts what is open for as long as it is known', () => {
    // 12 finished and 5 open ones (facts telemetry §5): the median of the finished alone is too early.
    const finished = [20, 31, 45, 58, 66, 75, 88, 120, 180, 360, 1200, 1560];
    const all = [...ended(...finished), ...open(500, 400, 600, 700, 10)];
    expect(quantile(finished, 0.5)).toBe(81.5);
    expect(survivalQuantile(survival(all), 0.5)).toBe(120);
  });

  it('says that a quantile is not reached', () => {
    const steps = survival([...ended(1, 2), ...open(3, 3, 3)]);
    expect(survivalQuantile(steps, 0.5)).toBeUndefined();
    expect(survivalMedianInterval(steps)?.high).toBeUndefined();
  });

  it('has its band around the share', () => {
    const some = fc.array(fc.record({ seconds: fc.integer({ min: 1, max: 50 }), ended: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(some, durations => {
        let before = 1;
        for (const { share, low, high } of survival(durations)) {
          expect(share).toBeLessThanOrEqual(before);
          expect(low).toBeLessThanOrEqual(share + 1e-12);
          expect(high).toBeGreaterThanOrEqual(share - 1e-12);
          before = share;
        }
      }),
    );
  });
});

describe('what is told of few values', () => {
  it.each([
    [4, { n: 4, median: null, low: null, interval: null, p90: null }],
    [5, { n: 5, median: 3, low: 1, high: 5, interval: 'range', p90: null }],
    [9, { n: 9, median: 5, low: 2, high: 8, interval: '95 %', p90: null, p90Indicative: false }],
    [10, { n: 10, median: 5.5, interval: '95 %', p90Indicative: true }],
    [28, { p90Indicative: true }],
    [29, { p90Indicative: false }],
  ])('of %i, of several people', (n, told) => {
    expect(figureOf(ended(...range(n)), false)).toMatchObject(told);
    if (n >= 10) expect(figureOf(ended(...range(n)), false).p90).toBeCloseTo(quantile(range(n), 0.9), 3);
  });

  it('of one’s own, even of one', () => {
    expect(figureOf(ended(60), true)).toMatchObject({ n: 1, median: 60, low: 60, high: 60, interval: 'range' });
    expect(figureOf([], true)).toMatchObject({ n: 0, median: null, low: null });
    expect(figureOf(open(60), true)).toMatchObject({ n: 0, open: 1, median: null, estimator: 'kaplan-meier' });
  });
});
