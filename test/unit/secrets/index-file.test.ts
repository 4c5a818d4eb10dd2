import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { indexCorrections } from '../../../src/secrets/index-corrections.ts';
import { freshEntry, isTrusted, readIndex, updateIndex } from '../../../src/secrets/index-file.ts';
import type { FoundSecret } from '../../../src/secrets/inject.ts';
import { temporary } from '../../support/tools.ts';

const HOUR = 3_600_000;
const at = { wall: 1_800_000_000_000, mono: '0', boot: 'boot-1' };
const secret = {
  name: 'token',
  env: 'TOKEN',
  required: true,
  shared: false,
  pattern: undefined,
  index: undefined,
  indexUser: undefined,
  audience: 'https://a.example.com:443',
};

describe('the index', () => {
  test('keeps entries, in files only we can read, and drops them', async () => {
    const state = temporary();
    const entry = freshEntry('keychain', 'https://a.example.com:443', true, at);
    await updateIndex(state, 'demo', { 'local/a': entry, '*/b': entry });
    await updateIndex(state, 'demo', { '*/b': undefined });
    expect(readIndex(state, 'demo')).toEqual({ 'local/a': entry });
    const file = join(state, 'secrets', 'demo', 'index.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(state, 'secrets')).mode & 0o777).toBe(0o700);
  });

  test('many writers lose nothing', async () => {
    const state = temporary();
    const entry = freshEntry('keychain', undefined, true, at);
    const names = Array.from({ length: 12 }, (_, n) => `local/s${n}`);
    await Promise.all(names.map(name => updateIndex(state, 'demo', { [name]: entry })));
    expect(Object.keys(readIndex(state, 'demo')).sort()).toEqual([...names].sort());
  });

  test('an unreadable one is empty; a namespace is no path', async () => {
    const state = temporary();
    await updateIndex(state, 'demo~12345678', { 'local/a': freshEntry('keychain', undefined, true, at) });
    const file = join(state, 'secrets', 'demo~12345678', 'index.json');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 20));
    expect(readIndex(state, 'demo~12345678')).toEqual({});
    writeFileSync(file, '{"entries": {"local/a": {"store": 1}, "local/b": null}}');
    expect(readIndex(state, 'demo~12345678')).toEqual({});
    expect(() => readIndex(state, '../evil')).toThrow();
  });

  test('is trusted for a day of one boot, by the same store', () => {
    const entry = freshEntry('keychain', undefined, true, at);
    expect(isTrusted(entry, 'keychain', { ...at, wall: at.wall + 23 * HOUR })).toBe(true);
    expect(isTrusted(entry, 'keychain', { ...at, wall: at.wall + 25 * HOUR })).toBe(false);
    expect(isTrusted(entry, 'keychain', { ...at, wall: at.wall - HOUR })).toBe(false);
    expect(isTrusted(entry, 'keychain', { ...at, boot: 'boot-2' })).toBe(false);
    expect(isTrusted(entry, 'environment', at)).toBe(false);
    expect(isTrusted(undefined, 'keychain', at)).toBe(false);
  });
});

test('what the store has answered corrects the index, and keeps the audience it had', () => {
  const old = freshEntry('keychain', 'https://old.example.com:443', true, at);
  const found = (name: string, value: string | undefined, from: FoundSecret['from'] = 'store'): FoundSecret => ({
    secret: { ...secret, name },
    value,
    from,
    audience: undefined,
  });
  const changes = indexCorrections(
    [found('token', 'x'), found('new', 'x'), found('gone', undefined), found('env', 'x', 'caller')],
    {
      store: { name: 'keychain' },
      environment: 'local',
      index: { 'local/token': old, 'local/gone': old },
    },
  );
  expect(Object.keys(changes)).toEqual(['local/token', 'local/new', 'local/gone']);
  expect(changes['local/token']).toMatchObject({ audience: old.audience, storedAt: old.storedAt });
  expect(changes['local/new']).toMatchObject({ audience: secret.audience, storedAt: undefined });
  expect(changes['local/gone']).toBeUndefined();
});
