import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { telemetryExporter } from '../../src/doctor/telemetry-exporter.ts';
import { telemetryOff } from '../../src/doctor/telemetry-shell.ts';
import { telemetryVariables } from '../../src/doctor/telemetry-variables.ts';
import { telemetryStep } from '../../src/steps/telemetry.ts';
import { lookFrom, said, saidByStep } from '../support/doctor-look.ts';
import { ManagedHome } from '../support/managed-home.ts';
import { emptyHome, exampleEnvironment } from '../support/tools.ts';

let venv: string;
let python: string;
let home: ManagedHome;
beforeAll(() => {
  venv = join(exampleEnvironment(), '.venv');
  python = join(venv, 'bin', 'python');
});
beforeEach(() => {
  home = new ManagedHome();
});

/** A receiver made of the real gRPC server and the real OTLP service, which wants a password when told to. */
const RECEIVER = `
import sys
from concurrent.futures import ThreadPoolExecutor
import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as pb, trace_service_pb2_grpc as api
class Traces(api.TraceServiceServicer):
    def Export(self, request, context):
        metadata = dict(context.invocation_metadata())
        print(len(request.resource_spans), "authorization" in metadata, file=sys.stderr, flush=True)
        if sys.argv[1] == "closed":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")
        return pb.ExportTraceServiceResponse()
server = grpc.server(ThreadPoolExecutor(2))
api.add_TraceServiceServicer_to_server(Traces(), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()`;

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill();
});

async function receiver(kind: 'open' | 'closed'): Promise<{ endpoint: string; heard: () => string }> {
  const child = spawn(python, ['-c', RECEIVER, kind], {
    env: emptyHome('/nowhere'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let heard = '';
  child.stderr.on('data', chunk => {
    heard += chunk;
  });
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', chunk => resolve(String(chunk).trim()));
    child.on('exit', () => reject(new Error(heard)));
  });
  return { endpoint: `http://127.0.0.1:${port}`, heard: () => heard };
}

function asked(endpoint: string, protocol: 'grpc' | 'http/protobuf'): Promise<string[]> {
  home.telemetry = { enabled: true, endpoint, protocol, exporters: ['otlp'] };
  const read = home.read();
  const wanted = { ...read.wanted, secrets: [], source: { kind: 'inferred' } } as typeof read.wanted;
  return saidByStep(telemetryStep, { ...read, wanted });
}

test('a real gRPC receiver: in order, swapped, and one that wants a password', async () => {
  const open = await receiver('open');
  expect(await asked(open.endpoint, 'grpc')).toEqual([]);
  expect((await asked(open.endpoint, 'http/protobuf'))[0]).toMatch(/^HB440 warn .* speaks grpc/);
  await expect.poll(open.heard).toBe('0 False\n0 False\n');
  const closed = await receiver('closed');
  expect((await asked(closed.endpoint, 'grpc'))[0]).toMatch(/^HB442 warn /);
});

/** What the real exporter makes of the variables. */
function exporter(variables: Record<string, string>): { insecure: boolean; headers: string[] } {
  const code = `
import json
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
e = OTLPSpanExporter()
print(json.dumps({"insecure": bool(e._insecure), "headers": [k for k, _ in e._headers]}))`;
  const named = Object.entries(variables).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value]);
  home = new ManagedHome(Object.fromEntries(named));
  const env = { ...emptyHome(home.home), ...home.env };
  const done = spawnSync(python, ['-c', code], { env, encoding: 'utf8' });
  return JSON.parse(done.stdout);
}

test.each<[Record<string, string>, string, { insecure: boolean; header: boolean }]>([
  [{ ENDPOINT: 'http://127.0.0.1:4317', INSECURE: 'false' }, 'HB448', { insecure: false, header: false }],
  [{ ENDPOINT: 'https://127.0.0.1:4317', INSECURE: 'true' }, 'HB448', { insecure: false, header: false }],
  [
    { ENDPOINT: 'http://127.0.0.1:4317', HEADERS: 'authorization: Bearer x' },
    'HB451',
    { insecure: true, header: false },
  ],
  [{ ENDPOINT: 'http://127.0.0.1:4317', HEADERS: 'authorization=Bearer x' }, '', { insecure: true, header: true }],
])('the exporter does with %o what is said about it', async (variables, id, truth) => {
  const { insecure, headers } = exporter(variables);
  expect({ insecure, header: headers.includes('authorization') }).toEqual(truth);
  const lines = await said(telemetryVariables, lookFrom(home.read()));
  expect(lines.map(line => line.slice(0, 5)).join()).toBe(id);
});

test('OTEL_SDK_DISABLED: only the word counts', async () => {
  const code =
    'from opentelemetry.sdk.trace import TracerProvider as T; print(T().get_tracer("x").start_span("y").is_recording())';
  for (const value of ['true', 'TRUE', ' true ', '1', 'yes', 'false']) {
    home = new ManagedHome({ OTEL_SDK_DISABLED: value });
    home.telemetry = { enabled: true, endpoint: 'http://127.0.0.1:4317', exporters: ['otlp'] };
    const env = { ...emptyHome(home.home), ...home.env };
    const recording = spawnSync(python, ['-c', code], { env, encoding: 'utf8' }).stdout.trim() === 'True';
    expect((await said(telemetryOff, lookFrom(home.read()))).length, value).toBe(recording ? 0 : 1);
  }
});

test('an exporter that is installed and cannot be imported', async () => {
  spawnSync('cp', ['-al', venv, join(home.root, '.venv')]);
  home.telemetry = { enabled: true, endpoint: 'http://127.0.0.1:4317', exporters: ['otlp'] };
  expect(await said(telemetryExporter, lookFrom(home.read()))).toEqual([]);
  const site = join(home.root, '.venv', 'lib', 'python3.11', 'site-packages');
  rmSync(join(site, 'grpc'), { recursive: true });
  const [found] = await telemetryExporter.run(lookFrom(home.read()));
  expect(found).toMatchObject({ id: 'HB445', level: 'warn' });
  expect(found?.cause).toContain("No module named 'grpc'");
  expect(spawnSync('sh', ['-c', found?.fix?.command ?? 'true'], { cwd: home.root }).status).toBe(1);
  expect(await said(telemetryExporter, lookFrom(home.read({ approved: false })))).toEqual([]);
  home.telemetry = { ...home.telemetry, protocol: 'http/protobuf' };
  expect(await said(telemetryExporter, lookFrom(home.read()))).toEqual([]);
});
