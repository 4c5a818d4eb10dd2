import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canonicalName, checkSetting, isSecretSetting } from '../../../src/prefect/settings.ts';
import shipped from '../../../src/prefect/settings-3.9.1.json' with { type: 'json' };
import { repository } from '../../support/tools.ts';

const measured = JSON.parse(
  readFileSync(join(repository, 'test', 'fixtures', 'prefect-settings-3.9.1.json'), 'utf8'),
) as { canonical: string[]; aliases: Record<string, string>; secret: string[] };

const reason = (name: string, value: string | number | boolean): string => {
  const result = checkSetting(name, value);
  return result.ok ? 'accepted' : result.reason;
};
const written = (name: string, value: string | number | boolean): unknown => {
  const result = checkSetting(name, value);
  return result.ok ? [result.name, result.value] : result.reason;
};

describe('the shipped list', () => {
  test('holds the names that a real Prefect 3.9.1 knows', () => {
    expect(Object.values(shipped.types).flat().sort()).toEqual([...measured.canonical].sort());
    expect(shipped.aliases).toEqual(Object.fromEntries(Object.entries(measured.aliases).sort()));
    expect(shipped.types.secret).toEqual([...measured.secret].sort());
  });
  test('is small', () => {
    expect(statSync(join(repository, 'src', 'prefect', 'settings-3.9.1.json')).size).toBeLessThan(25_000);
  });
});

describe('names', () => {
  test('a former name becomes the one Prefect writes', () => {
    expect(written('PREFECT_LOGGING_SERVER_LEVEL', 'INFO')).toEqual(['PREFECT_SERVER_LOGGING_LEVEL', 'INFO']);
    expect(canonicalName('PREFECT_SERVER_ALLOW_EPHEMERAL_MODE')).toBe('PREFECT_SERVER_EPHEMERAL_ENABLED');
  });
  test('an unknown name is refused with the nearest one', () => {
    expect(checkSetting('PREFECT_LOGING_LEVEL', 'INFO')).toEqual({
      ok: false,
      reason: 'is not a setting of Prefect',
      nearest: 'PREFECT_LOGGING_LEVEL',
    });
    expect(checkSetting('prefect_api_url', 'http://x/api')).toMatchObject({ nearest: 'PREFECT_API_URL' });
    expect(reason('PREFECT_PROFILE', 'x')).toContain('`profile`');
    expect(reason('toString', 'x')).toContain('not a setting');
    expect(reason('__proto__', 'x')).toContain('not a setting');
  });
  test.each([...measured.secret, 'PREFECT_API_DATABASE_CONNECTION_URL', 'PREFECT_API_DATABASE_PASSWORD'])(
    '%s is a secret',
    name => {
      expect(reason(name, 'x')).toContain('secret');
      expect(isSecretSetting(name)).toBe(true);
    },
  );
  test.each([
    'PREFECT_HOME',
    'PREFECT_PROFILES_PATH',
    'PREFECT_LOGGING_CONFIG_PATH',
    'PREFECT_LOGGING_SETTINGS_PATH',
    'PREFECT_PLUGINS_ENABLED',
    'PREFECT_EXPERIMENTS_PLUGINS_ENABLED',
    'PREFECT_PLUGINS_ALLOW',
    'PREFECT_API_TLS_INSECURE_SKIP_VERIFY',
    'PREFECT_API_SSL_CERT_FILE',
    'PREFECT_CLIENT_CUSTOM_HEADERS',
    'PREFECT_CLOUD_API_URL',
  ])('%s is not for a manifest', name => {
    expect(reason(name, 'true')).not.toMatch(/accepted|no setting/);
  });
  test('custom headers count as a secret, a log level does not', () => {
    expect(isSecretSetting('PREFECT_CLIENT_CUSTOM_HEADERS')).toBe(true);
    expect(isSecretSetting('PREFECT_LOGGING_LEVEL')).toBe(false);
  });
});

describe('values', () => {
  test.each<[string, string | number | boolean, string]>([
    ['PREFECT_SERVER_ANALYTICS_ENABLED', false, 'false'],
    ['PREFECT_SERVER_ANALYTICS_ENABLED', 'Yes', 'Yes'],
    ['PREFECT_LOGGING_LEVEL', 'info', 'INFO'],
    ['PREFECT_CLIENT_MAX_RETRIES', 3, '3'],
    ['PREFECT_API_REQUEST_TIMEOUT', 1.5, '1.5'],
    ['PREFECT_SERVER_API_CSRF_TOKEN_EXPIRATION', 'PT5M', 'PT5M'],
    ['PREFECT_SERVER_API_CSRF_TOKEN_EXPIRATION', '00:05:00', '00:05:00'],
    ['PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS', 30, '30'],
    ['PREFECT_CLIENT_RETRY_EXTRA_CODES', '429,503', '429,503'],
    ['PREFECT_LOGGING_EXTRA_LOGGERS', 'a,b', 'a,b'],
    ['PREFECT_API_URL', 'http://127.0.0.1:4200/api', 'http://127.0.0.1:4200/api'],
    ['PREFECT_API_URL', 'https://prefect.example.com/base/api/', 'https://prefect.example.com/base/api/'],
    [
      'PREFECT_API_URL',
      'https://api.prefect.cloud/api/accounts/a1/workspaces/b2',
      'https://api.prefect.cloud/api/accounts/a1/workspaces/b2',
    ],
  ])('%s = %s is written as "%s"', (name, value, text) => {
    expect(written(name, value)).toEqual([name, text]);
  });
  test.each<[string, string | number | boolean, string]>([
    ['PREFECT_SERVER_ANALYTICS_ENABLED', 'maybe', 'must be true or false'],
    ['PREFECT_SERVER_ANALYTICS_ENABLED', '', 'must be true or false'],
    ['PREFECT_LOGGING_LEVEL', 'TRACE', 'must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL'],
    ['PREFECT_CLIENT_MAX_RETRIES', -1, 'must be a whole number of at least 0'],
    ['PREFECT_CLIENT_MAX_RETRIES', 1.5, 'must be a whole number of at least 0'],
    [
      'PREFECT_SERVER_CONCURRENCY_INITIAL_DEPLOYMENT_LEASE_DURATION',
      10,
      'must be a number of at least 30 and at most 3600',
    ],
    ['PREFECT_SERVER_API_CSRF_TOKEN_EXPIRATION', '300', 'must be a duration such as "PT5M"'],
    ['PREFECT_CLIENT_RETRY_EXTRA_CODES', '99', 'must be status codes such as "429,503"'],
    ['PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME', 5, 'must be text in quotes'],
    ['PREFECT_API_REQUEST_TIMEOUT', Number.POSITIVE_INFINITY, 'must be a number'],
    ['PREFECT_RESULTS_LOCAL_STORAGE_PATH', 'C:\\xyz', 'must not hold a backslash'],
    ['PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME', 'Pool für alle', 'must hold only ASCII'],
    ['PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME', 'a\nb', 'must hold only ASCII'],
    ['PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME', 'pnu_0123456789abcdef', 'looks like it holds a password'],
    ['PREFECT_SERVER_SERVICES_DB_VACUUM_EVENT_RETENTION_OVERRIDES', '{"a": 7200}', 'under variables'],
    ['PREFECT_API_URL', 'notaurl', 'must be a URL'],
    ['PREFECT_API_URL', '', 'must be a URL'],
    ['PREFECT_API_URL', 'ftp://x/api', 'must be a URL'],
    ['PREFECT_API_URL', 'http://127.0.0.1:4200', 'must end in /api'],
    ['PREFECT_API_URL', 'https://user@x/api', 'password'],
    ['PREFECT_API_URL', 'https://x/api?a=b', '"?"'],
    ['PREFECT_API_URL', 'https://app.prefect.cloud/account/a/workspace/b', 'browser'],
  ])('%s = %s is refused: %s', (name, value, why) => {
    expect(reason(name, value)).toContain(why);
  });
});
