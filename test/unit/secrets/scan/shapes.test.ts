import { describe, expect, it } from 'vitest';
import { shapesIn, shapeWords } from '../../../../src/secrets/scan/shapes.ts';
import { KEYS, some } from '../../../support/keys.ts';

/** Beginnings of keys, over and over. */
const PIECES = [
  'a',
  'a://',
  'a:',
  'a://b:c',
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY-----',
  '-eyJ',
  '-eyJ.',
  'aws_secret=',
].concat([':_authToken ', 'sk-', '-sk-ant-', 'ops_eyJ', '\n', ' ', '-glpat-', '-hvs.', 'SG.', '-xoxb-', 'AccountKey=']);

it('a key is where it stands, not where the same text stands before it', () => {
  const text = 'harbourpw://me:harbourpw@db.internal.net';
  expect(shapesIn(text)).toMatchObject([{ id: 'password-in-url', start: text.lastIndexOf('harbourpw') }]);
});

describe('keys of known shapes', () => {
  it.each(Object.entries(KEYS))('are found: %s', (id, keys) => {
    for (const key of keys) {
      for (const text of [
        key,
        `token = "${key}"`,
        `{"a": "${key}", "b": 1}`,
        `x\n  ${key}\ny`,
        `TOKEN=${key} # mine`,
      ]) {
        const hits = shapesIn(text);
        expect(
          hits.map(hit => hit.id),
          text,
        ).toEqual([id]);
        const [hit] = hits;
        expect(key).toContain(text.slice(hit?.start, hit?.end).trim());
      }
    }
  });

  it('have an example each, and words', () => {
    expect([...shapeWords().keys()].sort()).toEqual(Object.keys(KEYS).sort());
  });

  it.each([
    'AKIAIOSFODNN7EXAMPLE',
    'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    'postgresql://postgres:postgres@localhost:5432/x',
    'postgresql://user:password@db/x',
    'https://${USER}:${TOKEN}@git.host.net/x.git',
    'https://user:<token>@git.host.net',
    'https://me:s3cret-s3cret@example.com/',
    'https://host.test:8080/path@2x.png',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n',
    '//registry.test/:_authToken=${NPM_TOKEN}',
    'task-ab-cdefghijklmnopqrstuvwxyz0123456789abcdef',
    `sha512-${some(86)}==`,
    'the Basic authentication of the Bearer',
  ])('are not made of an example or of something else: %s', text => {
    expect(shapesIn(text)).toEqual([]);
  });

  it.each(['# gitleaks:allow', '# pragma: allowlist secret', '// secretlint-disable-line'])(
    'are left alone on a line that says so: %s',
    words => {
      const token = `ghp_${some(36)}`;
      expect(shapesIn(`a\nT=${token} ${words}\nb`)).toEqual([]);
      expect(shapesIn(`a ${words}\nT=${token}\nb`)).toHaveLength(1);
    },
  );

  it('take no time to speak of over text that was made to take long', () => {
    const started = process.cpuUsage();
    for (const piece of PIECES) {
      shapesIn(piece.repeat(60_000 / piece.length));
    }
    // Of this process alone: the machine may be busy.
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(4000);
  });
});
