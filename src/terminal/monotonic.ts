import { now } from '../system/clock.ts';

/** Monotonic milliseconds, for elapsed times on the screen. */
export function monotonic(): number {
  return Number(BigInt(now().mono) / 1_000_000n);
}
