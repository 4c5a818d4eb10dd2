import { expect, test } from 'vitest';
import { vaultSettings } from '../../../src/secrets/vault-settings.ts';
import { userPaths } from '../../../src/system/paths.ts';

const HOST = 'https://vault.example.com:8200';

test.each([
  ['', ''],
  ['/', ''],
  ['/v1', ''],
  ['/v1/', ''],
  ['/ui', ''],
  ['/ui/vault/secrets/kv/list?namespace=team', ''],
  ['/behind/a/proxy', '/behind/a/proxy'],
  ['/behind/a/proxy/v1//', '/behind/a/proxy'],
  ['/uitools', '/uitools'],
  ['/tv1', '/tv1'],
])('an address that ends in %j, as people copy them, is that of the server', (end, path) => {
  const paths = userPaths({ HOME: '/nonexistent' });
  expect(vaultSettings({ VAULT_ADDR: `${HOST}${end}` }, paths, undefined)?.address).toBe(`${HOST}${path}`);
  expect(vaultSettings({}, paths, { address: `${HOST}${end}` })?.address).toBe(`${HOST}${path}`);
});
