import fc from 'fast-check';
import { expect, it } from 'vitest';
import { holdsSecret, looksSecret, REDACTED, Redactor } from '../../../src/core/redact.ts';
import { variableValue } from '../../../src/manifest/variable-rules.ts';
import { holdsUserInfo, withoutUserInfo } from '../../../src/system/url-credentials.ts';
import { KEYS } from '../../support/keys.ts';

const clean = new Redactor().clean;

it('takes user info out of a URL whole, also with an @ in the password', () => {
  for (const user of ['ada', 'ada:pw', 'ada:p@ss', '@x', 'a:b@c@d', 'ada:p%40ss']) {
    expect(clean(`asked https://${user}@db.example/x?q=1 and went on`)).toBe(
      `asked https://${REDACTED}@db.example/x?q=1 and went on`,
    );
  }
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9:@!$&()*+,;=._~%-]{1,30}$/), user => {
      const url = `https://${user}@db.example/`;
      expect(looksSecret(url)).toBe(true);
      expect(clean(url)).toBe(`https://${REDACTED}@db.example/`);
    }),
  );
});

it('finds in a value whatever a URL parser takes for user info', () => {
  const scheme = fc.constantFrom('https', 'postgresql+psycopg', 'git+ssh', 'S3', 'a.b-c');
  fc.assert(
    fc.property(scheme, fc.stringMatching(/^[\x21-\x7eäß]{1,20}$/), (scheme, user) => {
      const text = `${scheme}://${user}@db.example/x`;
      const url = URL.canParse(text) ? new URL(text) : undefined;
      fc.pre(url !== undefined && url.username + url.password !== '' && !/[\\/?#]/.test(user));
      expect(holdsUserInfo(text)).toBe(true);
      expect(variableValue(`before ${text}`)).toBeDefined();
      expect(withoutUserInfo(text)).toBe(`${scheme}://db.example/x`);
    }),
    {
      examples: [
        ['https', '"pw'],
        ['https', `ada:p'w<>`],
        ['S3', '@'],
        ['https', 'a@b:@c'],
      ],
    },
  );
});

it('leaves an @ that is no user info alone', () => {
  for (const text of [
    'https://db.example/a@b',
    'https://db.example?to=ada@mail.example',
    '{"url":"https://db.example","mail":"ada@mail.example"}',
    'ada@mail.example',
  ]) {
    expect(clean(text)).toBe(text);
    expect(looksSecret(text)).toBe(false);
  }
});

it.each(Object.entries(KEYS))('knows a key by its shape, as `secrets scan` does: %s', (_, keys) => {
  for (const key of keys) {
    const text = `first ${key} last\n`;
    expect(looksSecret(text)).toBe(true);
    expect(holdsSecret(`# note\n${key}\nLAST=1\n`)).toBe(true);
    const cleaned = clean(text);
    expect(cleaned).toContain(REDACTED);
    // Nothing is left of what only this key has.
    const random = /:([^:@/]+)@/.exec(key)?.[1] ?? key.match(/[A-Za-z0-9]{8,}/g)?.at(-1) ?? '';
    expect(random.length).toBeGreaterThan(7);
    expect(cleaned).not.toContain(random.slice(-8));
    expect(clean(cleaned)).toBe(cleaned);
  }
});

it('takes a private key out whole, also where its end was cut off, and leaves what stands behind it', () => {
  const block = `-----BEGIN PRIVATE KEY-----\n${'q7Zt4Kp9Xw2Vn6Rb3Yh8Lc5Mf1Jd0Gs+/\n'.repeat(20)}`;
  const left = `-----BEGIN PRIVATE KEY-----\n${REDACTED}`;
  expect(clean(`a ${block}-----END PRIVATE KEY-----\nb`)).toBe(`a ${left}-----END PRIVATE KEY-----\nb`);
  expect(clean(`a ${block.slice(0, 300)}`)).toBe(`a ${left}`);
  expect(clean(JSON.stringify({ a: `${block}-----END PRIVATE KEY-----\n`, b: 1 }))).toBe(
    `{"a":"-----BEGIN PRIVATE KEY-----\\n${REDACTED}-----END PRIVATE KEY-----\\n","b":1}`,
  );
  for (const text of [
    '-----BEGIN PRIVATE KEY----- is how it begins',
    '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n',
  ]) {
    expect(clean(text)).toBe(text);
  }
});
