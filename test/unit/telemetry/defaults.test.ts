import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dotenvLine } from '../../../src/system/dotenv.ts';
import { resourceAttributes, type TelemetryInput, telemetryDefaults } from '../../../src/telemetry/defaults.ts';
import { tomlTable } from '../../../src/telemetry/toml-writer.ts';

/** Parses many TOML documents with Python's own parser. */
function tomllib(documents: string[]): unknown[] {
  const code = 'import json, sys, tomllib; print(json.dumps([tomllib.loads(t) for t in json.load(sys.stdin)]))';
  return JSON.parse(
    execFileSync('python3', ['-c', code], { input: JSON.stringify(documents), encoding: 'utf8' }),
  ) as unknown[];
}

const input = (more: Partial<TelemetryInput> = {}): TelemetryInput => ({
  workspace: 'hotpass',
  environment: 'staging',
  enabled: true,
  endpoint: 'https://otel.example.com:4317',
  protocol: 'grpc',
  exporters: ['otlp'],
  resource: { 'service.namespace': 'data & co, ltd' },
  file: { path: 'config/telemetry.toml' },
  ...more,
});
const otlp = (variables: Record<string, string>): string[] =>
  Object.keys(variables).filter(name => name.startsWith('OTEL_EXPORTER'));

describe('the consistent set', () => {
  it('is whole for a collector of the team', () => {
    const { variables, prefectSettings, file, findings } = telemetryDefaults(input({ distributions: [] }));
    expect(findings).toEqual([]);
    expect(variables).toEqual({
      OTEL_SERVICE_NAME: 'hotpass',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging,service.namespace=data%20%26%20co%2C%20ltd',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otel.example.com:4317',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_INSECURE: 'false',
    });
    expect(prefectSettings).toEqual({ PREFECT_SERVER_ANALYTICS_ENABLED: 'false' });
    expect(tomllib([file?.content ?? ''])[0]).toEqual({
      telemetry: {
        enabled: true,
        service_name: 'hotpass',
        environment: 'staging',
        exporters: ['otlp'],
        otlp_endpoint: 'https://otel.example.com:4317',
        otlp_insecure: false,
        otlp_timeout: 5,
        resource_attributes: { 'deployment.environment.name': 'staging', 'service.namespace': 'data & co, ltd' },
      },
    });
  });

  it('is short and without TLS for a collector on this machine', () => {
    const { variables, file } = telemetryDefaults(input({ endpoint: 'http://127.0.0.1:4317' }));
    expect(variables['OTEL_EXPORTER_OTLP_INSECURE']).toBe('true');
    expect(tomllib([file?.content ?? ''])[0]).toMatchObject({ telemetry: { otlp_insecure: true, otlp_timeout: 2 } });
  });

  it('says nothing of gRPC to an exporter over HTTP', () => {
    const { variables } = telemetryDefaults(input({ endpoint: 'http://localhost:4318', protocol: undefined }));
    expect(variables['OTEL_EXPORTER_OTLP_PROTOCOL']).toBe('http/protobuf');
    expect(variables).not.toHaveProperty('OTEL_EXPORTER_OTLP_INSECURE');
  });

  it('is off, and nothing else, when telemetry is off', () => {
    const { variables, file } = telemetryDefaults(input({ enabled: false, distributions: [] }));
    expect(variables).toEqual({ OTEL_SDK_DISABLED: 'true' });
    expect(tomllib([file?.content ?? ''])[0]).toEqual({
      telemetry: {
        enabled: false,
        service_name: 'hotpass',
        environment: 'staging',
        resource_attributes: { 'deployment.environment.name': 'staging', 'service.namespace': 'data & co, ltd' },
      },
    });
  });

  it.each([
    ['grpc://', { endpoint: 'grpc://collector:4317' }, 'HB403'],
    ['no scheme', { endpoint: 'collector:4317' }, 'HB403'],
    ['an endpoint without otlp', { exporters: ['console'] }, 'HB401'],
    ['otlp without an endpoint', { endpoint: undefined }, 'HB402'],
  ] as const)('is written as off for %s, with a finding', (_, more, id) => {
    const { variables, file, findings } = telemetryDefaults(input(more));
    expect(findings.map(finding => finding.id)).toEqual([id]);
    expect(variables['OTEL_SDK_DISABLED']).toBe('true');
    expect(otlp(variables)).toEqual([]);
    expect(file?.content).toContain('enabled = false');
    expect(file?.content).not.toMatch(/otlp_|exporters/);
  });

  it('takes an endpoint alone as the exporter otlp, and console alone without one', () => {
    expect(telemetryDefaults(input({ exporters: [] })).file?.content).toContain('exporters = ["otlp"]');
    const console = telemetryDefaults(input({ exporters: ['console'], endpoint: undefined }));
    expect(console.findings).toEqual([]);
    expect(otlp(console.variables)).toEqual([]);
    expect(console.file?.content).toContain('exporters = ["console"]');
  });

  it('turns third-party analytics off, of the tools that are there', () => {
    const names = [
      'STREAMLIT_BROWSER_GATHER_USAGE_STATS',
      'GX_ANALYTICS_ENABLED',
      'MLFLOW_DISABLE_TELEMETRY',
      'DVC_NO_ANALYTICS',
    ];
    const all = telemetryDefaults(input()).variables;
    for (const name of names) expect(all).toHaveProperty(name);
    expect(all).not.toHaveProperty('DO_NOT_TRACK');
    const some = telemetryDefaults(input({ distributions: ['Great_Expectations'] })).variables;
    expect(names.filter(name => name in some)).toEqual(['GX_ANALYTICS_ENABLED']);
  });

  it('maps the keys of the file, in TOML and in JSON', () => {
    const keys = { enabled: 'on', otlp_endpoint: 'collector' };
    const toml = telemetryDefaults(input({ file: { path: 'a.toml', keys } })).file;
    const json = telemetryDefaults(input({ file: { path: 'a.json', keys } })).file;
    expect(tomllib([toml?.content ?? ''])[0]).toEqual(JSON.parse(json?.content ?? ''));
    expect(JSON.parse(json?.content ?? '')).toMatchObject({
      telemetry: { on: true, collector: 'https://otel.example.com:4317' },
    });
    const other = telemetryDefaults(input({ file: { path: 'a.yaml' } }));
    expect([other.file, other.findings.map(({ id }) => id)]).toEqual([undefined, ['HB411']]);
  });

  it('never writes a time-out, headers, another scheme or another protocol, whatever is asked', () => {
    const settings = fc.record({
      enabled: fc.boolean(),
      endpoint: fc.constantFrom(
        undefined,
        'grpc://c:4317',
        'c:4317',
        'http://c:4318',
        'https://c',
        'http://localhost:4317',
        'http://[',
      ),
      protocol: fc.constantFrom(undefined, 'grpc' as const, 'http/protobuf' as const),
      exporters: fc.subarray(['otlp', 'console', 'noop']),
      insecure: fc.constantFrom(undefined, true, false),
      timeout: fc.constantFrom(undefined, 2.5, 2000),
      resource: fc.dictionary(fc.stringMatching(/^[a-z.]{1,9}$/), fc.string()),
    });
    fc.assert(
      fc.property(settings, more => {
        const { variables, file } = telemetryDefaults(input(more));
        const names = Object.keys(variables).join(' ');
        expect(names).not.toMatch(/TIMEOUT|HEADERS/);
        expect(file?.content).not.toMatch(/grpc:\/\/|headers/);
        const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: protocol } = variables;
        expect(endpoint === undefined).toBe(protocol === undefined);
        if (endpoint !== undefined) expect(endpoint).toMatch(/^https?:/);
        if (protocol !== undefined) expect(['grpc', 'http/protobuf']).toContain(protocol);
        expect('OTEL_SDK_DISABLED' in variables).toBe(!('OTEL_RESOURCE_ATTRIBUTES' in variables));
      }),
    );
  });
});

describe('resource attributes', () => {
  it('are read back by a reader that splits and decodes, and need no quotes in an environment file', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z][a-z._-]{0,9}$/), fc.string({ unit: 'grapheme' })),
        resource => {
          const text = resourceAttributes(resource);
          expect(dotenvLine('A', text)).toEqual({ line: `A=${text}` });
          const pairs =
            text === ''
              ? []
              : text.split(',').map(item => [item.split('=')[0], decodeURIComponent(item.split('=')[1] ?? '')]);
          expect(Object.fromEntries(pairs)).toEqual(resource);
        },
      ),
    );
  });
});

describe('the TOML writer', () => {
  it('is read by tomllib as it was meant, for any value', () => {
    const leaf = fc.oneof(
      fc.string({ unit: 'binary' }).filter(text => !/\p{Surrogate}/u.test(text)),
      fc.boolean(),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => (Object.is(value, -0) ? 0 : value)),
    );
    const value = fc.oneof(leaf, fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }));
    const table = fc.dictionary(fc.string({ maxLength: 5 }), value, { maxKeys: 5, noNullPrototype: true });
    const samples = fc
      .sample(fc.tuple(table, table), 150)
      .map(([outer, inner]) => ({ ...outer, 'the inner.one': inner }));
    const read = tomllib(samples.map(sample => tomlTable('telemetry', sample)));
    read.forEach((document, i) => {
      expect(document).toEqual({ telemetry: JSON.parse(JSON.stringify(samples[i])) as unknown });
    });
  });

  it('refuses what is not a number', () => {
    expect(() => tomlTable('t', { a: Number.NaN })).toThrow(RangeError);
  });
});
