import { readText, replaceFile } from '../system/files.ts';
import type { LedgerRecord } from './events.ts';

/** Records are kept for a year (facts telemetry §5). */
const KEPT_MS = 365 * 86_400_000;
/** They are let go a month at a time, so that the file is not written anew every day. */
const SLACK_MS = 31 * 86_400_000;

/** What a workspace is remembered by: without the start of its episode the next run would open another one. */
const STAYS = /^(onboarding_|milestone$|cohort_declared$)/;

/**
 * Lets go of what is older than a year, once there is a month of it. At every instant the file is the old or the new
 * one. The caller holds the lock.
 * @param records what the file holds.
 * @param wall now, milliseconds since 1970.
 */
export function rotate(path: string, records: readonly LedgerRecord[], wall = Date.now()): void {
  const oldest = records.find(record => !STAYS.test(record.event));
  if (!oldest || wall - oldest.wall < KEPT_MS + SLACK_MS || wall - believedSince(records, wall) < SLACK_MS) return;
  const lines = (readText(path) ?? '').split('\n').filter(line => keeps(line, wall - KEPT_MS));
  replaceFile(path, `${lines.join('\n')}\n`, 0o600);
}

/**
 * Since when the clock has gone on without a leap of a year. One that leapt is believed after a month: a clock that was
 * set wrong must not cost the records.
 */
function believedSince(records: readonly LedgerRecord[], wall: number): number {
  const walls = [...records.map(record => record.wall), wall];
  return walls.reduce((since, at, i) => (Math.abs(at - (walls[i - 1] ?? at)) > KEPT_MS ? at : since), walls[0] ?? wall);
}

function keeps(line: string, since: number): boolean {
  try {
    const { wall, event } = JSON.parse(line) as { wall?: unknown; event?: unknown };
    return typeof wall === 'number' && typeof event === 'string' && (wall >= since || STAYS.test(event));
  } catch {
    return false;
  }
}
