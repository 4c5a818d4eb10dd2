import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BLOCKED_ON, Cohort, LedgerEvent, RunParts } from '../../src/onboarding/events.ts';
import { recordOf } from '../../src/onboarding/ledger.ts';

/** Times of a month that are known to the second, seconds; what a report has to say of them follows by hand. */
export interface WorkedEpisode {
  /** Day of November 2026 on which it starts, and hours after its midnight. */
  day: number;
  cohort: Cohort;
  /** Undefined: it is still open. */
  took?: number;
  /** What the time was lost to, and how much of it, seconds. */
  blocked?: [(typeof BLOCKED_ON)[number], number];
  suspect?: boolean;
  firstGreenQa?: number;
  /** `measure qa`: seconds and exit status, each on the day after the start. */
  qa?: readonly (readonly [seconds: number, exit: number])[];
}

const NOVEMBER = Date.UTC(2026, 10, 1);
/** The moment at which the worked month is looked at: its last day, noon. */
export const AT = Date.UTC(2026, 10, 30, 12);

/** The ledger of one install, as the program writes it, line for line. */
export function ledgerOf(worked: WorkedEpisode, id: string): string[] {
  let seq = 0;
  const lines: string[] = [];
  const start = NOVEMBER + (worked.day - 1) * 86_400_000;
  const add = (after: number, event: LedgerEvent): void => {
    const at = { wall: start + after * 1000, mono: String(BigInt(Math.round(after * 1e9))), boot: id };
    lines.push(JSON.stringify(recordOf({ ...event, at }, ++seq)));
  };
  const clock_suspect = worked.suspect === true;
  const run = (from: number, seconds: number, exit: number, reason?: (typeof BLOCKED_ON)[number]): void => {
    const machine = seconds * 0.75;
    const parts: RunParts = {
      elapsed: seconds,
      machine,
      prompt: seconds - machine,
      asked: seconds - machine,
      rework: exit === 0 ? 0 : machine / 3,
      clock_suspect,
    };
    add(from, { event: 'run_started', run: `${id}-${from}` });
    add(from + seconds, {
      event: 'step',
      run: `${id}-${from}`,
      id: 'python',
      status: exit === 0 ? 'done' : 'failed',
      ms: machine * 1000,
    });
    add(from + seconds, {
      event: 'run_finished',
      run: `${id}-${from}`,
      exit,
      ...(reason ? { blocked_on: reason } : {}),
      ...parts,
    });
  };
  add(0, { event: 'onboarding_started', episode: id, start_source: 'command', cohort: worked.cohort });
  const [reason, lost = 0] = worked.blocked ?? [];
  if (worked.took === undefined) run(0, 120, 3, reason ?? 'access');
  else {
    if (reason !== undefined) run(0, 120, 3, reason);
    const second = reason === undefined ? 0 : 120 + lost;
    run(second, worked.took - second, 0);
    const prompt = reason === undefined ? worked.took / 4 : (120 + worked.took - second) / 4;
    add(worked.took, {
      event: 'onboarding_completed',
      episode: id,
      run: `${id}-${second}`,
      cohort: worked.cohort,
      elapsed: worked.took,
      machine: worked.took - lost - prompt,
      prompt,
      asked: prompt,
      rework: reason === undefined ? 0 : 30,
      blocked: lost,
      away: 0,
      blocked_by: reason === undefined ? {} : { [reason]: lost },
      runs: reason === undefined ? 1 : 2,
      clock_suspect,
    });
  }
  if (worked.firstGreenQa !== undefined) {
    add(worked.firstGreenQa, { event: 'milestone', episode: id, name: 'first_green_qa', elapsed: worked.firstGreenQa });
  }
  let attempt = 0;
  for (const [i, [seconds, exit]] of (worked.qa ?? []).entries()) {
    attempt += 1;
    add(86_400 + i * 3600, {
      event: 'gate',
      name: 'qa',
      seconds,
      exit,
      attempt,
      caller: 'person',
      clock_suspect: false,
    });
    if (exit === 0) attempt = 0;
  }
  return lines;
}

/** A ledger whose clocks were set back by half an hour before the given record; the clock of the boot goes on. */
export function setBack(lines: readonly string[], from: number): string[] {
  return lines.map((line, i) => {
    const record = JSON.parse(line) as { wall: number };
    return i < from ? line : JSON.stringify({ ...record, wall: record.wall - 1_800_000 });
  });
}

export function writeLedger(path: string, lines: readonly string[]): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
}

const H = 3600;
const MIN = 60;

/** Seventeen people: twelve finished, five did not (facts telemetry §5), and one whose clock was set in between. */
export const WORKED_MONTH: readonly WorkedEpisode[] = [
  {
    day: 2,
    cohort: 'experienced',
    took: 20 * MIN,
    qa: [
      [19 * MIN, 0],
      [24 * MIN, 1],
    ],
    firstGreenQa: 2 * H,
  },
  { day: 3, cohort: 'experienced', took: 31 * MIN, qa: [[17 * MIN, 0]], firstGreenQa: 3 * H },
  {
    day: 4,
    cohort: 'experienced',
    took: 45 * MIN,
    qa: [
      [22 * MIN, 2],
      [18 * MIN, 0],
    ],
    firstGreenQa: 4 * H,
  },
  { day: 5, cohort: 'experienced', took: 58 * MIN, qa: [[16 * MIN, 0]], firstGreenQa: 5 * H },
  { day: 6, cohort: 'experienced', took: 66 * MIN, qa: [[21 * MIN, 0]], firstGreenQa: 6 * H },
  { day: 7, cohort: 'experienced', took: 75 * MIN, qa: [[23 * MIN, 130]] },
  { day: 8, cohort: 'new', took: 88 * MIN, blocked: ['secret', 40 * MIN], qa: [[28 * MIN, 0]], firstGreenQa: 26 * H },
  { day: 9, cohort: 'new', took: 2 * H, blocked: ['secret', 61 * MIN] },
  { day: 10, cohort: 'new', took: 3 * H, blocked: ['access', 2 * H] },
  { day: 11, cohort: 'new', took: 6 * H, blocked: ['access', 5 * H] },
  { day: 12, cohort: 'new', took: 20 * H, blocked: ['access', 18 * H] },
  { day: 13, cohort: 'new', took: 26 * H, blocked: ['human', 24 * H] },
  { day: 20, cohort: 'new', blocked: ['access', 0] },
  { day: 22, cohort: 'new', blocked: ['access', 0] },
  { day: 24, cohort: 'new', blocked: ['access', 0] },
  { day: 26, cohort: 'returning', blocked: ['network', 0] },
  { day: 30, cohort: 'experienced', blocked: ['secret', 0] },
  { day: 14, cohort: 'experienced', took: 5 * MIN, suspect: true },
];
