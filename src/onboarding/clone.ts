import { join } from 'node:path';
import { readText } from '../system/files.ts';
import { gitPlace } from '../system/git-folder.ts';
import type { StartSource } from './events.ts';

/** An older clone says nothing about this onboarding: the tool came to the project later (facts telemetry §5). */
const LATEST_DAYS = 30;

export type EpisodeStart = { kind: 'worktree' } | { kind: 'start'; start_source: StartSource; cloned_at?: number };

/**
 * When the onboarding of this clone began: at the clone, as the first entry of git's reflog tells, else at the first
 * command. Reads one line and takes nothing but the time from it.
 * @param root real path of the workspace.
 * @param wall now, milliseconds since 1970.
 * @returns `worktree` for a git worktree, which is no onboarding.
 */
export function episodeStart(root: string, wall: number): EpisodeStart {
  const command = { kind: 'start', start_source: 'command' } as const;
  const git = gitPlace(root);
  if (git === undefined) return command;
  if (git.isWorktree) return { kind: 'worktree' };
  const cloned = cloneTime(reflogOf(git.own));
  if (cloned === undefined || cloned > wall || wall - cloned > LATEST_DAYS * 86_400_000) return command;
  return { kind: 'start', start_source: 'reflog', cloned_at: cloned };
}

/** Milliseconds since 1970 of the clone in the text of a reflog, or undefined when it does not begin with one. */
export function cloneTime(reflog: string): number | undefined {
  const first = reflog.slice(0, reflog.indexOf('\n') + 1 || reflog.length);
  const match = /^0{40,64} [0-9a-f]{40,64} .*> (\d{1,12}) [+-]\d{4}\tclone: /.exec(first);
  return match?.[1] === undefined ? undefined : Number(match[1]) * 1000;
}

/**
 * When the first commit was made in this clone, as git's reflog tells, milliseconds since 1970. Reads the first lines
 * that say `commit` and takes nothing but the time from them.
 * @param since commits before this do not count: the clone may be older than the episode.
 */
export function firstCommitTime(root: string, since: number): number | undefined {
  const git = gitPlace(root);
  return git === undefined || git.isWorktree ? undefined : commitTime(reflogOf(git.own), since);
}

/** The same of the text of a reflog. An amended commit is no first one. */
export function commitTime(reflog: string, since: number): number | undefined {
  for (const [, seconds] of reflog.matchAll(
    /^[0-9a-f]{40,64} [0-9a-f]{40,64} .*> (\d{1,12}) [+-]\d{4}\tcommit(?: \((?:initial|merge)\))?: /gm,
  )) {
    if (Number(seconds) * 1000 >= since) return Number(seconds) * 1000;
  }
  return undefined;
}

/** Empty also where it is unreadable for this user: then the command is the start. */
function reflogOf(git: string): string {
  try {
    return readText(join(git, 'logs', 'HEAD')) ?? '';
  } catch {
    return '';
  }
}
