import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseLedger } from '../../src/onboarding/ledger.ts';
import { type Report, reportOf } from '../../src/onboarding/report.ts';
import { samplesOf } from '../../src/onboarding/samples.ts';
import { encodeMetrics, encodeSpans, type Sender } from '../../src/telemetry/export.ts';
import { metricsOf } from '../../src/telemetry/metrics.ts';
import { BOUNDS, METRICS } from '../../src/telemetry/names.ts';
import { RunTrace } from '../../src/telemetry/run-trace.ts';
import { type Sent, sendBatch } from '../../src/telemetry/send.ts';
import { blocks, read } from '../support/pages.ts';
import { Services, service, until } from '../support/telemetry-services.ts';
import { repository, temporary } from '../support/tools.ts';
import { AT, ledgerOf, WORKED_MONTH } from '../support/worked-month.ts';

const at = { wall: AT, mono: '0', boot: 'report' };
/** Three teams that had the same month: enough installs for what is hidden below five of them. */
const installs = [1, 2, 3].flatMap(team =>
  WORKED_MONTH.map((worked, i) => {
    const id = `team${team}-${i}`;
    return { id, records: parseLedger(ledgerOf(worked, id).join('\n')) };
  }),
);
const rules = join(repository, 'templates', 'prometheus-rules.yml');

const services = new Services();
let prometheus: Awaited<ReturnType<Services['prometheus']>>;
let collector: Awaited<ReturnType<Services['collector']>>;
let report: Report;
afterAll(() => services.stop());

const sender = (instance: string): Sender => ({ instance, version: '1.0.0', platform: 'linux' });
const send = (body: string, endpoint: string): Promise<Sent> =>
  sendBatch('metrics', body, { endpoint, token: undefined, env: {}, signal: AbortSignal.timeout(10_000) });

/** What an install tells now of its ledger. */
function told(id: string, moment = Date.now()): string {
  const records = installs.find(install => install.id === id)?.records ?? [];
  return encodeMetrics(metricsOf(records, 0, at, ['qa']), sender(id), moment - 60_000, moment);
}

async function only(text: string): Promise<number> {
  const found = await prometheus.query(text);
  expect(found, text).toHaveLength(1);
  return found[0]?.value ?? Number.NaN;
}

async function by(text: string, label: string): Promise<Record<string, number>> {
  const found = await prometheus.query(text);
  return Object.fromEntries(found.map(({ labels, value }) => [labels[label] ?? '', value]));
}

const DONE = 'bootstrap_onboarding_duration_seconds';

beforeAll(async () => {
  prometheus = await services.prometheus([rules]);
  collector = await services.collector({ prometheus: prometheus.port });
  for (const { id } of installs) expect(await send(told(id), collector.endpoint)).toMatchObject({ kind: 'delivered' });
  // What was told once more says nothing new.
  for (const { id } of installs.slice(0, 5)) await send(told(id), collector.endpoint);
  const samples = installs.flatMap(({ id, records }) => samplesOf(records, at, id));
  const asked = { month: '2026-11', asOf: '2026-11-30', workspace: 'w', baselines: {}, targets: {} };
  report = reportOf(samples, { ...asked, own: false });
  await until(async () => {
    const found = await prometheus.query('count(count by (instance) ({job="hotpass-bootstrap"}))');
    return found[0]?.value === installs.length ? true : undefined;
  }, 'all installs');
});

describe('Prometheus and the report agree on', () => {
  const figure = (name: string) => report.metrics.find(metric => metric.name === name)?.months.at(-1);

  it('how many onboardings ended, how long all of them took, and how many are open', async () => {
    const sure = installs.flatMap(({ id, records }) =>
      samplesOf(records, at, id).filter(
        sample => sample.kind === 'episode' && sample.state === 'completed' && !sample.clock_suspect,
      ),
    );
    expect(await only(`sum(${DONE}_count)`)).toBe(sure.length);
    const seconds = sure.reduce((sum, sample) => sum + (sample.kind === 'episode' ? sample.elapsed : 0), 0);
    expect(await only(`sum(${DONE}_sum)`)).toBeCloseTo(seconds, 3);
    expect(await only('sum(bootstrap_onboarding_open)')).toBe(report.open?.onboardings);
  });

  it('where their time went, to the second', async () => {
    const parts = await by('sum by (bootstrap_part) (bootstrap_onboarding_part_time_seconds_total)', 'bootstrap_part');
    for (const [part, seconds] of Object.entries(report.parts ?? {})) expect(parts[part]).toBeCloseTo(seconds, 3);
    expect(Object.keys(parts).sort()).toEqual(['away', 'blocked', 'machine', 'prompt', 'rework']);
  });

  it('the median wait for QA, as far as a bucket can tell; what was stopped is in neither', async () => {
    const p50 = figure('qa')?.median ?? Number.NaN;
    const estimate = await only(
      'histogram_quantile(0.5, sum by (le) (bootstrap_gate_duration_seconds_bucket{cicd_pipeline_result!="cancellation"}))',
    );
    const above = BOUNDS.findIndex(bound => p50 <= bound);
    expect(estimate).toBeGreaterThanOrEqual(BOUNDS[above - 1] ?? 0);
    expect(estimate).toBeLessThanOrEqual(BOUNDS[above] ?? Number.POSITIVE_INFINITY);
  });

  it('the share within 90 minutes, exactly, since that is the bound of a bucket', async () => {
    const within = WORKED_MONTH.filter(({ took, suspect }) => took !== undefined && !suspect && took <= 5400).length;
    const all = WORKED_MONTH.filter(({ took, suspect }) => took !== undefined && !suspect).length;
    expect(await only(`sum(${DONE}_bucket{le=~"5400([.]0)?"}) / sum(${DONE}_count)`)).toBeCloseTo(within / all, 9);
  });

  it('names and labels as they are written in the documentation', async () => {
    const names = new Set(
      (await prometheus.query('{job="hotpass-bootstrap"}')).map(({ labels }) => labels['__name__']),
    );
    for (const name of ['bootstrap_runs_total', `${DONE}_bucket`, 'bootstrap_step_duration_seconds_sum']) {
      expect(names).toContain(name);
    }
    const [sample] = await prometheus.query('bootstrap_runs_total');
    expect(Object.keys(sample?.labels ?? {}).sort()).toEqual(
      ['__name__', 'cicd_pipeline_name', 'cicd_pipeline_result', 'instance', 'job', 'os_type', 'service_version']
        .concat(sample?.labels['error_type'] ? ['error_type'] : [])
        .sort(),
    );
  });
});

describe('counts from the ledger', () => {
  it('grow in Prometheus from one telling to the next, though every run is a process of its own', async () => {
    const id = 'team1-0';
    const mine = `sum(bootstrap_gate_duration_seconds_count{instance="growing"})`;
    const records = installs.find(install => install.id === id)?.records ?? [];
    const gates = records.filter(({ event }) => event === 'gate').length;
    for (let n = 1; n <= gates; n++) {
      const known = records.filter((record, i) => record.event !== 'gate' || gatesBefore(records, i) < n);
      const metrics = metricsOf(known, 0, at, ['qa']).filter(({ name }) => name === METRICS.gate);
      const body = encodeMetrics(metrics, sender('growing'), Date.now() - 60_000, Date.now());
      expect(await send(body, collector.endpoint)).toMatchObject({ kind: 'delivered', rejected: 0 });
      await until(async () => ((await prometheus.query(mine))[0]?.value === n ? true : undefined), `${n} measured`);
    }
    expect(gates).toBe(2);
  });

  it('that are too old are refused by Prometheus and not sent again; told anew, the same figures are taken', async () => {
    const direct = `http://127.0.0.1:${prometheus.port}/api/v1/otlp`;
    const old = Date.now() - 40 * 86_400_000;
    expect(await send(told('team1-1', old), direct)).toEqual({ kind: 'dropped', status: 400 });
    expect(await send(told('team1-1'), direct)).toEqual({ kind: 'delivered', rejected: 0 });
  });

  it('Prometheus alone has no place for traces, and they wait', async () => {
    const spans = new RunTrace({}).finish(0);
    const route = { endpoint: `http://127.0.0.1:${prometheus.port}/api/v1/otlp`, token: undefined, env: {} };
    const sent = await sendBatch('traces', encodeSpans(spans, sender('x')), {
      ...route,
      signal: AbortSignal.timeout(10_000),
    });
    expect(sent).toEqual({ kind: 'held', reason: 'path', status: 404 });
  });

  it('wait in the Collector while Prometheus is down, and arrive', async () => {
    const second = await services.prometheus();
    const between = await services.collector({ prometheus: second.port });
    await second.stop();
    expect(await send(told('team1-2'), between.endpoint)).toMatchObject({ kind: 'delivered' });
    const again = await services.prometheus([], second);
    await until(async () => ((await again.query(`${DONE}_count`)).length > 0 ? true : undefined), 'what waited');
  });
});

interface Panel {
  title: string;
  targets: { expr: string }[];
}

describe('what ships for Grafana and Prometheus', () => {
  const text = readFileSync(join(repository, 'templates', 'grafana-dashboard.json'), 'utf8');
  const dashboard = JSON.parse(text) as { panels: Panel[]; templating: { list: { name: string }[] } };
  const ask = (expr: string, cohort = '.*') => expr.replaceAll('$__range', '30d').replaceAll('$cohort', cohort);

  it.each(dashboard.panels.map(({ title, targets }) => [title, targets] as const))(
    'the panel "%s" has an answer',
    async (_, targets) => {
      expect(targets).toHaveLength(1);
      for (const { expr } of targets) {
        const found = await prometheus.query(ask(expr));
        expect(found.length, expr).toBeGreaterThan(0);
        for (const { value } of found) expect(Number.isFinite(value), expr).toBe(true);
      }
    },
  );

  it('no panel asks for what is not told', () => {
    const labels = dashboard.panels.flatMap(({ targets }) => targets).flatMap(({ expr }) => expr.match(/\$\w+/g) ?? []);
    const known = ['$__range', ...dashboard.templating.list.map(({ name }) => `$${name}`)];
    for (const label of labels) expect(known).toContain(label);
  });

  it('no panel tells of fewer than five installs what an onboarding took or what it waited for', async () => {
    const expr = (title: string): string =>
      dashboard.panels.find(panel => panel.title === title)?.targets[0]?.expr ?? '';
    // Only three of the worked month's people came back or were stopped by a person.
    const cohorts = await by(ask(expr('Median by cohort')), 'bootstrap_cohort');
    expect(Object.keys(cohorts).sort()).toEqual(['experienced', 'new']);
    const reasons = await by(ask(expr('What onboardings were blocked on')), 'bootstrap_reason');
    expect(Object.keys(reasons).sort()).toEqual(['access', 'secret']);
    for (const { title, targets } of dashboard.panels.slice(0, 5)) {
      for (const { expr: each } of targets) {
        expect(await prometheus.query(ask(each, 'returning')), title).toEqual([]);
      }
    }
  });

  it('the figures of the panels are those of the report', async () => {
    const expr = (title: string): string =>
      ask(dashboard.panels.find(panel => panel.title === title)?.targets[0]?.expr ?? '');
    expect(await only(expr('Onboardings open'))).toBe(report.open?.onboardings);
    const done = installs.length - (report.open?.onboardings ?? 0) - 3;
    expect(await only(expr('Onboardings finished'))).toBe(done);
    const parts = await by(expr('Where the time of onboardings went'), 'bootstrap_part');
    expect(parts['blocked']).toBeCloseTo(report.parts?.blocked ?? 0, 3);
  });

  it('promtool passes the rules, and they do what they say', () => {
    const promtool = (...args: string[]) => spawnSync(service('promtool'), args, { encoding: 'utf8' });
    const checked = promtool('check', 'rules', '--lint=all', '--lint-fatal', rules);
    expect(checked.stderr + checked.stdout).toContain('6 rules found');
    expect(checked.status).toBe(0);
    const file = join(temporary(), 'tests.yml');
    writeFileSync(file, JSON.stringify(ruleTests()));
    const tested = promtool('test', 'rules', file);
    expect(tested.stderr + tested.stdout).toContain('SUCCESS');
    expect(tested.status, tested.stderr).toBe(0);
  });

  it('the running Prometheus has loaded the rules and evaluates them without an error', async () => {
    const target = `http://127.0.0.1:${prometheus.port}/api/v1/rules`;
    const { data } = (await (await fetch(target)).json()) as {
      data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
    };
    const found = data.groups.flatMap(({ rules: list }) => list);
    expect(found.map(({ name }) => name)).toContain('OnboardingSlow');
    for (const { name, lastError } of found) expect(lastError ?? '', name).toBe('');
  });
});

describe('docs/fleet.md', () => {
  const page = 'docs/fleet.md';
  const [forCollector = '', forPrometheus = ''] = blocks(page).flatMap(({ mark, text }) =>
    mark === 'yaml' ? [text] : [],
  );

  it('has a configuration that the Collector takes', () => {
    const folder = temporary();
    for (const name of ['server.crt', 'server.key', 'token']) writeFileSync(join(folder, name), 'x\n');
    const file = join(folder, 'collector.yml');
    writeFileSync(file, forCollector.replaceAll(/\/(etc|var\/lib)\/otel/g, folder));
    const done = spawnSync(service('collector'), ['validate', '--config', file], { encoding: 'utf8' });
    expect(done.stderr + done.stdout).toBe('');
    expect(done.status).toBe(0);
    const broken = forCollector.replace('sending_queue', 'sending_que');
    writeFileSync(file, broken);
    expect(spawnSync(service('collector'), ['validate', '--config', file]).status).not.toBe(0);
  });

  it('has a configuration that Prometheus takes', () => {
    const folder = temporary();
    cpSync(rules, join(folder, 'prometheus-rules.yml'));
    const file = join(folder, 'prometheus.yml');
    writeFileSync(file, forPrometheus);
    const done = spawnSync(service('promtool'), ['check', 'config', '--lint-fatal', file], { encoding: 'utf8' });
    expect(done.status, done.stderr + done.stdout).toBe(0);
    expect(done.stdout).toContain('6 rules found');
  });

  it('lists every metric with its unit', () => {
    const rows = [...read(page).matchAll(/^\| `(bootstrap[a-z.]+)` \| (\S+) \|/gm)].map(([, name, unit]) => ({
      name,
      unit,
    }));
    const ours = Object.values(METRICS).map(({ name, unit }) => ({ name, unit }));
    const byName = (a: { name?: string | undefined }, b: { name?: string | undefined }) =>
      (a.name ?? '').localeCompare(b.name ?? '');
    expect(rows.sort(byName)).toEqual(ours.sort(byName));
  });
});

/** Series of so many installs, and what the rules make of them after two hours. */
function ruleTests() {
  const series = (count: number, minutes: number, failed: number) =>
    Array.from({ length: count }, (_, i) => {
      const le = (bound: string, value: number) => ({
        series: `${DONE}_bucket{instance="i${i}",le="${bound}"}`,
        values: `${value}x180`,
      });
      return [
        { series: `${DONE}_count{instance="i${i}"}`, values: '1x180' },
        le('5400', minutes <= 90 ? 1 : 0),
        le('9000', 1),
        le('+Inf', 1),
        { series: `bootstrap_runs_total{instance="i${i}",cicd_pipeline_result="success"}`, values: '10x180' },
        {
          series: `bootstrap_runs_total{instance="i${i}",cicd_pipeline_result="failure"}`,
          values: `${failed}x180`,
        },
      ];
    }).flat();
  const alerts = (input: object[], firing: string[]) => ({
    interval: '1m',
    input_series: input,
    alert_rule_test: ['OnboardingSlow', 'SetupFails', 'NothingTold'].map(alertname => ({
      eval_time: '2h',
      alertname,
      exp_alerts: firing.includes(alertname) ? [expected(alertname)] : [],
    })),
  });
  return {
    rule_files: [rules],
    evaluation_interval: '1m',
    tests: [
      alerts(series(5, 60, 1), []),
      alerts(series(5, 120, 1), ['OnboardingSlow']),
      alerts(series(5, 60, 5), ['SetupFails']),
      // Of four nothing is told, however slow they are.
      alerts(series(4, 120, 9), []),
      alerts([], ['NothingTold']),
    ],
  };
}

function expected(alertname: string) {
  const text = readFileSync(rules, 'utf8');
  const part = text.slice(text.indexOf(`alert: ${alertname}`));
  const description = /description: (.+)/.exec(part)?.[1] ?? '';
  const said: Record<string, [severity: string, summary: string]> = {
    OnboardingSlow: ['info', 'Half of the onboardings take longer than 2h 0m 0s'],
    SetupFails: ['warning', '33.33% of the setups that change something fail'],
    NothingTold: ['info', 'No install has told anything for a week'],
  };
  const [severity, summary] = said[alertname] ?? [];
  return { exp_labels: { severity }, exp_annotations: { summary, description } };
}

function gatesBefore(records: readonly { event: string }[], index: number): number {
  return records.slice(0, index).filter(({ event }) => event === 'gate').length;
}
