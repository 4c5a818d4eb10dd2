import { type Finding, finding } from '../core/findings.ts';
import { now } from '../system/clock.ts';
import type { MachineCheck } from './check.ts';

/** Day on which each major version of Node ends (schedule of the Node release team); no repairs come after it. */
const ENDS: Record<number, string> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
};

/** A Node that this tool runs on, but that gets no repairs any more. */
export const node: MachineCheck = {
  title: 'Node',
  about: 'machine',
  run: async () => endOfLife(process.version, now().wall),
};

/** @param wall milliseconds since 1970. */
export function endOfLife(version: string, wall: number): Finding[] {
  const major = Number(/^v(\d+)\./.exec(version)?.[1]);
  const end = ENDS[major];
  if (end === undefined || wall < Date.parse(end)) return [];
  const newest = Object.entries(ENDS)
    .filter(([name, day]) => Number(name) % 2 === 0 && wall < Date.parse(day))
    .map(([name]) => Number(name));
  const next = newest.length === 0 ? 'a newer one' : `Node ${newest.slice(0, 2).join(' or ')}`;
  const cause = `No repairs come for it since ${end}, not even for security. This tool still runs on it; ${next} lives longer.`;
  return [finding('HB150', 'info', `Node ${version.slice(1)} is past its end of life.`, cause)];
}
