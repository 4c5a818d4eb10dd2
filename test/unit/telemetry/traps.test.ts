import { describe, expect, it } from 'vitest';
import type { TelemetrySettings } from '../../../src/telemetry/settings.ts';
import { exporterTrap, settingTraps, variableTraps } from '../../../src/telemetry/traps.ts';

const settings = (more: Partial<TelemetrySettings> = {}): TelemetrySettings => ({
  enabled: true,
  endpoint: 'https://c.example.com:4317',
  exporters: ['otlp'],
  ...more,
});
const ids = (findings: readonly { id: string }[]): string[] => findings.map(({ id }) => id);

describe('traps in the settings', () => {
  it.each([
    ['a good set', {}, []],
    ['telemetry off', { enabled: false, endpoint: 'grpc://x' }, []],
    ['T2: an endpoint without otlp', { exporters: ['console'] }, ['HB401']],
    ['otlp without an endpoint', { endpoint: undefined }, ['HB402']],
    ['T4: grpc://', { endpoint: 'grpc://c:4317' }, ['HB403']],
    ['T6: gRPC to 4318', { endpoint: 'https://c:4318', protocol: 'grpc' as const }, ['HB404']],
    ['T6: HTTP to 4317', { endpoint: 'https://c:4317', protocol: 'http/protobuf' as const }, ['HB404']],
    ['insecure with TLS', { insecure: true }, ['HB405']],
    ['http:// to another machine', { endpoint: 'http://c:4317' }, ['HB406']],
    ['http:// to this machine', { endpoint: 'http://[::1]:4317' }, []],
    ['http:// to this machine by name', { endpoint: 'http://localhost:4317' }, []],
  ])('%s', (_, more, expected) => {
    expect(ids(settingTraps(settings(more), 'staging'))).toEqual(expected);
  });
});

describe('traps in variables', () => {
  it.each([
    ['T7', { OTEL_EXPORTER_OTLP_TIMEOUT: '2000' }, ['HB407']],
    ['T7 of one signal', { OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '2' }, ['HB407']],
    ['T8', { OTEL_EXPORTER_OTLP_PROTOCOL: 'console' }, ['HB408']],
    ['T4', { OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://u:secret@c:4317' }, ['HB409']],
    ['legal ones', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c' }, []],
    ['empty ones', { OTEL_EXPORTER_OTLP_TIMEOUT: '' }, []],
  ])('%s', (_, variables, expected) => {
    const findings = variableTraps(variables, 'your environment');
    expect(ids(findings)).toEqual(expected);
    expect(JSON.stringify(findings)).not.toContain('secret');
  });
});

describe('T1, the exporter that is not installed', () => {
  const names = ['opentelemetry_exporter_otlp_proto_http', 'opentelemetry_sdk'];
  it('is told by protocol', () => {
    expect(ids(exporterTrap(settings({ protocol: 'grpc' }), names, 'staging'))).toEqual(['HB400']);
    expect(exporterTrap(settings({ endpoint: 'https://c:4318' }), names, 'staging')).toEqual([]);
  });
  it('is not told when it is not wanted or cannot be known', () => {
    expect(exporterTrap(settings({ enabled: false }), names, 'staging')).toEqual([]);
    expect(exporterTrap(settings({ exporters: ['console'], endpoint: undefined }), names, 'staging')).toEqual([]);
    expect(exporterTrap(settings(), undefined, 'staging')).toEqual([]);
  });
});
