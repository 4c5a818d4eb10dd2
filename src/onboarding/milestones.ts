import type { Moment } from '../system/clock.ts';
import { firstCommitTime } from './clone.ts';
import type { Episode } from './episode.ts';
import type { LedgerRecord, Milestone } from './events.ts';
import type { Dated } from './ledger.ts';

/** The gate whose first pass is a milestone (facts telemetry §5). */
export const QA = 'qa';

/** Names of the gates that a workspace tells of, in its exports and its telemetry: those that its manifest names. */
export function toldGates(wanted: { baselines: object; targets: object } | undefined): string[] {
  return [QA, ...Object.keys(wanted?.baselines ?? {}), ...Object.keys(wanted?.targets ?? {})];
}

/** The milestone of a first commit, unless it is recorded or not made yet. @param root real path of the workspace. */
export function firstCommit(records: readonly LedgerRecord[], episode: Episode, root: string, at: Moment): Dated[] {
  if (isRecorded(records, episode, 'first_commit')) return [];
  const time = firstCommitTime(root, episode.startedAt);
  return time === undefined || time > at.wall ? [] : [milestone(episode, 'first_commit', time, at)];
}

/** The milestone of a gate that passed now. */
export function firstGreenQa(records: readonly LedgerRecord[], episode: Episode, gate: string, at: Moment): Dated[] {
  if (gate !== QA || isRecorded(records, episode, 'first_green_qa')) return [];
  return at.wall < episode.startedAt ? [] : [milestone(episode, 'first_green_qa', at.wall, at)];
}

function isRecorded(records: readonly LedgerRecord[], episode: Episode, name: Milestone): boolean {
  return records.some(record => record.event === 'milestone' && record.episode === episode.id && record.name === name);
}

function milestone(episode: Episode, name: Milestone, wall: number, at: Moment): Dated {
  return { event: 'milestone', episode: episode.id, name, elapsed: (wall - episode.startedAt) / 1000, at };
}
