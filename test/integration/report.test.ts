import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseLedger } from '../../src/onboarding/ledger.ts';
import { reportOf } from '../../src/onboarding/report.ts';
import { samplesOf } from '../../src/onboarding/samples.ts';
import { type Duration, medianInterval, quantile, survival } from '../../src/onboarding/statistics.ts';
import { emptyHome, repository, temporary, uvPath } from '../support/tools.ts';
import { AT, ledgerOf, setBack, WORKED_MONTH, writeLedger } from '../support/worked-month.ts';

/** The same numbers each time, between 0 and 1 (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const next = numbers(7);
/** Durations as they are found: many short ones, few long ones, some alike. */
const duration = (): number => Math.ceil(Math.exp(6 + 2 * (next() + next() + next() - 1.5)));
const complete = [6, 7, 9, 10, 12, 28, 29, 100, 1000, 2500].map(n => Array.from({ length: n }, duration));
const censored: Duration[][] = [6, 9, 17, 40, 300].map(n =>
  Array.from({ length: n }, () => ({ seconds: duration(), ended: next() < 0.7 })),
);

interface Answers {
  type8: [number, number][];
  interval: [number, number][];
  survival: [number, number, number | null, number | null][][];
  sql: Record<string, number | string | null>[];
}

/** The worked month, and one that is open, whose clock was set back between two runs that waited for nothing. */
const LEDGERS = WORKED_MONTH.map((worked, i) => ledgerOf(worked, `e${i}`));
const twice = [0, 3600].flatMap((after, times) =>
  ledgerOf({ day: 20, cohort: 'new' }, 'e-back')
    .slice(times)
    .map((line, i) => {
      const { blocked_on, ...record } = JSON.parse(line) as { wall: number; mono: string; blocked_on?: string };
      const mono = String(BigInt(record.mono) + BigInt(after) * 1_000_000_000n);
      return JSON.stringify({ ...record, seq: times * 10 + i + 1, wall: record.wall + after * 1000, mono });
    }),
);
LEDGERS.push(setBack(twice, 4));

const folder = temporary();
let answers: Answers;

beforeAll(() => {
  for (const [i, lines] of LEDGERS.entries()) {
    // A crash tore the end off; DuckDB must not fall over it.
    writeLedger(join(folder, `w-${i}`, 'ledger.jsonl'), [...lines, '{"schema":2,"se']);
  }
  const packages = ['--with', 'duckdb==2.0.1', '--with', 'scipy==1.17.1'];
  const args = ['run', '--no-project', '--no-config', ...packages, 'python'];
  const input = JSON.stringify({
    complete,
    censored,
    sql: join(repository, 'templates', 'report.sql'),
    ledger: join(folder, '*', 'ledger.jsonl'),
    month: '2026-11',
    looked_at: AT,
  });
  const oracle = spawnSync(uvPath(), [...args, join(repository, 'test', 'fixtures', 'report-oracle.py')], {
    cwd: folder,
    env: emptyHome(folder),
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (oracle.status !== 0) throw new Error(oracle.stderr);
  answers = JSON.parse(oracle.stdout) as Answers;
});

describe('our statistics', () => {
  it('have the quantiles of type 8 of numpy', () => {
    for (const [i, xs] of complete.entries()) {
      const sorted = [...xs].sort((a, b) => a - b);
      expect(quantile(sorted, 0.5)).toBeCloseTo(answers.type8[i]?.[0] ?? -1, 6);
      expect(quantile(sorted, 0.9)).toBeCloseTo(answers.type8[i]?.[1] ?? -1, 6);
    }
  });

  it('have the interval of the median of scipy', () => {
    for (const [i, xs] of complete.entries()) {
      const { low, high } = medianInterval([...xs].sort((a, b) => a - b)) ?? {};
      expect([low, high], `n = ${xs.length}`).toEqual(answers.interval[i]);
    }
  });

  it('have the Kaplan–Meier curve of scipy and its band', () => {
    for (const [i, durations] of censored.entries()) {
      const known = answers.survival[i] ?? [];
      const ours = survival(durations);
      expect(ours.map(({ seconds }) => seconds)).toEqual(known.map(([seconds]) => seconds));
      for (const [at, step] of ours.entries()) {
        const [, share = -1, low, high] = known[at] ?? [];
        expect(step.share).toBeCloseTo(share, 9);
        // Of a share of nothing scipy says no band.
        if (low !== null && share > 0) expect(step.low).toBeCloseTo(low ?? -1, 9);
        if (high !== null && share > 0) expect(step.high).toBeCloseTo(high ?? -1, 9);
      }
    }
  });
});

describe('report.sql', () => {
  it('says in DuckDB of the ledgers what the report says, torn lines or not', () => {
    const samples = LEDGERS.flatMap((lines, i) =>
      samplesOf(parseLedger(lines.join('\n')), { wall: AT, mono: '1', boot: '' }, `i${i}`),
    );
    expect(samples.filter(({ kind, clock_suspect }) => kind === 'episode' && clock_suspect)).toHaveLength(2);
    // As of one's own: nothing is hidden, as in the SQL.
    const options = { month: '2026-11', asOf: '2026-11-30', workspace: null, own: true, baselines: {}, targets: {} };
    const ours = reportOf(samples, options).metrics.map(({ name, months }) => ({ name, ...months.at(-1) }));
    expect(answers.sql.map(({ metric }) => metric).sort()).toEqual(ours.map(({ name }) => name).sort());
    for (const { name, n, open, median, low, high, p90, estimator } of ours) {
      const row = answers.sql.find(({ metric }) => metric === name) ?? {};
      expect(row, name).toMatchObject({ n, open, estimator });
      for (const [column, value] of Object.entries({ median, low, high, p90 })) {
        if (value === null) expect(row[column], `${name} ${column}`).toBeNull();
        else expect(row[column], `${name} ${column}`).toBeCloseTo(value ?? -1, 3);
      }
    }
  });
});

describe('a ledger with 100,000 events', () => {
  it('is reported in two seconds and 200 MB, and twice as many cost about twice as much', async () => {
    const file = join(folder, 'probe.ts');
    writeFileSync(
      file,
      `import { openLedger } from ${JSON.stringify(join(repository, 'src/onboarding/ledger.ts'))};
       import { reportOf } from ${JSON.stringify(join(repository, 'src/onboarding/report.ts'))};
       import { htmlOf } from ${JSON.stringify(join(repository, 'src/onboarding/report-html.ts'))};
       import { samplesOf } from ${JSON.stringify(join(repository, 'src/onboarding/samples.ts'))};
       const begin = process.cpuUsage();
       const at = { wall: ${AT}, mono: '1', boot: '' };
       const samples = samplesOf(openLedger(process.argv[2]).read(), at, 'own');
       const options = { month: '2026-11', asOf: '2026-11-30', workspace: null, own: true, baselines: {}, targets: {} };
       const html = htmlOf(reportOf(samples, options));
       const { user, system } = process.cpuUsage(begin);
       console.log(JSON.stringify({ seconds: (user + system) / 1e6, mb: process.resourceUsage().maxRSS / 1024, samples: samples.length, html: html.length }));`,
    );
    const probe = join(folder, 'probe.mjs');
    await build({
      entryPoints: [file],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: probe,
      logLevel: 'error',
    });
    const measured = [50_000, 100_000].map(events => {
      const state = join(folder, `many-${events}`);
      const gate = {
        schema: 2,
        mono: '1',
        boot: 'b',
        event: 'gate',
        name: 'qa',
        exit: 0,
        attempt: 1,
        caller: 'person',
        clock_suspect: false,
      };
      const lines = Array.from({ length: events }, (_, i) =>
        JSON.stringify({ ...gate, seq: i + 1, wall: AT - (events - i) * 200_000, seconds: 60 + (i % 997) }),
      );
      writeLedger(join(state, 'ledger.jsonl'), lines);
      const result = spawnSync(process.execPath, [probe, state], { encoding: 'utf8' });
      return JSON.parse(result.stdout) as { seconds: number; mb: number; samples: number };
    });
    const [half, whole] = measured;
    expect(whole?.samples).toBe(100_000);
    expect(whole?.seconds).toBeLessThan(2);
    expect(whole?.mb).toBeLessThan(200);
    expect((whole?.seconds ?? 9) / (half?.seconds ?? 1)).toBeLessThan(3);
  });
});
