import { expect, test } from 'vitest';
import { indexCredentials, indexVariable } from '../../../src/secrets/index-credentials.ts';
import { journalCopy } from '../../../src/secrets/journal-copy.ts';
import { describeItem, itemOf } from '../../../src/secrets/names.ts';
import { originOf, sameOrigin } from '../../../src/secrets/origin.ts';

const secret = {
  name: 'prefect-auth',
  env: 'PREFECT_API_AUTH_STRING',
  required: true,
  shared: false,
  pattern: undefined,
  index: undefined,
  indexUser: undefined,
  audience: undefined,
};

test('items are named as people see them in their keychain', () => {
  const item = itemOf('hotpass', 'staging', secret);
  expect(item).toEqual({ service: 'hotpass-bootstrap/hotpass', user: 'staging/prefect-auth', env: secret.env });
  expect(itemOf('hotpass', 'staging', { ...secret, shared: true }).user).toBe('*/prefect-auth');
  expect(describeItem(item)).toBe('keychain item hotpass-bootstrap/hotpass staging/prefect-auth');
  expect(journalCopy(item, '20261125-101500-ab12', 3)).toEqual({ ...item, user: '.journal/20261125-101500-ab12/3' });
});

test('uv is given a password by the name of its index', () => {
  expect(indexVariable('acme-private.x', 'PASSWORD')).toBe('UV_INDEX_ACME_PRIVATE_X_PASSWORD');
  expect(
    indexCredentials([
      { secret: { index: 'acme', indexUser: 'dev' }, value: 'p' },
      { secret: { index: 'empty', indexUser: 'dev' }, value: undefined },
      { secret: { index: undefined, indexUser: undefined }, value: 'x' },
    ]),
  ).toEqual({ UV_INDEX_ACME_USERNAME: 'dev', UV_INDEX_ACME_PASSWORD: 'p' });
});

test('origins are compared in one spelling', () => {
  expect(originOf('https://Prefect.example.com/api')).toBe('https://prefect.example.com:443');
  expect(originOf('grpc://collector:4317')).toBe('grpc://collector:4317');
  expect(originOf('not a url')).toBeUndefined();
  expect(sameOrigin('https://a.example.com', 'https://a.example.com:443/x')).toBe(true);
  expect(sameOrigin('https://a.example.com', 'http://a.example.com')).toBe(false);
  expect(sameOrigin(undefined, 'https://a.example.com')).toBe(false);
});
