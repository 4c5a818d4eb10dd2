import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rememberStore } from '../../../src/secrets/choose.ts';
import { unknownKeys } from '../../../src/secrets/config-keys.ts';
import { vaultSettings } from '../../../src/secrets/vault-settings.ts';
import { userPaths } from '../../../src/system/paths.ts';
import { writeConsent } from '../../../src/telemetry/consent.ts';
import { temporary } from '../../support/tools.ts';

function config(text: string) {
  const paths = userPaths({ HOME: temporary('hb-config-') });
  mkdirSync(paths.config, { recursive: true });
  writeFileSync(join(paths.config, 'config.toml'), text);
  return paths;
}

test.each([
  ['stoer = "keychain"\n', [/config\.toml has a key stoer that/, /Did you mean store\?/]],
  ['[vualt]\naddress = "x"\n', [/key vualt that/, /Did you mean vault\?/]],
  ['[vault]\nadress = "canary-value"\n', [/key adress of \[vault\] that/, /Did you mean address\?/]],
  ['[telemetry]\nentirely-new = 1\n', [/key entirely-new of \[telemetry\]/, /Known there: endpoint, since, token\./]],
  ['constructor = 1\n', [/key constructor that/, /Known there: store/]],
])('%j is told, without its value', (text, says) => {
  const [found, ...others] = unknownKeys(config(text));
  expect(others).toEqual([]);
  expect(found).toMatchObject({ id: 'HB349', level: 'warn' });
  const words = `${found?.message} ${found?.cause}`;
  for (const what of says) expect(words).toMatch(what);
  expect(words).not.toContain('canary');
});

test('what this program itself writes and reads is known; a file that is none, or no TOML, is not its concern', () => {
  expect(unknownKeys(userPaths({ HOME: temporary('hb-config-') }))).toEqual([]);
  expect(unknownKeys(config('store = \n'))).toEqual([]);
  const paths = config('[vault]\naddress = "https://v.example.com"\nmount = "kv"\n');
  const file = rememberStore(paths, 'sealed-file', 'passphrase');
  writeConsent(file, { endpoint: 'https://o.example.com', since: '2026-01-01', token: true });
  expect(unknownKeys(paths)).toEqual([]);
  // Every key that Vault's settings are read from is known.
  const read = new Set<string>();
  const address = 'https://v.example.com';
  const values = { address, namespace: 'n', cacert: '/c', mount: 'm', role: 'r', 'auth-mount': 'a', audience: 'u' };
  for (const [key, value] of Object.entries(values)) {
    const where = config(`[vault]\naddress = "${address}"\n${key === 'address' ? '' : `${key} = "${value}"\n`}`);
    if (JSON.stringify(vaultSettings({}, where, undefined)).includes(`"${value}"`)) read.add(key);
    expect(unknownKeys(where)).toEqual([]);
  }
  expect([...read]).toEqual(Object.keys(values));
});
