import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { cloneTime, episodeStart, firstCommitTime } from '../../../src/onboarding/clone.ts';
import { blockedOn, countsAsOnboarding, episodeOf, episodeParts, isCensored } from '../../../src/onboarding/episode.ts';
import type { BlockedOn, LedgerEvent, LedgerRecord, RunParts } from '../../../src/onboarding/events.ts';
import { openLedger, recordOf } from '../../../src/onboarding/ledger.ts';
import { type FinishedRun, recordRun, recordStart } from '../../../src/onboarding/record.ts';
import { now } from '../../../src/system/clock.ts';
import { temporary } from '../../support/tools.ts';

const T0 = 1_760_000_000;

/** A moment some seconds after T0; `mono` may differ from the wall clock. */
const at = (seconds: number, boot = 'b1', mono = seconds) => ({
  wall: (T0 + seconds) * 1000,
  mono: String(BigInt(Math.round((mono + 5000) * 1e9))),
  boot,
});
const record = (when: ReturnType<typeof at>, event: LedgerEvent): LedgerRecord => recordOf({ ...event, at: when }, 1);
const started = (when: ReturnType<typeof at>, cloned?: number): LedgerRecord =>
  record(when, {
    event: 'onboarding_started',
    episode: 'e',
    start_source: cloned === undefined ? 'command' : 'reflog',
    ...(cloned === undefined ? {} : { cloned_at: (T0 + cloned) * 1000 }),
  });
const parts = (machine: number, prompt: number, rework = 0): RunParts => ({
  elapsed: machine + prompt,
  machine,
  prompt,
  asked: prompt,
  rework,
  clock_suspect: false,
});
const run = (
  from: ReturnType<typeof at>,
  to: ReturnType<typeof at>,
  split: RunParts,
  blocked?: BlockedOn,
): LedgerRecord[] => [
  record(from, { event: 'run_started', run: 'r' }),
  record(to, { event: 'run_finished', run: 'r', exit: 0, ...(blocked ? { blocked_on: blocked } : {}), ...split }),
];
const measure = (records: LedgerRecord[], end: ReturnType<typeof at>) => {
  const episode = episodeOf(records);
  if (!episode) throw new Error('no episode');
  return episodeParts(records, episode, end);
};

describe('the parts of an episode', () => {
  it('split a day that was lost to a missing secret', () => {
    const records = [
      started(at(0), -600),
      ...run(at(0), at(60), parts(50, 10, 20), 'secret'),
      ...run(at(20_060), at(20_100), parts(30, 10)),
      ...run(at(21_100), at(21_140), parts(40, 0)),
    ];
    expect(measure(records, at(21_140))).toEqual({
      elapsed: 21_740,
      machine: 120,
      prompt: 20,
      asked: 20,
      rework: 20,
      blocked: 20_000,
      away: 1600,
      blocked_by: { secret: 20_000 },
      runs: 3,
      clock_suspect: false,
    });
  });

  it('count a run that was killed as away', () => {
    const records = [
      started(at(0)),
      record(at(0), { event: 'run_started', run: 'killed' }),
      ...run(at(100), at(110), parts(10, 0)),
    ];
    expect(measure(records, at(110))).toMatchObject({ elapsed: 110, machine: 10, away: 100, runs: 2 });
  });

  it('are suspect when the clocks disagree', () => {
    // Half an hour on the clock that nobody sets, 30 seconds back on the other; blocked or away.
    for (const reason of ['network', undefined] as const) {
      const back = [
        started(at(0), -7200),
        ...run(at(0), at(60), parts(60, 0), reason),
        ...run(at(30, 'b1', 1860), at(40, 'b1', 1870), parts(10, 0)),
      ];
      expect(measure(back, at(40, 'b1', 1870)).clock_suspect).toBe(true);
    }
    const bootBack = [
      started(at(0), -7200),
      ...run(at(0), at(60), parts(60, 0)),
      ...run(at(30, 'b2', 1), at(40, 'b2', 11), parts(10, 0)),
    ];
    expect(measure(bootBack, at(40, 'b2', 11)).clock_suspect).toBe(true);
    const floor = [
      started(at(0)),
      ...run(at(0), at(10), parts(10, 0), 'network'),
      ...run(at(20, 'b1', 500), at(30, 'b1', 510), parts(10, 0)),
    ];
    expect(measure(floor, at(30, 'b1', 510))).toMatchObject({ clock_suspect: true, blocked: 490 });
    const reboot = [
      started(at(0)),
      ...run(at(0), at(10), parts(10, 0), 'network'),
      ...run(at(100, 'b2', 1), at(110, 'b2', 11), parts(10, 0)),
    ];
    expect(measure(reboot, at(110, 'b2', 11))).toMatchObject({ clock_suspect: false, blocked: 90, elapsed: 110 });
  });

  it('are beyond doubt when two runs overlap', () => {
    const records = [
      started(at(0), -7200),
      ...run(at(60), at(61), parts(1, 0), 'human'),
      ...run(at(0), at(90), parts(90, 0)),
    ];
    expect(measure(records, at(90))).toMatchObject({ clock_suspect: false, blocked: 0 });
  });

  it('count once what runs share, be one within another or over the end of it', () => {
    const within = [
      started(at(0)),
      record(at(0), { event: 'run_started', run: 'long' }),
      record(at(10), { event: 'run_started', run: 'short' }),
      record(at(20), { event: 'run_finished', run: 'short', exit: 75, ...parts(10, 0) }),
      record(at(90), { event: 'run_started', run: 'late' }),
      record(at(100), { event: 'run_finished', run: 'long', exit: 0, ...parts(60, 40) }),
      record(at(130), { event: 'run_finished', run: 'late', exit: 0, ...parts(5, 35) }),
    ];
    // Of the late run, ten seconds were the long one's: five of the machine and five of the person.
    const all = measure(within, at(130));
    expect(all).toMatchObject({ machine: 60, prompt: 70, away: 0, elapsed: 130, clock_suspect: false });
  });

  it('never add up to more than the time there was, however runs overlap', () => {
    const spans = fc.array(fc.tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 100 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(spans, fc.integer({ min: 0, max: 100 }), (given, share) => {
        const events = given.flatMap(([from, took], i) => {
          const machine = (took * share) / 100;
          return [
            { time: from, event: { event: 'run_started', run: `${i}` } as const },
            {
              time: from + took,
              event: { event: 'run_finished', run: `${i}`, exit: 0, ...parts(machine, took - machine) } as const,
            },
          ];
        });
        const ordered = events.sort((a, b) => a.time - b.time).map(({ time, event }) => record(at(time), event));
        const seconds = new Set(given.flatMap(([from, took]) => Array.from({ length: took }, (_, i) => from + i)));
        const { machine, prompt, elapsed, clock_suspect } = measure([started(at(0)), ...ordered], at(600));
        expect(machine + prompt).toBeCloseTo(seconds.size, 1);
        expect([elapsed, clock_suspect]).toEqual([600, false]);
      }),
    );
  });

  it('are suspect when the first run saw a clock that nobody had set', () => {
    const records = [started(at(-T0)), ...run(at(-T0), at(60), parts(60, 0))];
    expect(measure(records, at(60)).clock_suspect).toBe(true);
  });

  it('pass on a run whose own clock was suspect', () => {
    const records = [started(at(0)), ...run(at(0), at(9), { ...parts(9, 0), clock_suspect: true })];
    expect(measure(records, at(9)).clock_suspect).toBe(true);
  });
});

describe('an episode', () => {
  it('is open until it is completed, and there is one', () => {
    const open = [started(at(0), -60)];
    expect(episodeOf([])).toBeUndefined();
    expect(episodeOf(open)).toMatchObject({ id: 'e', state: 'open', source: 'reflog', startedAt: (T0 - 60) * 1000 });
    const end = { ...parts(1, 0), blocked: 0, away: 0, blocked_by: {}, runs: 1 };
    const done = [...open, record(at(9), { event: 'onboarding_completed', episode: 'e', run: 'r', ...end })];
    expect(episodeOf(done)?.state).toBe('completed');
  });

  it('is censored when it is open for more than 30 days', () => {
    const episode = episodeOf([started(at(0))]);
    if (!episode) throw new Error('no episode');
    expect(isCensored(episode, at(29 * 86_400).wall)).toBe(false);
    expect(isCensored(episode, at(31 * 86_400).wall)).toBe(true);
    expect(isCensored({ ...episode, state: 'completed' }, at(31 * 86_400).wall)).toBe(false);
  });

  it('belongs to people: not to CI, agents or tests', () => {
    const person = { ci: false, agent: false, env: {} };
    expect(countsAsOnboarding(person)).toBe(true);
    expect(countsAsOnboarding({ ...person, ci: true })).toBe(false);
    expect(countsAsOnboarding({ ...person, agent: true })).toBe(false);
    expect(countsAsOnboarding({ ...person, env: { HOTPASS_BOOTSTRAP_TEST: '1' } })).toBe(false);
  });

  it('takes the reason of a block from the person, else from the exit code', () => {
    expect(blockedOn(0, 'access')).toBeUndefined();
    expect(blockedOn(3, undefined)).toBe('secret');
    expect(blockedOn(3, 'access')).toBe('access');
    expect(blockedOn(69, undefined)).toBe('network');
    expect(blockedOn(1, undefined)).toBeUndefined();
  });
});

describe('the start', () => {
  const git = (folder: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Some One', '-c', 'user.email=x@example.com', ...args], {
      cwd: folder,
      stdio: 'pipe',
    });

  it('is the clone, from a real reflog, also below the root of the repository', () => {
    const base = temporary();
    const origin = join(base, 'origin');
    mkdirSync(origin);
    git(origin, 'init', '-q');
    git(origin, 'commit', '-q', '--allow-empty', '-m', 'one');
    git(base, 'clone', '-q', origin, 'clone');
    const root = join(base, 'clone', 'packages', 'a');
    mkdirSync(root, { recursive: true });
    const start = episodeStart(root, Date.now() + 1000);
    expect(start).toMatchObject({ kind: 'start', start_source: 'reflog' });
    expect(Math.abs(Date.now() - ((start as { cloned_at?: number }).cloned_at ?? 0))).toBeLessThan(60_000);
    expect(episodeStart(root, Date.now() + 40 * 86_400_000)).toEqual({ kind: 'start', start_source: 'command' });
    git(join(base, 'clone'), 'worktree', 'add', '-q', join(base, 'tree'));
    expect(episodeStart(join(base, 'tree'), Date.now())).toEqual({ kind: 'worktree' });
    expect(episodeStart(origin, Date.now() + 1000)).toEqual({ kind: 'start', start_source: 'command' });
  });

  it('is the clone of a submodule and of a clone whose folder is elsewhere: a file is not yet a worktree', () => {
    const base = temporary();
    const origin = join(base, 'origin');
    mkdirSync(origin);
    git(origin, 'init', '-q');
    git(origin, 'commit', '-q', '--allow-empty', '-m', 'one');
    git(base, 'clone', '-q', '--separate-git-dir', join(base, 'elsewhere'), origin, 'apart');
    git(base, 'clone', '-q', origin, 'super');
    git(join(base, 'super'), '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', origin, 'sub');
    for (const root of [join(base, 'apart'), join(base, 'super', 'sub')]) {
      expect(episodeStart(root, Date.now()), root).toMatchObject({ kind: 'start', start_source: 'reflog' });
      git(root, 'commit', '-q', '--allow-empty', '-m', 'two');
      expect(firstCommitTime(root, 0), root).toBeDefined();
    }
    git(join(base, 'super', 'sub'), 'worktree', 'add', '-q', join(base, 'tree'));
    expect(episodeStart(join(base, 'tree'), Date.now())).toEqual({ kind: 'worktree' });
  });

  it('is the command without git, and with a reflog that tells nothing', () => {
    const root = temporary();
    expect(episodeStart(root, Date.now())).toEqual({ kind: 'start', start_source: 'command' });
    mkdirSync(join(root, '.git', 'logs'), { recursive: true });
    writeFileSync(join(root, '.git', 'logs', 'HEAD'), 'garbage');
    expect(episodeStart(root, Date.now())).toEqual({ kind: 'start', start_source: 'command' });
    expect(cloneTime(`${'1'.repeat(40)} ${'2'.repeat(40)} A <a> 1700000000 +0000\tclone: from x\n`)).toBeUndefined();
    expect(cloneTime(`${'0'.repeat(40)} ${'2'.repeat(40)} A> <a> 1700000000 +0000\tclone: from x\n`)).toBe(
      1_700_000_000_000,
    );
  });
});

describe('recording runs', () => {
  let state: string;
  let root: string;
  beforeEach(() => {
    state = join(temporary(), 'w');
    root = temporary('a-person-and-a-path-');
  });
  const finished = (more: Partial<FinishedRun>): FinishedRun => ({
    run: 'r1',
    started: now(),
    onboarding: { root },
    parts: parts(1.5, 0.5),
    steps: [{ id: 'uv', status: 'done', ms: 1500 }],
    exit: 0,
    ready: false,
    ...more,
  });

  it('opens an episode with the first run and completes it with the first ready one', async () => {
    const ledger = openLedger(state);
    const first = finished({ exit: 3, blockedOn: 'secret' });
    await recordStart(ledger, first);
    expect(await recordRun(ledger, first)).toBeUndefined();
    const done = await recordRun(ledger, finished({ run: 'r2', ready: true }));
    expect(done).toMatchObject({ machine: 3, prompt: 1, runs: 2 });
    if (!done) throw new Error('not completed');
    expect(done.machine + done.prompt + done.blocked + done.away).toBeCloseTo(done.elapsed, 3);
    expect(await recordRun(ledger, finished({ run: 'r3', ready: true }))).toBeUndefined();
    expect(ledger.read().map(({ event }) => event)).toEqual([
      'onboarding_started',
      'run_started',
      'step',
      'run_finished',
      'run_started',
      'step',
      'run_finished',
      'onboarding_completed',
      'run_started',
      'step',
      'run_finished',
    ]);
  });

  it('records a run of CI, an agent or a worktree, but opens and completes nothing', async () => {
    const ledger = openLedger(state);
    expect(await recordRun(ledger, finished({ onboarding: undefined, ready: true }))).toBeUndefined();
    writeFileSync(join(root, '.git'), 'gitdir: elsewhere/worktrees/x\n');
    expect(await recordRun(ledger, finished({ run: 'r2', ready: true }))).toBeUndefined();
    expect(ledger.read().some(({ event }) => event.startsWith('onboarding'))).toBe(false);
    expect(ledger.read().filter(({ event }) => event === 'run_finished')).toHaveLength(2);
  });

  it('holds nothing of the person, the host or the path', async () => {
    const ledger = openLedger(state);
    await recordRun(ledger, finished({ ready: true }));
    const text = JSON.stringify(ledger.read());
    for (const trace of [root, 'a-person', process.env['USER'] || 'no-user', hostname()]) {
      expect(text).not.toContain(trace);
    }
  });
});
