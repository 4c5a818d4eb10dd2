import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { telemetryDefaults } from '../../src/telemetry/defaults.ts';
import { emptyHome, exampleEnvironment, temporary } from '../support/tools.ts';

let python: string;
beforeAll(() => {
  python = join(exampleEnvironment(), '.venv', 'bin', 'python');
});

const resource = { 'service.namespace': 'data & co, "ltd" = 100 %', 'team.name': 'ünï ~ (x)' };

/** What a program of the project sees with the variables of an environment. */
function seen(code: string, enabled: boolean, endpoint: string): unknown {
  const { variables } = telemetryDefaults({
    workspace: 'harbour',
    environment: 'staging',
    enabled,
    endpoint,
    exporters: ['otlp'],
    resource,
    file: undefined,
  });
  return JSON.parse(execFileSync(python, ['-c', code], { encoding: 'utf8', env: emptyHome(temporary(), variables) }));
}

it('the OpenTelemetry SDK reads the resource as it was meant', () => {
  const code =
    'import json; from opentelemetry.sdk.resources import OTELResourceDetector as D; print(json.dumps(dict(D().detect().attributes)))';
  expect(seen(code, true, 'https://otel.example.com:4317')).toEqual({
    ...resource,
    'deployment.environment.name': 'staging',
    'service.name': 'harbour',
  });
});

it('the OTLP exporter takes endpoint and transport security from the variables', () => {
  const code = `
import json
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as E
e = E()
print(json.dumps([e._endpoint, bool(getattr(e, "_insecure", None))]))`;
  expect(seen(code, true, 'http://127.0.0.1:4317')).toEqual(['127.0.0.1:4317', true]);
});

it('the SDK makes no spans when telemetry is off', () => {
  const code = `
import json
from opentelemetry.sdk.trace import TracerProvider
print(json.dumps(TracerProvider().get_tracer("x").start_span("y").is_recording()))`;
  expect(seen(code, true, 'https://otel.example.com:4317')).toBe(true);
  expect(seen(code, false, 'https://otel.example.com:4317')).toBe(false);
});
