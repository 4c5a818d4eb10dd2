import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STEP_IDS } from '../../src/core/ids.ts';
import { METRICS, OURS, STABLE, UNSTABLE } from '../../src/telemetry/names.ts';
import { withKeyring } from '../support/keyring.ts';
import { Services, until } from '../support/telemetry-services.ts';
import { pointsIn, spansIn, Teller } from '../support/telling.ts';

const CALLER = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' };
const TRACEPARENT = `00-${CALLER.trace}-${CALLER.span}-01`;
const TOKEN = 'canary-token-for-the-collector';

const services = new Services();
let collector: Awaited<ReturnType<Services['collector']>>;
let teller: Teller;
afterAll(() => services.stop());

const MANIFEST = `
[[tasks]]
name = "canary-task"
inputs = ["input.txt"]
run = ["sh", "-c", "printf %s \\"$TRACEPARENT\\" > seen.txt; cat input.txt >&2; test ! -e fail"]
[report]
targets = { qa = "20m" }
`;

/** Steps that a run did, by its records. */
const stepsOf = (run: number): string[] => {
  const starts = teller.records().filter(record => record.event === 'run_started');
  const { run: id } = starts[run] as { run: string };
  return teller
    .records()
    .flatMap(record =>
      record.event === 'step' && record.run === id && record.status !== 'skipped' ? [record.id as string] : [],
    );
};

beforeAll(async () => {
  collector = await services.collector({ token: TOKEN });
  teller = new Teller('canary-project', MANIFEST);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: teller.root, env: teller.machine.env });
  git('checkout', '-q', '-b', 'canary-branch');
  writeFileSync(join(teller.root, 'input.txt'), 'canary-output\n');
  await teller.must(['telemetry', 'on', '--endpoint', collector.endpoint, '--yes']);
});

describe('a run with telemetry on', () => {
  it('is one trace in the caller’s: a span for the run, and one for each step below it', async () => {
    await teller.must(['setup', '--yes', '--cohort', 'new'], { TRACEPARENT });
    const spans = await until(() => {
      const found = spansIn(collector.lines());
      return found.length > 0 ? found : undefined;
    }, 'a trace');
    const root = spans.find(({ name }) => name === 'setup');
    expect(root).toMatchObject({ traceId: CALLER.trace, parentSpanId: CALLER.span, failed: false });
    expect(root?.attributes).toEqual({
      'cicd.pipeline.name': 'setup',
      'cicd.pipeline.result': 'success',
      'process.exit.code': 0,
    });
    const below = spans.filter(span => span !== root);
    expect(below.map(({ name }) => name).sort()).toEqual(stepsOf(0).sort());
    expect(below.map(({ name }) => name)).toContain('python');
    for (const span of below) {
      expect(span).toMatchObject({ traceId: CALLER.trace, parentSpanId: root?.spanId, failed: false });
      expect(span.attributes).toMatchObject({ 'cicd.pipeline.task.name': span.name });
      expect(span.start).toBeGreaterThanOrEqual(root?.start ?? 0n);
      expect(span.end).toBeGreaterThanOrEqual(span.start);
      expect(span.end).toBeLessThanOrEqual(root?.end ?? 0n);
    }
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  });

  it('hands its own place in the trace on to what it starts', () => {
    const root = spansIn(collector.lines()).find(({ name }) => name === 'setup');
    const seen = readFileSync(join(teller.root, 'seen.txt'), 'utf8');
    expect(seen).toBe(`00-${CALLER.trace}-${root?.spanId}-01`);
  });

  it('that fails says so of the run and of the step, and ends as it would have', async () => {
    writeFileSync(join(teller.root, 'fail'), '');
    writeFileSync(join(teller.root, 'input.txt'), 'canary-error-text\n');
    expect((await teller.run(['setup', '--yes'])).code).toBe(1);
    const spans = await until(() => {
      const found = spansIn(collector.lines()).filter(({ traceId }) => traceId !== CALLER.trace);
      return found.length > 0 ? found : undefined;
    }, 'the second trace');
    const root = spans.find(({ name }) => name === 'setup');
    expect(root).toMatchObject({ failed: true, parentSpanId: '' });
    expect(root?.attributes).toMatchObject({ 'process.exit.code': 1, 'error.type': 'step_failed' });
    expect(spans.filter(({ failed }) => failed).map(({ name }) => name)).toEqual(['setup', 'tasks']);
  });

  it('counts up from the ledger: the last figures hold all runs, each with its result', async () => {
    execFileSync('rm', [join(teller.root, 'fail')]);
    await teller.must(['setup', '--yes']);
    const finished = teller.records().filter(({ event }) => event === 'run_finished').length;
    const latest = await until(() => {
      const runs = pointsIn(collector.lines()).filter(({ metric }) => metric === 'bootstrap.runs');
      const by = new Map(runs.map(point => [JSON.stringify(point.attributes), point]));
      const all = [...by.values()];
      return all.reduce((sum, { count }) => sum + count, 0) === finished ? all : undefined;
    }, 'all runs');
    expect(latest.map(({ count, attributes }) => [attributes['cicd.pipeline.result'], count]).sort()).toEqual([
      ['failure', 1],
      ['success', finished - 1],
    ]);
    const points = pointsIn(collector.lines());
    expect(points.every(({ cumulative }) => cumulative)).toBe(true);
    // One series keeps its start and its sender, or a backend would take it for another one.
    expect(new Set(points.map(({ start }) => start)).size).toBe(1);
    expect(new Set(points.map(({ resource }) => resource['service.instance.id'])).size).toBe(1);
    const units = Object.fromEntries(points.map(({ metric, unit }) => [metric, unit]));
    for (const [metric, unit] of Object.entries(units)) {
      expect(unit).toBe(Object.values(METRICS).find(({ name }) => name === metric)?.unit);
    }
    const onboarding = points.filter(({ metric }) => metric === 'bootstrap.onboarding.duration').at(-1);
    const completed = teller.records().find(({ event }) => event === 'onboarding_completed');
    expect(onboarding).toMatchObject({ count: 1, attributes: { 'bootstrap.cohort': 'new' } });
    expect(onboarding?.sum).toBeCloseTo((completed as { elapsed: number }).elapsed, 6);
  });

  it('measured commands: one that the workspace names is told of, another one is not', async () => {
    const before = await collector.settled();
    expect((await teller.run(['measure', 'canary-gate', '--', 'sh', '-c', 'exit 9 # canary-argv'])).code).toBe(9);
    expect((await teller.run(['measure', 'qa', '--', 'sh', '-c', 'exit 7 # canary-argv'])).code).toBe(7);
    await collector.settled();
    const spans = spansIn(collector.lines().slice(before));
    expect(spans.map(({ name }) => name)).toEqual(['measure qa']);
    expect(spans[0]?.attributes).toEqual({
      'bootstrap.gate': 'qa',
      'cicd.pipeline.name': 'measure',
      'cicd.pipeline.result': 'failure',
    });
    const gates = pointsIn(collector.lines()).filter(({ metric }) => metric === 'bootstrap.gate.duration');
    expect(new Set(gates.map(({ attributes }) => attributes['bootstrap.gate']))).toEqual(new Set(['qa']));
  });

  it('tells nothing of the machine, the person or the project: every word of it is from our lists', () => {
    const lines = collector.lines();
    const text = lines.join('\n');
    const secretWords = ['canary', teller.machine.home, hostname(), 'hb-home', 'tmp'];
    for (const word of secretWords) expect(text, word).not.toContain(word);
    expect(text).not.toMatch(new RegExp(`"${userInfo().username}"`));
    const names = new Set<string>([...Object.values(OURS), ...Object.values(STABLE), ...Object.values(UNSTABLE)]);
    const words =
      /^(setup|measure|qa|success|failure|new|step_failed|machine|prompt|rework|blocked|away|linux|darwin)$/;
    const free = new Set<string>(['service.name', 'service.version', 'service.instance.id', 'process.exit.code']);
    for (const { attributes, resource } of [...spansIn(lines), ...pointsIn(lines)]) {
      for (const [key, value] of Object.entries({ ...attributes, ...resource })) {
        expect(names, key).toContain(key);
        if (!free.has(key) && !STEP_IDS.some(id => id === value)) expect(String(value), key).toMatch(words);
      }
      expect(resource['service.name']).toBe('hotpass-bootstrap');
      expect(resource['service.instance.id']).toMatch(/^[0-9a-f-]{36}$/);
    }
    for (const { name } of spansIn(lines))
      expect(name).toMatch(new RegExp(`^(setup|measure qa|${STEP_IDS.join('|')})$`));
    for (const line of lines) {
      const keys = new Set([...line.matchAll(/"([A-Za-z]+)":/g)].map(([, key]) => key));
      for (const key of ['events', 'links', 'message']) expect([...keys]).not.toContain(key);
    }
  });
});

describe('who decides', () => {
  it.each([
    [{ DO_NOT_TRACK: '1' }, 'DO_NOT_TRACK'],
    [{ OTEL_SDK_DISABLED: 'true' }, 'OTEL_SDK_DISABLED'],
    [{ CI: 'true' }, 'CI'],
    [{ DO_NOT_TRACK: '1', OTEL_SDK_DISABLED: 'true', CI: 'true' }, 'DO_NOT_TRACK'],
  ])('%o: nothing arrives, and status says why', async (env, winner) => {
    const before = await collector.settled();
    await teller.run(['measure', 'qa', '--', 'true'], env);
    await teller.run(['telemetry', 'flush'], env);
    expect(await teller.ask(['telemetry', 'status'], env)).toMatchObject({ sends: false, decidedBy: winner });
    expect((await teller.run(['telemetry', 'status'], env)).stdout).toContain(`decided by  ${winner}`);
    expect(await collector.settled()).toBe(before);
    expect(await teller.ask(['telemetry', 'status'])).toMatchObject({ sends: true, decidedBy: 'config.toml' });
  });

  it('a CI job sends where its own settings say, with their token, and has no id', async () => {
    const before = await collector.settled();
    const job = new Teller('ci-job');
    const env = {
      CI: 'true',
      HOTPASS_BOOTSTRAP_OTLP_ENDPOINT: collector.guarded,
      HOTPASS_BOOTSTRAP_OTLP_TOKEN: TOKEN,
    };
    await job.must(['setup', '--yes'], env);
    const lines = await until(() => {
      const found = collector.lines().slice(before);
      return found.length > 0 ? found : undefined;
    }, 'the trace of the job');
    expect(spansIn(lines).map(({ name }) => name)).toContain('setup');
    expect(spansIn(lines)[0]?.resource).not.toHaveProperty('service.instance.id');
    expect(pointsIn(lines)).toEqual([]);
    const other = { ...env, GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'pull_request_target' };
    expect(await job.ask(['telemetry', 'status'], other)).toMatchObject({ sends: false, decidedBy: 'untrusted job' });
  });
});

describe('a token of a person', () => {
  it('comes from the secret store, goes to its Collector, and is gone with `telemetry off`', async () => {
    const person = new Teller('with-token');
    const keyring = await withKeyring(person.machine.home);
    try {
      person.machine.env = { ...person.machine.env, ...keyring.env, HOTPASS_BOOTSTRAP_TEST: '0' };
      await person.must(['setup', '--yes']);
      await person.must(['telemetry', 'on', '--yes', '--endpoint', collector.guarded]);
      expect((await person.run(['measure', 'qa', '--', 'true'])).code).toBe(0);
      expect(await person.ask(['telemetry', 'status'])).toMatchObject({ waiting: 1, delivery: { trouble: 'token' } });
      const before = await collector.settled();
      const on = ['telemetry', 'on', '--yes', '--token', '--endpoint', collector.guarded];
      const stored = await person.run(on, {}, `${TOKEN}\n`);
      expect(stored.code, stored.stderr).toBe(0);
      await person.must(['telemetry', 'flush']);
      const lines = await until(() => {
        const found = collector.lines().slice(before);
        return spansIn(found).length > 0 ? found : undefined;
      }, 'what waited for the token');
      expect(spansIn(lines).map(({ name }) => name)).toEqual(['measure qa']);
      expect(await person.ask(['telemetry', 'status'])).toMatchObject({ waiting: 0, token: true });
      const own = readdirSync(person.machine.home, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile() && !entry.name.endsWith('.keyring'))
        .map(entry => join(entry.parentPath, entry.name));
      expect(own.filter(path => readFileSync(path, 'latin1').includes(TOKEN))).toEqual([]);
      await person.must(['telemetry', 'off']);
      await person.must(['telemetry', 'on', '--yes', '--endpoint', collector.guarded]);
      expect(await person.ask(['telemetry', 'status'])).toMatchObject({ token: false });
      await person.run(['measure', 'qa', '--', 'true']);
      expect(await person.ask(['telemetry', 'status'])).toMatchObject({ delivery: { trouble: 'token' } });
    } finally {
      await keyring.stop();
    }
  });
});
