import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { episodeOf } from '../../../src/onboarding/episode.ts';
import { openLedger, parseLedger } from '../../../src/onboarding/ledger.ts';
import { temporary } from '../../support/tools.ts';

const DAY = 86_400_000;

/** A ledger whose records are so many days old. */
function ledgerOf(...records: (readonly [days: number, record: Record<string, unknown>])[]) {
  const state = join(temporary(), 'state');
  mkdirSync(state, { mode: 0o700 });
  const lines = records.map(([days, record], i) =>
    JSON.stringify({ schema: 2, seq: i + 1, wall: Date.now() - days * DAY, mono: '1', boot: '', ...record }),
  );
  const ledger = openLedger(state);
  writeFileSync(ledger.path, `${lines.join('\n')}\n`, { mode: 0o600 });
  return ledger;
}
const run = (name: string) => ({ event: 'run_started', run: name });
const begun = { event: 'onboarding_started', episode: 'e', start_source: 'command' };
const append = (ledger: ReturnType<typeof ledgerOf>) =>
  ledger.append(read => {
    read();
    return [{ event: 'run_started', run: 'now' }];
  });
const runs = (ledger: ReturnType<typeof ledgerOf>) =>
  ledger.read().flatMap(record => (record.event === 'run_started' ? [record.run] : []));

describe('records', () => {
  it('are let go after a year, a month at a time; the onboarding stays, and the count goes on', async () => {
    const ledger = ledgerOf([500, begun], [400, run('old')], [370, run('older than a year')], [300, run('young')]);
    await append(ledger);
    expect(runs(ledger)).toEqual(['young', 'now']);
    expect(episodeOf(ledger.read())?.id).toBe('e');
    expect(ledger.read().at(-1)?.seq).toBe(5);
    expect(statSync(ledger.path).mode & 0o777).toBe(0o600);
    const before = readFileSync(ledger.path, 'utf8');
    await append(ledger);
    expect(readFileSync(ledger.path, 'utf8').startsWith(before)).toBe(true);
  });

  it('stay while less than a month is over a year, and when the clock has jumped by a year', async () => {
    const young = ledgerOf([390, run('a')], [1, run('b')]);
    await append(young);
    expect(runs(young)).toEqual(['a', 'b', 'now']);
    const jumped = ledgerOf([900, run('a')], [800, run('b')]);
    await append(jumped);
    expect(runs(jumped)).toEqual(['a', 'b', 'now']);
    // Also when more than one run was recorded meanwhile, until it has gone on like that for a month.
    await append(jumped);
    expect(runs(jumped)).toEqual(['a', 'b', 'now', 'now']);
    const back = ledgerOf([900, run('a')], [40, run('b')], [1, run('c')]);
    await append(back);
    expect(runs(back)).toEqual(['b', 'c', 'now']);
    // A clock that was ahead and was set right is right again.
    const ahead = ledgerOf([410, run('a')], [380, run('b')], [-800, run('wrong')], [200, run('c')]);
    await append(ahead);
    expect(runs(ahead)).toEqual(['wrong', 'c', 'now']);
  });

  it('of a later schema are kept as they are', async () => {
    const ledger = ledgerOf([400, run('old')], [200, { ...run('later'), schema: 9 }], [200, run('young')]);
    await append(ledger);
    expect(readFileSync(ledger.path, 'utf8')).toContain('"schema":9');
    expect(runs(ledger)).toEqual(['young', 'now']);
  });
});

describe('records of the first schema', () => {
  it('are read as those of today', () => {
    const old = { schema: 1, seq: 1, wall: 1, mono: '1', boot: '' };
    const parts = { elapsed: 30, machine: 20, prompt: 10, rework: 0, clock_suspect: false };
    const text = [
      { ...old, event: 'run_finished', run: 'r', exit: 0, ...parts },
      { ...old, event: 'run_finished', run: 's', exit: 0, ...parts, asked: 25 },
      { ...old, event: 'run_started', run: 't' },
      { ...old, schema: 0, event: 'run_started', run: 'u' },
    ].map(record => JSON.stringify(record));
    const records = parseLedger(text.join('\n'));
    expect(records).toMatchObject([{ asked: 10, schema: 2 }, { asked: 25 }, { run: 't', schema: 2 }]);
    expect(records[2]).not.toHaveProperty('asked');
  });
});
