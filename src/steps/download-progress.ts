import { monotonic } from '../system/clock.ts';
import type { Progress } from '../system/download.ts';

const EVERY_MS = 200;

/** Turns progress into words, at most five times a second: `uv 0.13.9: 8.2 of 17.6 MB, 12.1 MB/s`. */
export function progressText(what: string, say: (text: string) => void): (progress: Progress) => void {
  let last = Number.NEGATIVE_INFINITY;
  return ({ received, total, rate }) => {
    const now = monotonic();
    if (now - last < EVERY_MS && received !== total) return;
    last = now;
    const of = total === undefined ? '' : ` of ${megabytes(total)}`;
    say(`${what}: ${megabytes(received)}${of} MB, ${megabytes(rate)} MB/s`);
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
