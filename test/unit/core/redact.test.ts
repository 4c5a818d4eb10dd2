import fc from 'fast-check';
import { expect, it } from 'vitest';
import { looksSecret, REDACTED, Redactor } from '../../../src/core/redact.ts';

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
