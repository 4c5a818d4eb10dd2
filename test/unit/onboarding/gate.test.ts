import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commitTime, firstCommitTime } from '../../../src/onboarding/clone.ts';
import { episodeOf } from '../../../src/onboarding/episode.ts';
import type { LedgerEvent } from '../../../src/onboarding/events.ts';
import { callerOf, type FinishedGate, recordGate } from '../../../src/onboarding/gate.ts';
import { type Ledger, openLedger } from '../../../src/onboarding/ledger.ts';
import { recordAbandoned, recordRun } from '../../../src/onboarding/record.ts';
import { samplesOf } from '../../../src/onboarding/samples.ts';
import { now } from '../../../src/system/clock.ts';
import { temporary } from '../../support/tools.ts';

const NOW = Date.now();
const moment = (seconds: number, mono = seconds) => ({
  wall: NOW + seconds * 1000,
  mono: String(BigInt(Math.round((mono + 1000) * 1e9))),
  boot: 'b',
});

async function ledgerWith(...events: LedgerEvent[]): Promise<Ledger> {
  const ledger = openLedger(join(temporary(), 'state'));
  await ledger.append(() => events.map(event => ({ ...event, at: moment(-3600) })));
  return ledger;
}
const started: LedgerEvent = { event: 'onboarding_started', episode: 'e', start_source: 'command' };
const gate = (exit: number, name = 'qa'): FinishedGate => ({
  name,
  started: moment(0),
  exit,
  caller: 'person',
  root: temporary(),
});
const gates = (ledger: Ledger) =>
  ledger.read().flatMap(record => (record.event === 'gate' ? [[record.name, record.exit, record.attempt]] : []));

describe('a measured command', () => {
  it('is recorded with its duration, status and attempt; the count begins anew after it passed', async () => {
    const ledger = await ledgerWith();
    for (const [exit, name] of [
      [1, 'qa'],
      [2, 'docs'],
      [1, 'qa'],
      [0, 'qa'],
      [3, 'qa'],
    ] as const) {
      await recordGate(ledger, gate(exit, name), moment(90.5));
    }
    expect(gates(ledger)).toEqual([
      ['qa', 1, 1],
      ['docs', 2, 1],
      ['qa', 1, 2],
      ['qa', 0, 3],
      ['qa', 3, 1],
    ]);
    expect(ledger.read()[0]).toMatchObject({ event: 'gate', seconds: 90.5, clock_suspect: false, caller: 'person' });
  });

  it.each([
    ['a suspend', moment(600, 90)],
    ['a clock that was set back', moment(-600, 90)],
  ])('is suspect after %s, and keeps the time of the clock that nobody sets', async (_, end) => {
    const ledger = await ledgerWith();
    await recordGate(ledger, gate(0), end);
    expect(ledger.read()[0]).toMatchObject({ seconds: 90, clock_suspect: true });
  });

  it('is the first green QA once, from the start of the onboarding', async () => {
    const ledger = await ledgerWith(started);
    for (const [exit, name] of [
      [1, 'qa'],
      [0, 'docs'],
      [0, 'qa'],
      [0, 'qa'],
    ] as const) {
      await recordGate(ledger, gate(exit, name), moment(60));
    }
    const milestones = ledger.read().filter(({ event }) => event === 'milestone');
    expect(milestones).toMatchObject([{ name: 'first_green_qa', episode: 'e', elapsed: 3660 }]);
  });

  it.each(['ci', 'agent', 'test'] as const)('of %s is no milestone, and nobody waited for it', async caller => {
    const ledger = await ledgerWith(started);
    await recordGate(ledger, { ...gate(0), caller }, moment(60));
    expect(ledger.read().some(({ event }) => event === 'milestone')).toBe(false);
    expect(samplesOf(ledger.read(), moment(100), 'i').map(({ kind }) => kind)).toEqual(['episode']);
  });

  it('knows who started it', () => {
    expect(callerOf({ ci: true, agent: true, env: {} })).toBe('ci');
    expect(callerOf({ ci: false, agent: true, env: {} })).toBe('agent');
    expect(callerOf({ ci: false, agent: false, env: { HOTPASS_BOOTSTRAP_TEST: '1' } })).toBe('test');
    expect(callerOf({ ci: false, agent: false, env: { HOTPASS_BOOTSTRAP_TEST: '0' } })).toBe('person');
  });
});

describe('the first commit', () => {
  const git = (root: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=N', '-c', 'user.email=n@example.com', ...args], { cwd: root });

  it('is read from a real repository, and from no earlier time', async () => {
    const root = temporary();
    git(root, 'init', '-q');
    expect(firstCommitTime(root, 0)).toBeUndefined();
    git(root, 'commit', '-q', '--allow-empty', '-m', 'one');
    const time = firstCommitTime(root, 0);
    expect(Math.abs((time ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(firstCommitTime(root, Date.now() + 60_000)).toBeUndefined();
    const ledger = await ledgerWith(started);
    await recordGate(ledger, { ...gate(1), root }, now());
    await recordGate(ledger, { ...gate(1), root }, now());
    const names = ledger.read().flatMap(record => (record.event === 'milestone' ? [record.name] : []));
    expect(names).toEqual(['first_commit']);
  });

  it('is no amended commit, no clone and no pull, and none of a worktree', () => {
    const line = (what: string, seconds = 1_760_000_000) =>
      `${'0'.repeat(40)} ${'a'.repeat(40)} N <n@e> ${seconds} +0200\t${what}\n`;
    expect(
      commitTime(['clone: from x', 'pull: x', 'commit (amend): x', 'checkout: x'].map(what => line(what)).join(''), 0),
    ).toBeUndefined();
    expect(commitTime(line('clone: from x') + line('commit (initial): x', 1_760_000_005), 0)).toBe(1_760_000_005_000);
    const root = temporary();
    writeFileSync(join(root, '.git'), 'gitdir: elsewhere\n');
    expect(firstCommitTime(root, 0)).toBeUndefined();
  });
});

describe('giving up', () => {
  const run = (root: string) => ({
    run: 'r',
    started: now(),
    onboarding: { root, cohort: 'returning' as const },
    parts: { elapsed: 1, machine: 1, prompt: 0, asked: 0, rework: 0, clock_suspect: false },
    steps: [],
    exit: 0,
  });

  it('is recorded once, and a run in which everything is in order takes it back', async () => {
    const root = join(temporary(), 'w');
    mkdirSync(root);
    const ledger = await ledgerWith();
    expect(await recordAbandoned(ledger, 'access')).toBe(false);
    await recordRun(ledger, { ...run(root), exit: 3, ready: false, blockedOn: 'access' });
    expect(episodeOf(ledger.read())).toMatchObject({ state: 'open', cohort: 'returning' });
    expect(await recordAbandoned(ledger, 'access')).toBe(true);
    expect(await recordAbandoned(ledger, 'access')).toBe(false);
    expect(episodeOf(ledger.read())?.state).toBe('abandoned');
    expect(samplesOf(ledger.read(), now(), 'i')[0]).toMatchObject({ state: 'abandoned', blocked_on: null });
    // What is tried afterwards without success is no part of it, and makes no doubtful clock of it.
    const before = samplesOf(ledger.read(), now(), 'i')[0];
    await recordRun(ledger, { ...run(root), run: 'later', exit: 1, ready: false });
    expect(samplesOf(ledger.read(), now(), 'i')[0]).toEqual(before);
    expect(before?.clock_suspect).toBe(false);
    expect(await recordRun(ledger, { ...run(root), run: 's', ready: true })).toBeDefined();
    expect(episodeOf(ledger.read())?.state).toBe('completed');
  });

  it('a cohort that is told later is that of the episode', async () => {
    const ledger = await ledgerWith(started);
    await recordRun(ledger, { ...run(temporary()), ready: false });
    expect(episodeOf(ledger.read())?.cohort).toBe('returning');
  });
});
