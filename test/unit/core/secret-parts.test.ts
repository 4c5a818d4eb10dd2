import fc from 'fast-check';
import { expect, it } from 'vitest';
import { maskTable, placesIn } from '../../../src/core/mask.ts';
import { REDACTED, Redactor } from '../../../src/core/redact.ts';
import { secretParts } from '../../../src/core/secret-parts.ts';
import { knownIn, knownTable } from '../../../src/secrets/scan/known.ts';
import { githubMasks } from '../../../src/system/github-env.ts';

const TOKEN = 'canary+Hz81/Lm40Qp==';
const HEADERS = [
  `Authorization=Bearer%20${encodeURIComponent(TOKEN)}`,
  `x-team=harbour,authorization=Basic ${TOKEN}`,
  `x-api-key=${encodeURIComponent(TOKEN)}`,
  `x-tenant=harbour-9, X-API-Key=${TOKEN} `,
];

/** All that takes a value apart to hide it or to find it. */
const TAKERS: Record<string, (value: string) => boolean> = {
  'masks of run': value => {
    const text = Buffer.from(`> ${TOKEN} <`);
    const table = maskTable([value]);
    return table !== undefined && placesIn(table, text).some(({ start, end }) => end - start >= TOKEN.length);
  },
  'masks for GitHub': value => githubMasks(value).includes(`::add-mask::${TOKEN}`),
  'our own output': value => {
    const redactor = new Redactor();
    redactor.add(value);
    return redactor.clean(`> ${TOKEN} <`) === `> ${REDACTED} <`;
  },
  'secrets scan': value => {
    const table = knownTable([{ name: 'otlp', environment: 'local', value }]);
    return knownIn(table, Buffer.from(`> ${TOKEN} <`)).length === 1;
  },
};

it.each(Object.entries(TAKERS))('%s know the credential that programs take out of headers', (_, knows) => {
  for (const headers of HEADERS) expect([headers, knows(headers)]).toEqual([headers, true]);
});

it.each(Object.entries(TAKERS))('%s know the lines of a key, and leave the lines that every key has', (_, knows) => {
  const key = `-----BEGIN OPENSSH PRIVATE KEY-----\r\n${'q7Zt4Kp9Xw2Vn6Rb'.repeat(4)}\r\n-----END OPENSSH PRIVATE KEY-----\n`;
  expect(knows(key)).toBe(false);
  expect(secretParts(key)).not.toContain('-----BEGIN OPENSSH PRIVATE KEY-----');
  const [, line = ''] = key.split('\r\n');
  const redactor = new Redactor();
  redactor.add(key);
  expect(redactor.clean(`a ${line} b`)).toBe(`a ${REDACTED} b`);
  expect(redactor.clean('a -----BEGIN OPENSSH PRIVATE KEY----- b')).toBe('a -----BEGIN OPENSSH PRIVATE KEY----- b');
});

it('has no part that is not of the value, and none that would garble everything', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'B', '=', ',', ' ', '\n', '\r', '%', '2', '0', 'é', '-') });
  fc.assert(
    fc.property(text, value => {
      for (const part of secretParts(value)) {
        expect(part.trim().length).toBeGreaterThanOrEqual(6);
        expect(
          value.includes(part) || decodeURIComponent(value.replace(/%(?![0-9A-F]{2})/g, '%25')).includes(part),
        ).toBe(true);
      }
    }),
  );
});
