import { monotonic } from '../../system/clock.ts';
import { git } from '../../system/git.ts';
import { gitPlace } from '../../system/git-folder.ts';
import { randomHex } from '../../system/hash.ts';
import { addedLines } from './diff.ts';
import type { Hit, Match } from './hit.ts';
import type { KnownTable } from './known.ts';
import { matchesIn } from './matches.ts';
import type { ScanScope } from './places.ts';

/** The newest are looked at first; what is older waits for a scanner that has all night. Milliseconds. */
const TIME_MS = 60_000;
/** Commits that one git is asked for. */
const BATCH = 200;
/** Larger files are no text to git here. */
const CONFIG = ['-c', 'core.quotePath=false', '-c', 'core.bigFileThreshold=2m'];
const DIFF =
  'diff-tree --stdin --root --always -r --cc -U0 --no-color --no-ext-diff --no-textconv --no-renames --ignore-submodules --src-prefix=a/ --dst-prefix=b/'.split(
    ' ',
  );

export interface HistoryScan {
  hits: Hit[];
  /** Commits that were looked at, and that there are. */
  commits: number;
  all: number;
  /** git could not tell: a shallow or partial clone, a damaged object; or a commit says more than we hear. */
  failed: boolean;
}

/**
 * What was added by any commit that git still has: of branches, tags, stashes, and what was amended away since. Each
 * secret once a file, with the oldest commit that holds it.
 * @returns undefined outside a repository.
 */
export async function scanHistory(
  scope: ScanScope,
  known: KnownTable,
  signal: AbortSignal,
  within = TIME_MS,
): Promise<HistoryScan | undefined> {
  const { root, env, path } = scope;
  const listed = await git(root, ['rev-list', '--all', '--reflog'], env, path);
  if (listed?.code !== 0) {
    // git that refuses, is broken or is not there says nothing of what is in the history.
    return gitPlace(root) ? { hits: [], commits: 0, all: 0, failed: true } : undefined;
  }
  const all = listed.stdout.split('\n').filter(line => line !== '');
  const found = new Map<string, Hit>();
  const end = monotonic() + within;
  let commits = 0;
  let failed = listed.truncated;
  let size = BATCH;
  while (commits < all.length && monotonic() < end) {
    signal.throwIfAborted();
    const batch = all.slice(commits, commits + size);
    const mark = randomHex(16);
    const args = [...CONFIG, ...DIFF, `--format=${mark}%H%n%B%n${mark}`];
    const timeout = Math.max(1000, end - monotonic());
    const told = await git(root, args, env, path, { input: `${batch.join('\n')}\n`, timeout, signal });
    if (told?.truncated && !told.timedOut && batch.length > 1) {
      size = Math.ceil(batch.length / 2);
      continue;
    }
    for (const { commit, match, file } of matchesOf(told?.stdout ?? '', mark, known)) {
      const { text, ...hit } = match;
      found.set(`${file}\0${match.rule}\0${text}`, { place: 'history', file, commit, ...hit });
    }
    if (told?.timedOut) break;
    failed ||= told?.code !== 0 || told.truncated;
    commits += batch.length;
    size = Math.min(BATCH, 2 * size);
  }
  return { hits: [...found.values()], commits, all: all.length, failed };
}

function* matchesOf(
  told: string,
  mark: string,
  known: KnownTable,
): Generator<{ commit: string; match: Match; file: string }> {
  const parts = told.split(mark);
  for (let at = 1; at < parts.length; at += 2) {
    const [commit = '', ...message] = (parts[at] ?? '').split('\n');
    const short = commit.slice(0, 12);
    for (const match of matchesIn(Buffer.from(message.join('\n')), known)) {
      yield { commit: short, match, file: '(commit message)' };
    }
    for (const { file, text, lines } of addedLines(parts[at + 1] ?? '')) {
      for (const match of matchesIn(Buffer.from(text), known)) {
        yield { commit: short, match: { ...match, line: lines[match.line - 1] ?? 1 }, file };
      }
    }
  }
}
