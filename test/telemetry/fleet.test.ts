import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Listener } from '../../src/core/events.ts';
import { writeExport } from '../../src/onboarding/export.ts';
import { parseLedger } from '../../src/onboarding/ledger.ts';
import { samplesOf } from '../../src/onboarding/samples.ts';
import { quantile } from '../../src/onboarding/statistics.ts';
import { encodeSpans } from '../../src/telemetry/export.ts';
import { RunTrace } from '../../src/telemetry/run-trace.ts';
import { sendBatch } from '../../src/telemetry/send.ts';
import { Machine } from '../support/machine.ts';
import { Services, until } from '../support/telemetry-services.ts';
import { spansIn } from '../support/telling.ts';
import { temporary } from '../support/tools.ts';
import { AT, ledgerOf, WORKED_MONTH } from '../support/worked-month.ts';

/** `FLEET=10` measures ten times as much, for the figures of docs/fleet.md. */
const SCALE = Number(process.env['FLEET'] ?? 1);
const JOBS = 2000 * SCALE;
const MACHINES = 1000 * SCALE;
/** Jobs that send at the same moment. */
const AT_ONCE = 16;

const services = new Services();
afterAll(() => services.stop());

/** Peak memory of a process so far, MB. */
const peak = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1024;

const STEPS = ['uv', 'python', 'prefect', 'secrets', 'telemetry', 'env', 'tasks', 'readiness'] as const;

/** The trace of one CI job, as it is sent at its end. */
function job(): string {
  const trace = new RunTrace({});
  const listen: Listener = trace.listen;
  for (const step of STEPS) {
    listen({ type: 'step-started', step } as Parameters<Listener>[0]);
    listen({ type: 'step-finished', step, status: 'done' } as Parameters<Listener>[0]);
  }
  return encodeSpans(trace.finish(0), { instance: undefined, version: '1.0.0', platform: 'linux' });
}

describe('one Collector for many', () => {
  it(`takes ${JOBS} CI jobs as they come, and loses none`, async () => {
    const collector = await services.collector();
    const before = peak(collector.pid);
    const bodies = Array.from({ length: JOBS }, job);
    const started = performance.now();
    let next = 0;
    let delivered = 0;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
          const route = {
            endpoint: collector.endpoint,
            token: undefined,
            env: {},
            signal: AbortSignal.timeout(30_000),
          };
          if ((await sendBatch('traces', body, route)).kind === 'delivered') delivered += 1;
        }
      }),
    );
    const seconds = (performance.now() - started) / 1000;
    expect(delivered).toBe(JOBS);
    const traces = await until(
      () => {
        const seen = new Set(spansIn(collector.lines()).map(({ traceId }) => traceId));
        return seen.size >= JOBS ? seen : undefined;
      },
      'all jobs',
      60_000,
    );
    expect(traces.size).toBe(JOBS);
    expect(spansIn(collector.lines())).toHaveLength(JOBS * (STEPS.length + 1));
    const memory = peak(collector.pid);
    expect(memory).toBeLessThan(before + 200);
    const rate = Math.round(JOBS / seconds);
    console.info(`${JOBS} jobs at ${rate} a second, none lost, ${Math.round(memory)} MB at most`);
  });
});

describe('exports of many machines', () => {
  it(`${MACHINES} of them are merged into the figures that they are made of`, () => {
    const folder = temporary('hb-exports-');
    const samples = temporary('hb-samples-');
    const at = { wall: AT, mono: '1', boot: '' };
    const texts = WORKED_MONTH.map((worked, i) => {
      const records = parseLedger(ledgerOf(worked, `e${i}`).join('\n'));
      const [name = ''] = writeExport(join(samples, `${i}`), samples, samplesOf(records, at, 'own'), ['qa']);
      return { id: name.replace('.jsonl', ''), text: readFileSync(join(samples, name), 'utf8') };
    });
    mkdirSync(folder, { recursive: true });
    for (let i = 0; i < MACHINES; i++) {
      const { id, text } = texts[i % texts.length] ?? { id: '', text: '' };
      const own = randomUUID();
      writeFileSync(join(folder, `${own}.jsonl`), text.replaceAll(id, own));
    }
    const machine = new Machine();
    const started = performance.now();
    const done = machine.run(machine.home, ['report', '--from', folder, '--month', '2026-11', '--json']);
    const seconds = (performance.now() - started) / 1000;
    expect(done.code, done.stderr).toBe(0);
    const report = JSON.parse(done.stdout) as {
      installs: number;
      metrics: { name: string; months: { n: number; median: number }[] }[];
    };
    expect(report.installs).toBe(MACHINES);
    const waits = Array.from({ length: MACHINES }, (_, i) => WORKED_MONTH[i % WORKED_MONTH.length]?.qa ?? [])
      .flat()
      .filter(([, exit]) => exit !== 130)
      .map(([wait]) => wait)
      .sort((a, b) => a - b);
    const qa = report.metrics.find(({ name }) => name === 'qa')?.months.at(-1);
    expect(qa?.n).toBe(waits.length);
    expect(qa?.median).toBeCloseTo(quantile(waits, 0.5), 6);
    expect(seconds).toBeLessThan(20 * Math.max(1, SCALE / 4));
    console.info(`${MACHINES} exports in ${seconds.toFixed(1)} s`);
  });
});
