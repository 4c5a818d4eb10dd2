import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readExports, writeExport } from '../../../src/onboarding/export.ts';
import { parseLedger } from '../../../src/onboarding/ledger.ts';
import { reportOf } from '../../../src/onboarding/report.ts';
import { type Sample, samplesOf } from '../../../src/onboarding/samples.ts';
import { temporary } from '../../support/tools.ts';
import { AT, ledgerOf, WORKED_MONTH } from '../../support/worked-month.ts';

const samplesFor = (i: number): Sample[] => {
  const worked = WORKED_MONTH[i];
  if (!worked) throw new Error(`no episode ${i}`);
  return samplesOf(
    parseLedger(ledgerOf(worked, `secret-episode-${i}`).join('\n')),
    { wall: AT, mono: '1', boot: 'b' },
    'own',
  );
};
const options = { month: '2026-11', asOf: '2026-11-30', workspace: null, own: false, baselines: {}, targets: {} };

describe('the anonymous exports', () => {
  it('of many machines give the figures of their ledgers', () => {
    const folder = temporary();
    for (const i of WORKED_MONTH.keys()) writeExport(temporary(), folder, samplesFor(i), ['qa']);
    const { samples, files, unreadable } = readExports(folder);
    expect([files, unreadable]).toEqual([WORKED_MONTH.length, 0]);
    const direct = [...WORKED_MONTH.keys()].flatMap(i =>
      samplesFor(i).map(sample => ({ ...sample, install: `i${i}` })),
    );
    const [merged, known] = [reportOf(samples, options), reportOf(direct, options)];
    expect(merged.metrics).toEqual(known.metrics);
    expect(merged.installs).toBe(WORKED_MONTH.length);
    for (const [i, { seconds }] of known.blocked.entries()) {
      // Durations are whole seconds, of what is still open as well.
      expect(Math.abs((merged.blocked[i]?.seconds ?? 0) - seconds)).toBeLessThan(WORKED_MONTH.length);
    }
  });

  it('say nothing of anybody: no user, host, path, episode, run, boot or time of day', () => {
    const [state, folder] = [temporary(), temporary()];
    const samples = samplesFor(6);
    writeExport(state, folder, [...samples, { ...gateOf(samples), name: 'fix-for-bob' }], ['qa']);
    const text = readdirSync(folder)
      .map(name => name + readFileSync(join(folder, name), 'utf8'))
      .join('\n');
    for (const word of [userInfo().username, hostname(), state, folder, 'secret-episode', 'bob', '"own"', 'boot']) {
      expect(text).not.toContain(word);
    }
    expect(text).not.toMatch(/\d{4}-\d{2}-\d{2}|\d{12,}(?!.{0,40}\.jsonl)|\d\d:\d\d|\//);
    const keys = text.split('\n').flatMap(line => [...line.matchAll(/"(\w+)":/g)].map(([, key]) => key));
    expect([...new Set(keys)].sort()).toEqual(
      [
        ...['attempt', 'away', 'blocked', 'blocked_by', 'blocked_on', 'clock_suspect', 'cohort', 'elapsed', 'exit'],
        ...['first_green_qa', 'install', 'kind', 'machine', 'milestones', 'month', 'name', 'open_at', 'parts'],
        ...['prompt', 'rework', 'schema', 'seconds', 'secret', 'state'],
      ].sort(),
    );
  });

  it('of one install have an id of the quarter: written again they replace themselves, and quarters cannot be linked', () => {
    const [state, folder] = [temporary(), temporary()];
    const samples = samplesFor(0);
    const earlier = { ...gateOf(samples), month: '2026-08' };
    const first = writeExport(state, folder, [...samples, earlier], ['qa']);
    expect(first).toHaveLength(2);
    expect(writeExport(state, folder, [...samples, earlier], ['qa'])).toEqual(first);
    expect(readdirSync(folder).sort()).toEqual([...first].sort());
    // An onboarding of years ago and a year of commands, at the worst point of a month: still each once.
    const long = ['2024-02', '2025-12', '2026-03', '2026-06', '2026-09', '2026-12', '2027-01'];
    const old = long.map(month => ({ ...gateOf(samples), month }));
    const [place, again] = [temporary(), temporary()];
    const names = [writeExport(place, again, old, ['qa']), writeExport(place, again, old, ['qa'])];
    expect(names[1]).toEqual(names[0]);
    expect(readdirSync(again)).toHaveLength(long.length);
    // A copy counts once.
    writeFileSync(join(folder, 'copy.jsonl'), readFileSync(join(folder, first[0] ?? '')));
    expect(readExports(folder).samples).toHaveLength(samples.length + 1);
  });

  it.each([
    ['no JSON', 'x'],
    ['another kind', '{"schema":1,"kind":"note"}'],
    ['a later schema', '{"schema":2,"kind":"gate"}'],
    ['a name that is none', JSON.stringify({ ...{ schema: 1 }, ...gateOf(samplesFor(0)), install: ID(), name: '<b>' })],
    ['a duration below zero', JSON.stringify({ schema: 1, ...gateOf(samplesFor(0)), install: ID(), seconds: -1 })],
    ['an id that is a path', JSON.stringify({ schema: 1, ...gateOf(samplesFor(0)), install: '../../x' })],
  ])('that hold %s are left out and counted', (_, line) => {
    const folder = temporary();
    writeExport(temporary(), folder, samplesFor(0), ['qa']);
    writeFileSync(join(folder, 'bad.jsonl'), `${line}\n`);
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'notes.txt'), 'x');
    expect(readExports(folder)).toMatchObject({ files: 2, unreadable: 1 });
    expect(readExports(folder).samples).toHaveLength(samplesFor(0).length);
  });

  it('never make the report fall over, whatever a file holds', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (junk, value) => {
        const folder = temporary();
        writeFileSync(join(folder, 'a.jsonl'), junk);
        writeFileSync(join(folder, 'b.jsonl'), JSON.stringify(value));
        expect(() => reportOf(readExports(folder).samples, options)).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });
});

function gateOf(samples: readonly Sample[]) {
  const gate = samples.find(sample => sample.kind === 'gate');
  if (gate?.kind !== 'gate') throw new Error('no measured command');
  return gate;
}

function ID(): string {
  return '00000000-0000-4000-8000-000000000000';
}
