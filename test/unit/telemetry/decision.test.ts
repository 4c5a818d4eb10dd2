import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/telemetry/decision.ts';
import { checkedEndpoint, signalUrl } from '../../../src/telemetry/endpoint.ts';
import { newSpan, parentOf, traceparent } from '../../../src/telemetry/trace-context.ts';

const CONSENT = { endpoint: 'https://otel.example.com:4318', since: '2026-11-25', token: false };
const person = (env: Record<string, string>) => decide(CONSENT, { env, ci: false, untrusted: undefined });
const job = (env: Record<string, string>, untrusted?: string) => decide(CONSENT, { env, ci: true, untrusted });
const ENDPOINT = 'HOTPASS_BOOTSTRAP_OTLP_ENDPOINT';

describe('whether anything is sent', () => {
  it.each([
    [{ DO_NOT_TRACK: '1' }, 'DO_NOT_TRACK'],
    [{ DO_NOT_TRACK: 'yes' }, 'DO_NOT_TRACK'],
    [{ DO_NOT_TRACK: 'no' }, 'DO_NOT_TRACK'],
    [{ DO_NOT_TRACK: ' ' }, 'DO_NOT_TRACK'],
    [{ OTEL_SDK_DISABLED: 'TRUE' }, 'OTEL_SDK_DISABLED'],
  ])('%o says no to everybody', (env, by) => {
    expect(person(env)).toMatchObject({ sends: false, by });
    expect(job({ ...env, [ENDPOINT]: 'https://otel.example.com' })).toMatchObject({ sends: false, by });
  });

  it.each([
    {},
    { DO_NOT_TRACK: '0' },
    { DO_NOT_TRACK: '' },
    { OTEL_SDK_DISABLED: 'false' },
    { OTEL_SDK_DISABLED: '1' },
  ])('%o says nothing', env => {
    expect(person(env)).toMatchObject({ sends: true, by: 'config.toml', endpoint: CONSENT.endpoint });
  });

  it('a job never uses what a person agreed to, and only its own endpoint', () => {
    expect(job({})).toMatchObject({ sends: false, by: 'CI' });
    expect(job({ [ENDPOINT]: 'http://otel.example.com' })).toMatchObject({ sends: false, by: 'CI' });
    const own = job({ [ENDPOINT]: 'https://ci.example.com/otlp/' });
    expect(own).toMatchObject({ sends: true, by: 'CI', endpoint: 'https://ci.example.com/otlp' });
    expect(job({ [ENDPOINT]: 'https://ci.example.com' }, 'a fork may have started it')).toMatchObject({
      sends: false,
      by: 'untrusted job',
    });
  });
});

describe('an endpoint', () => {
  it.each([
    'http://otel.example.com:4318',
    'https://user:pass@otel.example.com',
    'https://otel.example.com/?token=x',
    'https://otel.example.com/#x',
    'grpc://127.0.0.1:4317',
    'otel.example.com:4318',
    'http://127.0.0.1.example.com:4318',
    'file:///etc/passwd',
  ])('%s is none', text => {
    expect(checkedEndpoint(text)).toBeUndefined();
  });

  it.each([
    ['HTTPS://Otel.Example.com:443/', 'https://otel.example.com/v1/traces'],
    ['https://otel.example.com/otlp//', 'https://otel.example.com/otlp/v1/traces'],
    ['http://localhost:4318', 'http://localhost:4318/v1/traces'],
    ['http://[::1]:4318', 'http://[::1]:4318/v1/traces'],
  ])('%s gets %s', (text, url) => {
    expect(signalUrl(checkedEndpoint(text) ?? '', 'traces').href).toBe(url);
  });
});

describe('TRACEPARENT', () => {
  const hex = (length: number) =>
    fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter(text => /[1-9a-f]/.test(text));

  it('is read as it was written, whatever it holds', () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, sampled) => {
        const context = { traceId, spanId, sampled };
        expect(parentOf({ TRACEPARENT: traceparent(context) })).toEqual(context);
        expect(newSpan(context)).toMatchObject({ traceId, sampled });
      }),
    );
  });

  it.each([
    '',
    'x',
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331',
    ' 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  ])('%j begins a trace of its own', text => {
    expect(parentOf({ TRACEPARENT: text })).toBeUndefined();
  });

  it('of a later version is understood by its first four fields', () => {
    const later = 'cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-holds';
    expect(parentOf({ TRACEPARENT: later })).toMatchObject({ spanId: 'b7ad6b7169203331', sampled: true });
  });
});
