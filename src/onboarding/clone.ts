import { dirname, join, resolve } from 'node:path';
import { lstatOf, readText } from '../system/files.ts';
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
  const git = gitFolder(root);
  if (git === undefined) return command;
  if (git === 'worktree') return { kind: 'worktree' };
  const cloned = cloneTime(readQuietly(join(git, 'logs', 'HEAD')) ?? '');
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
  const git = gitFolder(root);
  if (git === undefined || git === 'worktree') return undefined;
  return commitTime(readQuietly(join(git, 'logs', 'HEAD')) ?? '', since);
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

/**
 * Where git keeps what it knows of the clone. A `.git` that is a file names the place: of a submodule, or of a clone
 * with a folder of its own; that of a worktree has a `commondir` (gitrepository-layout). In a container the place may
 * be missing, and then its name tells.
 */
function gitFolder(root: string): string | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    const git = join(folder, '.git');
    const found = lstatOf(git);
    if (found?.isFile()) {
      const place = /^gitdir: (.+)$/m.exec(readQuietly(git) ?? '')?.[1];
      const named = resolve(folder, place?.trim() ?? '.git');
      const isWorktree = lstatOf(named) ? lstatOf(join(named, 'commondir')) : /[\\/]worktrees[\\/][^\\/]+$/.test(named);
      return isWorktree ? 'worktree' : named;
    }
    if (found) return git;
    if (dirname(folder) === folder) return undefined;
  }
}

/** Undefined also where it is unreadable for this user: then the command is the start. */
function readQuietly(path: string): string | undefined {
  try {
    return readText(path);
  } catch {
    return undefined;
  }
}
