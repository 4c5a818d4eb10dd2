import { type Moment, now } from '../system/clock.ts';
import { type Env, isSet } from '../system/environment.ts';
import { timeBetween } from './drift.ts';
import { episodeOf } from './episode.ts';
import type { Caller, LedgerRecord } from './events.ts';
import type { Ledger } from './ledger.ts';
import { firstCommit, firstGreenQa } from './milestones.ts';

/** A measured command that ended now. */
export interface FinishedGate {
  name: string;
  /** When it was started. */
  started: Moment;
  exit: number;
  caller: Caller;
  /** Real path of the workspace; only git's times are read from it. */
  root: string;
}

/** Who starts commands here; a person unless something says otherwise. */
export function callerOf(where: { ci: boolean; agent: boolean; env: Env }): Caller {
  if (where.ci) return 'ci';
  if (where.agent) return 'agent';
  return isSet(where.env['HOTPASS_BOOTSTRAP_TEST']) ? 'test' : 'person';
}

/**
 * Records a measured command: its duration on the clock that nobody sets, its exit status, which attempt it was since it
 * last passed, and the milestones that it reached.
 * @throws UserError 75, or a system error when the ledger cannot be written; neither is a reason for the command to fail.
 */
export async function recordGate(ledger: Ledger, gate: FinishedGate, end = now()): Promise<void> {
  const { name, started, exit, caller, root } = gate;
  const { ns, suspect } = timeBetween(started, end);
  const seconds = Math.max(0, Number(ns) / 1e9);
  await ledger.append(read => {
    const records = read();
    const episode = episodeOf(records);
    const milestones =
      episode === undefined || caller !== 'person'
        ? []
        : [
            ...(exit === 0 ? firstGreenQa(records, episode, name, end) : []),
            ...firstCommit(records, episode, root, end),
          ];
    return [
      {
        event: 'gate',
        name,
        seconds: Math.round(seconds * 1000) / 1000,
        exit,
        attempt: attemptsSincePass(records, name) + 1,
        caller,
        clock_suspect: suspect,
        at: end,
      },
      ...milestones,
    ];
  });
}

function attemptsSincePass(records: readonly LedgerRecord[], name: string): number {
  let attempts = 0;
  for (const record of records) {
    if (record.event === 'gate' && record.name === name) attempts = record.exit === 0 ? 0 : attempts + 1;
  }
  return attempts;
}
