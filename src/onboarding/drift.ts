import type { Moment } from '../system/clock.ts';

/** Clocks that differ by more than this were set, or the machine slept (facts telemetry §5). Seconds. */
export const SUSPECT_S = 2;

/**
 * Time between two moments of one boot, nanoseconds on the clock that nobody sets, and whether it is to be believed: it
 * is not where that clock went back, or the wall clock says something else.
 */
export function timeBetween(from: Moment, to: Moment): { ns: bigint; suspect: boolean } {
  const ns = BigInt(to.mono) - BigInt(from.mono);
  const drift = (to.wall - from.wall) / 1000 - Number(ns) / 1e9;
  return { ns, suspect: ns < 0n || Math.abs(drift) > SUSPECT_S };
}
