import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from '../support/machine.ts';
import { freePort, Services, until } from '../support/telemetry-services.ts';
import { type SeenSpan, spansIn } from '../support/telling.ts';

const services = new Services();
const machine = new Machine();
let workspace: string;
let collector: Awaited<ReturnType<Services['collector']>>;
let prefect: ChildProcess | undefined;
let api: string;
const mute = createServer(socket => socket.resume().on('error', () => {}));

afterAll(async () => {
  mute.close();
  prefect?.kill('SIGKILL');
  await services.stop();
});

const environment = (name: string, endpoint: string): string => `
[environments.${name}]
python = "full"
prefect = { profile = "harbour-${name}", api-url = "${api}" }
[environments.${name}.telemetry]
endpoint = "${endpoint}"
exporters = ["otlp"]
resource = { "service.namespace" = "data & co, 100 %", "team.name" = "harbour" }
file = "config/telemetry.${name}.toml"
`;

beforeAll(async () => {
  collector = await services.collector();
  await new Promise<void>(resolve => mute.listen(0, '127.0.0.1', resolve));
  const address = mute.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  api = `http://127.0.0.1:${await freePort()}/api`;
  workspace = machine.clone();
  appendFileSync(
    join(workspace, 'hotpass-bootstrap.toml'),
    environment('traced', collector.grpc) +
      environment('dead', `http://127.0.0.1:${await freePort()}`) +
      environment('mute', `http://127.0.0.1:${port}`),
  );
  for (const env of ['traced', 'dead', 'mute']) {
    const done = machine.run(workspace, ['setup', '--yes', '--env', env]);
    if (done.code !== 0) throw new Error(done.stderr);
  }
});

/** A real server of Prefect, at the address that the environments name. */
async function startPrefect(): Promise<void> {
  const args = ['-m', 'prefect', 'server', 'start', '--port', new URL(api).port, '--no-services', '--no-ui'];
  const home = join(machine.home, 'server');
  mkdirSync(home);
  const env = { ...machine.env, HOME: home, PREFECT_SERVER_ANALYTICS_ENABLED: 'false', DO_NOT_TRACK: '1' };
  prefect = spawn(join(workspace, '.venv', 'bin', 'python'), args, { cwd: home, env, stdio: 'ignore' });
  const healthy = async () => ((await fetch(`${api}/health`).catch(() => undefined))?.ok ? true : undefined);
  await until(healthy, 'the server of Prefect', 120_000);
}

const run = (env: string, ...args: string[]) => {
  const started = Date.now();
  const done = machine.run(workspace, ['run', '--env', env, '--', 'python', ...args]);
  return { ...done, seconds: (Date.now() - started) / 1000 };
};

const RESOURCE = {
  'deployment.environment.name': 'traced',
  'service.name': 'harbour',
  'service.namespace': 'data & co, 100 %',
  'team.name': 'harbour',
  'telemetry.sdk.language': 'python',
};

describe('a project with the defaults of its environment', () => {
  it('a flow’s spans arrive at the Collector, with the resource of the environment', async () => {
    await startPrefect();
    const done = run('traced', '-m', 'harbour');
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toContain('2 contacts left');
    const spans = await until(() => {
      const found = spansIn(collector.lines()).filter(
        ({ resource }) => resource['telemetry.sdk.language'] === 'python',
      );
      return found.length >= 2 ? found : undefined;
    }, 'the spans of the flow');
    const named = (name: string): SeenSpan | undefined => spans.find(span => span.name === name);
    expect(named('load')?.resource).toMatchObject(RESOURCE);
    expect(named('refine')).toMatchObject({ attributes: { 'harbour.rows': 2 }, resource: RESOURCE });
  });

  it('the environment that it was not set up for exports nothing', async () => {
    const before = await collector.settled();
    expect(run('local', '-m', 'harbour.ready')).toMatchObject({ code: 0 });
    expect(await collector.settled()).toBe(before);
  });

  it('with a Collector that is down, or that says nothing, a run is not held up for 12 seconds', () => {
    const usual = run('traced', '-m', 'harbour.ready');
    for (const env of ['dead', 'mute']) {
      const done = run(env, '-m', 'harbour.ready');
      expect(done.code).toBe(0);
      expect(done.stdout).toContain('2 contacts refined');
      expect(done.seconds - usual.seconds, env).toBeLessThan(6);
    }
  });

  it('setup says so, and ends well', () => {
    const done = machine.run(workspace, ['setup', '--yes', '--env', 'dead', '--recheck']);
    expect(done.code).toBe(0);
    expect(done.stderr).toContain('No collector answers at http://127.0.0.1');
    const good = machine.run(workspace, ['setup', '--yes', '--env', 'traced', '--recheck']);
    expect(good.stderr).not.toContain('ollector');
  });
});

/** A program that takes its telemetry from a file of its own, as Hotpass does: traces and metrics, over gRPC. */
const PROGRAM = `
import sys, tomllib
t = tomllib.load(open(sys.argv[1], "rb"))["telemetry"]
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
assert t["enabled"] and t["exporters"] == ["otlp"], t
how = dict(endpoint=t["otlp_endpoint"], insecure=t["otlp_insecure"], timeout=t["otlp_timeout"])
resource = Resource({"service.name": t["service_name"], **t["resource_attributes"]})
traces = TracerProvider(resource=resource)
traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(**how)))
metrics = MeterProvider(resource=resource, metric_readers=[PeriodicExportingMetricReader(OTLPMetricExporter(**how))])
metrics.get_meter("x").create_counter("rows", unit="{row}").add(3)
with traces.get_tracer("x").start_as_current_span("from the file"):
    pass
traces.shutdown()
metrics.shutdown()
`;

describe('the file that a program reads', () => {
  const program = (env: string) => {
    mkdirSync(join(machine.home, 'programs'), { recursive: true });
    const path = join(machine.home, 'programs', 'own.py');
    writeFileSync(path, PROGRAM);
    return run(env, path, join(workspace, 'config', `telemetry.${env}.toml`));
  };

  it('is enough to reach the Collector: endpoint, transport security, time limit and resource fit together', async () => {
    const done = program('traced');
    expect(done.stderr).toBe('');
    expect(done.code).toBe(0);
    const span = await until(
      () => spansIn(collector.lines()).find(({ name }) => name === 'from the file'),
      'the span of the program',
    );
    expect(span.resource).toMatchObject({ 'deployment.environment.name': 'traced', 'team.name': 'harbour' });
    expect(collector.lines().some(line => line.includes('"name":"rows"'))).toBe(true);
  });

  it('keeps a program from waiting for a Collector that is down or says nothing', () => {
    const usual = program('traced').seconds;
    for (const env of ['dead', 'mute']) {
      const done = program(env);
      expect(done.code).toBe(0);
      // Traces, then metrics: two seconds each.
      expect(done.seconds - usual, env).toBeLessThan(8);
    }
  });

  it('and the variables name the same Collector', () => {
    const file = readFileSync(join(workspace, 'config', 'telemetry.traced.toml'), 'utf8');
    const endpoint = run('traced', '-c', 'import os; print(os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"], end="")').stdout;
    expect(endpoint).toBe(collector.grpc);
    expect(file).toContain(`otlp_endpoint = "${endpoint}"`);
    expect(file).toContain('otlp_insecure = true');
    expect(file).toContain('otlp_timeout = 2');
  });
});
