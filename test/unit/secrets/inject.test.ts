import { describe, expect, test } from 'vitest';
import type { DeclaredSecret } from '../../../src/secrets/declared.ts';
import { type Destinations, type FoundSecret, injectSecrets } from '../../../src/secrets/inject.ts';

const secret = (env: string, more: Partial<DeclaredSecret> = {}): DeclaredSecret => ({
  name: env.toLowerCase().replaceAll('_', '-'),
  env,
  required: true,
  shared: false,
  pattern: undefined,
  index: undefined,
  indexUser: undefined,
  audience: undefined,
  ...more,
});
const stored = (
  env: string,
  value: string | undefined,
  more: Partial<FoundSecret> = {},
  declared: Partial<DeclaredSecret> = {},
): FoundSecret => ({
  secret: secret(env, declared),
  value,
  from: 'store',
  audience: undefined,
  ...more,
});
const where: Destinations = {
  environment: 'staging',
  prefectApiUrl: 'https://prefect.example.com/api',
  otlpEndpoint: 'https://otel.example.com:4317',
  variables: {},
};
const failure = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error');
};

describe('injectSecrets', () => {
  // Prefect takes its variables in letters of any size.
  test.each(['PREFECT_API_KEY', 'PREFECT_API_AUTH_STRING', 'PREFECT_CLIENT_CUSTOM_HEADERS', 'prefect_api_key'])(
    'a Prefect credential comes with both of its URLs: %s',
    env => {
      const { variables } = injectSecrets([stored(env, 'user:pw')], where, []);
      expect(variables).toEqual({
        [env]: 'user:pw',
        PREFECT_API_URL: 'https://prefect.example.com/api',
        PREFECT_CLOUD_API_URL: 'https://api.prefect.cloud/api',
      });
    },
  );

  test('collector headers come with their endpoint, and no signal has another one', () => {
    const headers = stored('OTEL_EXPORTER_OTLP_HEADERS', 'Authorization=Bearer%20x');
    const injection = injectSecrets([headers], where, []);
    expect(injection.variables['OTEL_EXPORTER_OTLP_ENDPOINT']).toBe('https://otel.example.com:4317');
    expect(injection.remove).toContain('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
    const elsewhere = { ...where, variables: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://evil.example.net' } };
    expect(failure(() => injectSecrets([headers], elsewhere, []))).toMatchObject({ exit: 78 });
  });

  test('other secrets are plain, optional missing ones are left out, index passwords are for uv alone', () => {
    const found = [
      stored('API_KEY', 'k'),
      stored('EXTRA', undefined, {}, { required: false }),
      stored('PRIVATE', 'p', {}, { index: 'private' }),
    ];
    expect(injectSecrets(found, where, [])).toEqual({ variables: { API_KEY: 'k' }, remove: [] });
  });

  test('missing required ones are all named', () => {
    const error = failure(() => injectSecrets([stored('A', undefined), stored('B', '')], where, []));
    const next = 'hotpass-bootstrap secrets set a --env staging';
    expect(error).toMatchObject({ exit: 3, message: 'Missing for staging: a (A), b (B).', next });
    const readOnly = failure(() => injectSecrets([stored('A', undefined)], { ...where, writable: false }, []));
    expect(readOnly).toMatchObject({ exit: 3, next: 'hotpass-bootstrap secrets where' });
  });

  test('a key of Prefect Cloud goes nowhere else', () => {
    const key = stored('PREFECT_API_KEY', 'pnu_abcdefgh');
    expect(failure(() => injectSecrets([key], where, []))).toMatchObject({ exit: 78, id: 'HB313' });
    const lookalike = { ...where, prefectApiUrl: 'https://api.prefect.cloud.evil.example/api' };
    expect(failure(() => injectSecrets([key], lookalike, []))).toMatchObject({ exit: 78 });
    const cloud = { ...where, prefectApiUrl: 'https://api.prefect.cloud/api/accounts/a/workspaces/w' };
    expect(injectSecrets([key], cloud, []).variables['PREFECT_API_KEY']).toBe('pnu_abcdefgh');
  });

  test.each(['http://prefect.example.com/api', 'https://user:pw@prefect.example.com/api', 'prefect', undefined])(
    'no credential for %s',
    prefectApiUrl => {
      const error = failure(() =>
        injectSecrets([stored('PREFECT_API_AUTH_STRING', 'canary')], { ...where, prefectApiUrl }, []),
      );
      expect(error).toMatchObject({ exit: 78 });
      expect(JSON.stringify(error)).not.toContain('canary');
    },
  );

  test('loopback needs no TLS', () => {
    for (const prefectApiUrl of ['http://127.0.0.1:4200/api', 'http://localhost:4200/api', 'http://[::1]:4200/api']) {
      injectSecrets([stored('PREFECT_API_AUTH_STRING', 'x')], { ...where, prefectApiUrl }, []);
    }
    const lookalike = { ...where, prefectApiUrl: 'http://127.0.0.1.evil.example/api' };
    expect(failure(() => injectSecrets([stored('PREFECT_API_AUTH_STRING', 'x')], lookalike, []))).toMatchObject({
      exit: 78,
    });
  });

  test('workspace files with custom headers or TLS checks off stop it', () => {
    const hazards = [{ file: '.env', name: 'PREFECT_CLIENT_CUSTOM_HEADERS' }];
    expect(failure(() => injectSecrets([stored('PREFECT_API_KEY', 'x')], where, hazards))).toMatchObject({
      exit: 78,
      id: 'HB312',
    });
    expect(injectSecrets([stored('OTHER', 'x')], where, hazards).variables).toEqual({ OTHER: 'x' });
  });

  test('a stored secret goes to a new origin only when the person says so', () => {
    const moved = stored(
      'TOKEN',
      'x',
      { audience: 'https://old.example.com:443' },
      { audience: 'https://new.example.com:443' },
    );
    expect(failure(() => injectSecrets([moved], where, []))).toMatchObject({
      exit: 3,
      next: 'hotpass-bootstrap setup --approve-origin https://new.example.com:443',
    });
    const dropped = stored('TOKEN', 'x', { audience: 'https://old.example.com:443' });
    expect(failure(() => injectSecrets([dropped], where, []))).toMatchObject({ exit: 3 });
    const same = stored('TOKEN', 'x', { audience: 'https://a.example.com' }, { audience: 'https://a.example.com:443' });
    expect(injectSecrets([same], where, []).variables).toEqual({ TOKEN: 'x' });
    const caller: FoundSecret = { ...moved, from: 'caller', audience: undefined };
    expect(injectSecrets([caller], where, []).variables).toEqual({ TOKEN: 'x' });
  });
});
