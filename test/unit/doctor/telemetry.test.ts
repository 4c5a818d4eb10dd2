import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WorkspaceLook } from '../../../src/doctor/check.ts';
import { TELEMETRY_CHECKS } from '../../../src/doctor/telemetry.ts';
import { telemetryPrefect } from '../../../src/doctor/telemetry-prefect.ts';
import { telemetryOff, telemetryShell } from '../../../src/doctor/telemetry-shell.ts';
import { telemetryVariables } from '../../../src/doctor/telemetry-variables.ts';
import type { Wanted, WantedSecret } from '../../../src/manifest/wanted.ts';
import { telemetryStep } from '../../../src/steps/telemetry.ts';
import { testCertificates } from '../../support/certificates.ts';
import { lookFrom, said, saidByStep } from '../../support/doctor-look.ts';
import { ManagedHome } from '../../support/managed-home.ts';
import { OtlpServers } from '../../support/otlp-servers.ts';

let home: ManagedHome;
const servers = new OtlpServers();
beforeEach(() => {
  home = new ManagedHome();
  servers.asked.length = 0;
});
afterEach(() => servers.close());

type Protocol = 'grpc' | 'http/protobuf';

function look(more: Partial<WorkspaceLook> = {}, secrets: string[] = []): WorkspaceLook {
  const read = home.read();
  const declared = secrets.map(env => ({ env }) as WantedSecret);
  return lookFrom(
    { ...read, wanted: { ...read.wanted, source: { kind: 'inferred' }, secrets: declared } as Wanted },
    more,
  );
}

async function collector(
  endpoint: string,
  protocol: Protocol,
  more: Partial<WorkspaceLook> = {},
  secrets: string[] = [],
) {
  home.telemetry = { enabled: true, endpoint, protocol, exporters: ['otlp'] };
  return saidByStep(telemetryStep, look(more, secrets));
}
const at = (port: number, scheme = 'http'): string => `${scheme}://127.0.0.1:${port}`;
const BOTH: Protocol[] = ['grpc', 'http/protobuf'];

test('telemetry off, no variables: not a word', async () => {
  for (const check of TELEMETRY_CHECKS) expect([check.title, await said(check, look())]).toEqual([check.title, []]);
});

describe('the collector', () => {
  test('in order: asked with an empty export and no credential', async () => {
    Object.assign(home.env, { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=canary' });
    expect(await collector(at(await servers.grpc(0)), 'grpc')).toEqual([]);
    expect(await collector(at(await servers.http(200, '{"partialSuccess":{}}')), 'http/protobuf')).toEqual([]);
    expect(await collector(`${at(await servers.http(200))}/prefix/`, 'http/protobuf')).toEqual([]);
    expect(servers.asked).toHaveLength(3);
    expect(servers.asked.join()).not.toMatch(/canary|authorization/);
    expect(servers.asked[1]).toMatch(/^POST \/v1\/traces .*"content-length":"0"/);
    expect(servers.asked[2]).toMatch(/^POST \/prefix\/v1\/traces /);
  });

  test('busy is there all the same', async () => {
    expect(await collector(at(await servers.grpc(14)), 'grpc')).toEqual([]);
    expect(await collector(at(await servers.http(429)), 'http/protobuf')).toEqual([]);
  });

  test('nothing is asked offline, when telemetry is off, or before approval', async () => {
    const port = await servers.http(200);
    expect(await collector(at(port), 'http/protobuf', { offline: true })).toEqual([]);
    expect(await collector(at(port), 'http/protobuf', { approved: false })).toEqual([]);
    home.telemetry = { enabled: false, endpoint: at(port), exporters: ['otlp'] };
    expect(await saidByStep(telemetryStep, look())).toEqual([]);
    home.telemetry = { enabled: true, endpoint: at(port), exporters: ['console'] };
    expect((await saidByStep(telemetryStep, look())).join()).toMatch(
      /^HB401 [^,]*, but its exporters \(console\) do not include otlp\.$/,
    );
    expect(servers.asked).toEqual([]);
  });

  test('the protocols are swapped', async () => {
    const [grpc, http] = [await servers.grpc(0), await servers.http(200, '{}')];
    expect((await collector(at(http), 'grpc'))[0]).toMatch(
      /^HB440 warn .* speaks http\/protobuf, and telemetry is set to grpc/,
    );
    expect((await collector(at(grpc), 'http/protobuf'))[0]).toMatch(
      /^HB440 warn .* speaks grpc, and telemetry is set to http/,
    );
  });

  test('a socket that says nothing, in the time one is given', async () => {
    const port = await servers.mute();
    const started = performance.now();
    for (const protocol of BOTH) {
      for (const scheme of ['http', 'https']) {
        expect((await collector(at(port, scheme), protocol))[0], `${protocol} ${scheme}`).toMatch(/^HB441 warn /);
      }
    }
    expect(performance.now() - started).toBeLessThan(14_000);
  });

  test('Ctrl-C ends the wait', async () => {
    const port = await servers.mute();
    for (const protocol of BOTH) {
      const own = new AbortController();
      const asked = collector(at(port), protocol, { signal: own.signal });
      setTimeout(() => own.abort(new Error('stopped')), 50);
      await expect(asked).rejects.toThrow('stopped');
    }
  });

  test.each<[string, () => Promise<number>, Protocol]>([
    ['gRPC: unauthenticated', () => servers.grpc(16), 'grpc'],
    ['gRPC: a proxy before it', () => servers.grpc(undefined, { status: 403 }), 'grpc'],
    ['HTTP', () => servers.http(401), 'http/protobuf'],
  ])('credentials are wanted (%s)', async (_what, serve, protocol) => {
    const port = await serve();
    expect((await collector(at(port), protocol))[0]).toMatch(/^HB442 warn /);
    expect(await collector(at(port), protocol, {}, ['OTEL_EXPORTER_OTLP_HEADERS'])).toEqual([]);
  });

  test.each<[string, () => Promise<number>, Protocol, RegExp]>([
    ['gRPC of something else', () => servers.grpc(12), 'grpc', /no collector for grpc\. /],
    [
      'HTTP/2 without gRPC',
      () => servers.grpc(undefined, { status: 404 }),
      'grpc',
      /no collector for grpc \(status 404\)/,
    ],
    ['a web server, asked by gRPC', () => servers.http(404, '<html>'), 'grpc', /no collector for grpc\. /],
    [
      'a login page',
      () => servers.http(200, ' <html>'),
      'http/protobuf',
      /no collector for http\/protobuf \(status 200\)/,
    ],
    ['not here', () => servers.http(404), 'http/protobuf', /\(status 404\)/],
    [
      'sent on',
      () => servers.http(307, '', { location: 'https://u:canary@sso.example.com/?canary' }),
      'http/protobuf',
      /sends every export on to https:\/\/sso\.example\.com\. /,
    ],
  ])('no collector: %s', async (_what, serve, protocol, expected) => {
    const lines = await collector(at(await serve()), protocol);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^HB443 warn /);
    expect(lines[0]).toMatch(expected);
    expect(lines[0]).not.toContain('canary');
  });

  test('nobody there', async () => {
    for (const protocol of BOTH) expect((await collector(at(9), protocol))[0]).toMatch(/^HB410 /);
  });

  test('TLS: an authority that is not known, one that is, and none at all', async () => {
    const { ca, ...tls } = testCertificates();
    const [secure, plain] = [await servers.grpc(0, { tls }), await servers.grpc(0)];
    const file = join(home.home, 'ca.pem');
    writeFileSync(file, ca);
    for (const protocol of BOTH) {
      expect((await collector(at(secure, 'https'), protocol))[0]).toMatch(/^HB444 warn /);
      expect((await collector(at(plain, 'https'), protocol))[0], protocol).toMatch(/^HB444 warn /);
    }
    for (const name of ['SSL_CERT_FILE', 'OTEL_EXPORTER_OTLP_CERTIFICATE']) {
      home.env[name] = file;
      expect(await collector(at(secure, 'https'), 'grpc')).toEqual([]);
      expect(await collector(`https://localhost:${secure}`, 'grpc')).toEqual([]);
      delete home.env[name];
    }
  });
});

describe('the shell', () => {
  test('exported variables reach every program; in CI they are meant', async () => {
    Object.assign(home.env, {
      OTEL_SERVICE_NAME: 'canary',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://canary',
      OTEL_PROPAGATORS: 'b3',
    });
    const [line] = await said(telemetryShell, look());
    expect(line).toBe(
      'HB446 info Your shell exports OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_ENDPOINT. / unset OTEL_SERVICE_NAME OTEL_EXPORTER_OTLP_ENDPOINT',
    );
    expect(await said(telemetryShell, look({ ci: true }))).toEqual([]);
  });

  test.each<[Record<string, string>, string]>([
    [{ OTEL_SDK_DISABLED: 'True' }, 'HB447'],
    [{ OTEL_SDK_DISABLED: 'false' }, ''],
    [{ OTEL_SDK_DISABLED: '1' }, ''], // Only the word counts (OpenTelemetry specification, boolean variables).
    [{ OTEL_TRACES_EXPORTER: 'none' }, 'HB450'],
    [{ OTEL_TRACES_EXPORTER: 'console', OTEL_METRICS_EXPORTER: 'console, otlp' }, 'HB450'],
    [{ OTEL_LOGS_EXPORTER: 'otlp' }, ''],
  ])('%o with telemetry wanted', async (env, expected) => {
    home.telemetry = { enabled: true, endpoint: 'http://127.0.0.1:4317', exporters: ['otlp'] };
    Object.assign(home.env, env);
    expect((await said(telemetryOff, look())).map(line => line.slice(0, 5)).join()).toBe(expected);
    home.telemetry = {};
    expect(await said(telemetryOff, look())).toEqual([]);
  });
});

describe('variables that do not go together', () => {
  const HTTP = 'http://canary:4318';
  const GRPC = 'http://canary:4317';
  test.each<[Record<string, string>, string]>([
    [{ ENDPOINT: GRPC }, ''],
    [{ ENDPOINT: GRPC, INSECURE: 'true' }, ''],
    [{ ENDPOINT: GRPC, INSECURE: 'false' }, 'HB448 warn'],
    [{ INSECURE: 'false' }, 'HB448 warn'],
    [{ ENDPOINT: 'https://canary', INSECURE: 'true' }, 'HB448 info'],
    [{ ENDPOINT: 'https://canary', INSECURE: 'false' }, ''],
    [{ ENDPOINT: GRPC, TRACES_INSECURE: '0' }, 'HB448 warn'],
    [{ HEADERS: 'authorization=canary' }, 'HB449 warn'],
    [{ HEADERS: 'authorization=canary', TRACES_ENDPOINT: GRPC }, ''],
    [{ TRACES_HEADERS: 'authorization=canary', METRICS_ENDPOINT: GRPC }, 'HB449 warn'],
    [{ HEADERS: 'Authorization: canary', ENDPOINT: GRPC }, 'HB451 warn'],
    [{ HEADERS: 'a=b,canary', ENDPOINT: GRPC }, 'HB451 warn'],
    [{ HEADERS: 'authorization=Bearer canary==,x-y=a:b,', ENDPOINT: GRPC }, ''],
    [{ ENDPOINT: GRPC, PROTOCOL: 'http/protobuf' }, 'HB453 warn'],
    [{ ENDPOINT: HTTP, PROTOCOL: 'grpc' }, 'HB453 warn'],
    [{ METRICS_ENDPOINT: `${GRPC}/v1/metrics`, PROTOCOL: 'http/protobuf' }, 'HB453 warn'],
    [{ ENDPOINT: 'https://user:canary@host' }, 'HB456 warn'],
    [{ ENDPOINT: `${HTTP}/v1/traces` }, 'HB457 warn'],
    [{ ENDPOINT: `${HTTP}/prefix` }, ''],
    [{ TRACES_ENDPOINT: HTTP }, 'HB457 warn'],
    [{ TRACES_ENDPOINT: `${HTTP}/v1/traces` }, ''],
    [{ TRACES_ENDPOINT: GRPC }, ''],
    [{ CERTIFICATE: '/canary/no.pem' }, 'HB459 warn'],
    [{ CERTIFICATE: '', ENDPOINT: '' }, ''],
    [{ ENDPOINT: 'grpc://canary' }, ''],
  ])('%o', async (variables, expected) => {
    for (const [name, value] of Object.entries(variables)) home.env[`OTEL_EXPORTER_OTLP_${name}`] = value;
    const lines = await said(telemetryVariables, look());
    expect(lines.map(line => line.slice(0, 10)).join()).toBe(expected);
    expect(lines.join()).not.toContain('canary');
  });

  test('a configuration file', async () => {
    home.env['OTEL_CONFIG_FILE'] = 'otel.yaml';
    expect((await said(telemetryVariables, look()))[0]).toMatch(/^HB452 info /);
  });
});

describe('Prefect', () => {
  const prefect = { profile: 'ours', apiUrl: undefined, settings: { PREFECT_SERVER_ANALYTICS_ENABLED: 'false' } };
  const with_ = (more: Partial<WorkspaceLook> = {}): WorkspaceLook => {
    const own = look(more);
    return { ...own, wanted: { ...own.wanted, prefect } };
  };

  test('makes no spans: by the environment, by a file, by the profile', async () => {
    home.telemetry = { enabled: true, endpoint: 'http://127.0.0.1:4317', exporters: ['otlp'] };
    expect(await said(telemetryPrefect, with_())).toEqual([]);
    home.env['PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY'] = 'False';
    expect((await said(telemetryPrefect, with_()))[0]).toMatch(
      /^HB454 warn .*\(the environment variable .*\)\. \/ unset PREFECT_CLOUD/,
    );
    home.env['PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY'] = 'true';
    expect(await said(telemetryPrefect, with_())).toEqual([]);
    delete home.env['PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY'];
    writeFileSync(join(home.root, 'prefect.toml'), '[cloud]\nenable_orchestration_telemetry = false\n');
    expect((await said(telemetryPrefect, with_()))[0]).toContain('(prefect.toml line 2)');
    writeFileSync(join(home.root, 'prefect.toml'), '');
    mkdirSync(join(home.home, '.prefect'), { recursive: true });
    const table = '[profiles.ours]\nPREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY = "0"\n';
    writeFileSync(join(home.home, '.prefect', 'profiles.toml'), table);
    expect((await said(telemetryPrefect, with_()))[0]).toContain('(the profile ours)');
    home.telemetry = {};
    expect(await said(telemetryPrefect, with_())).toEqual([]);
  });

  test('reports its use in four versions, whatever is set', async () => {
    const site = join(home.root, '.venv', 'lib', 'python3.11', 'site-packages');
    mkdirSync(join(site, 'prefect-3.6.22.dist-info'), { recursive: true });
    expect((await said(telemetryPrefect, with_()))[0]).toMatch(/^HB455 warn .* 3\.6\.22 /);
    mkdirSync(join(home.root, 'other'));
    const other = with_();
    expect(await said(telemetryPrefect, { ...other, root: join(home.root, 'other') })).toEqual([]);
  });
});
