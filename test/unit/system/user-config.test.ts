import { existsSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { rememberStore } from '../../../src/secrets/choose.ts';
import { userPaths } from '../../../src/system/paths.ts';
import { configFile, configOf, editConfig } from '../../../src/system/user-config.ts';
import { writeConsent } from '../../../src/telemetry/consent.ts';
import { temporary } from '../../support/tools.ts';

function person() {
  const paths = userPaths({ HOME: temporary('hb-config-') });
  return { paths, file: configFile(paths) };
}

const CONSENT = { endpoint: 'https://o.example.com', since: '2026-01-01', token: false };

it('is written when the text says what it is to say, for its owner alone, through a link', () => {
  const { paths, file } = person();
  expect(configOf(paths)).toEqual({});
  expect(editConfig(file, '# mine\nstore = "keychain"\n', { store: 'keychain' })).toBe(true);
  expect(readFileSync(file, 'utf8')).toBe('# mine\nstore = "keychain"\n');
  const linked = person();
  mkdirSync(linked.paths.config, { recursive: true });
  symlinkSync(file, linked.file);
  expect(editConfig(linked.file, 'a = 1\n', { a: 1 })).toBe(true);
  expect([lstatSync(linked.file).isSymbolicLink(), readFileSync(file, 'utf8')]).toEqual([true, 'a = 1\n']);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('is left alone when the text says anything else, or nothing new', () => {
  const { file } = person();
  for (const text of ['a = 2\n', 'a = 1\nb = 2\n', '', 'no TOML']) expect(editConfig(file, text, { a: 1 })).toBe(false);
  expect(editConfig(file, '', {})).toBe(true);
  expect(existsSync(file)).toBe(false);
});

it.each([
  ['an inline table', 'telemetry = { endpoint = "https://o.example.com", since = "2026-01-01" }\n'],
  ['dotted keys', 'telemetry.endpoint = "https://o.example.com"\ntelemetry.since = "2026-01-01"\n'],
  ['a text that holds a table', 'a = """\n[telemetry]\n"""\n[telemetry]\nendpoint = "https://o.example.com"\n'],
  ['no TOML', 'telemetry\n'],
])('stays as it is where telemetry stands as %s', (_, text) => {
  const { paths, file } = person();
  mkdirSync(paths.config, { recursive: true });
  writeFileSync(file, text);
  for (const consent of [undefined, CONSENT]) expect(() => writeConsent(file, consent)).toThrow('cannot be used');
  expect(readFileSync(file, 'utf8')).toBe(text);
});

it.each([
  ['twice over lines', 'store = """\nkeychain"""\n'],
  ['an inline table', 'sealed-file = { key = "keychain" }\n'],
  ['a quoted key', '"store" = "keychain"\n'],
  ['no TOML', 'store\n'],
])('stays as it is where the store is written as %s', (_, text) => {
  const { paths, file } = person();
  mkdirSync(paths.config, { recursive: true });
  writeFileSync(file, text);
  expect(() => rememberStore(paths, 'sealed-file', 'passphrase')).toThrow('could not be changed');
  expect(readFileSync(file, 'utf8')).toBe(text);
});
