import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { warnAboutKeyring } from '../../../src/commands/keyring-warning.ts';
import type { Session } from '../../../src/commands/session.ts';
import { temporary } from '../../support/tools.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'src', 'commands');

afterEach(() => vi.restoreAllMocks());

it('is called by every command that puts something into a store', () => {
  const texts = readdirSync(folder).map(name => [name, readFileSync(join(folder, name), 'utf8')] as const);
  const storing = texts.filter(([, text]) => /\bstore\.set\(|\bawait importSecrets\(/.test(text));
  expect(storing.map(([name]) => name)).toContain('secrets-item.ts');
  expect(storing.filter(([, text]) => !text.includes('warnAboutKeyring(')).map(([name]) => name)).toEqual([]);
});

it('speaks of the keychain, and of a sealed file whose key stands in it, and of nothing else', () => {
  const home = temporary('hb-home-');
  const keyrings = join(home, '.local', 'share', 'keyrings');
  mkdirSync(keyrings, { recursive: true });
  let said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation(text => {
    said += String(text);
    return true;
  });
  const told = (choice: Parameters<typeof warnAboutKeyring>[1], options: object = {}): string => {
    said = '';
    warnAboutKeyring({ env: { HOME: home }, options } as unknown as Session, choice);
    return said;
  };
  expect(told({ store: 'keychain' })).toBe('');
  writeFileSync(join(keyrings, 'login.keyring'), '[keyring]\ndisplay-name=Login\n');
  expect(told({ store: 'keychain' })).toMatch(/login\.keyring is a plain text file.*To give it one: seahorse/s);
  expect(told({ store: 'sealed-file', key: 'keychain' })).toMatch(/plain text file.*The key of your sealed file/s);
  expect(told({ store: 'sealed-file', key: 'passphrase' })).toBe('');
  expect(told({ store: 'environment' })).toBe('');
  expect(told({ store: 'keychain' }, { quiet: true })).toBe('');
});
