import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KnownValue, knownIn, knownTable } from '../../../../src/secrets/scan/known.ts';
import { matchesIn } from '../../../../src/secrets/scan/matches.ts';

const known = (name: string, value: string): KnownValue => ({ name, environment: 'staging', value });
const namesIn = (values: readonly KnownValue[], text: string | Buffer): string[] =>
  knownIn(knownTable(values), Buffer.from(text)).map(hit => hit.known.name);

describe('values of the store', () => {
  const value = 'user:Xq7-canäry"Vw2kT9/+auth';

  it.each([
    ['as it is', value],
    ['in base64 of a header', `Basic ${Buffer.from(value).toString('base64')}`],
    ['in base64 behind two other bytes', Buffer.from(`x:${value}`).toString('base64')],
    ['in hexadecimal', Buffer.from(value).toString('hex')],
    ['in a URL', `https://host/?k=${encodeURIComponent(value)}`],
    ['in JSON', JSON.stringify({ k: value })],
  ])('are found %s', (_, text) => {
    expect(namesIn([known('auth', value)], `before ${text} behind`)).toEqual(['auth']);
  });

  it('are found wherever they stand, and each by its name', () => {
    const one = fc.stringMatching(/^[A-Za-z0-9!#$%&()*+,./:;<=>?@^_{}~-]{12,40}$/).filter(text => !/^[./~]/.test(text));
    fc.assert(
      fc.property(one, one, fc.string(), fc.string(), (a, b, before, behind) => {
        fc.pre(!a.includes(b) && !b.includes(a));
        const text = `${before}\n${a}\n${behind}\n${b}`;
        expect(namesIn([known('a', a), known('b', b)], text)).toEqual(expect.arrayContaining(['a', 'b']));
      }),
      { numRuns: 100 },
    );
  });

  it('of many lines are told by what is random in them, not by what every such file has', () => {
    const line = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7';
    const file = JSON.stringify(
      {
        type: 'service_account',
        auth_uri: 'https://accounts.google.com/o/oauth2/auth',
        private_key: `-----BEGIN PRIVATE KEY-----\n${line}\n-----END PRIVATE KEY-----\n`,
      },
      undefined,
      2,
    );
    expect(namesIn([known('key', file)], file)).toContain('key');
    expect(namesIn([known('key', file)], `x\n${line}\n`)).toEqual(['key']);
    expect(
      namesIn([known('key', file)], '  "type": "service_account",\n  https://accounts.google.com/o/oauth2/auth'),
    ).toEqual([]);
    expect(namesIn([known('key', file)], '-----BEGIN PRIVATE KEY-----')).toEqual([]);
  });

  it('of headers are told by their token, not by the others', () => {
    const headers = 'Authorization=Bearer%20canaryHz81Lm40Qp,x-team=harbour-team';
    expect(namesIn([known('otlp', headers)], '"--header=Bearer canaryHz81Lm40Qp"')).toEqual(['otlp']);
    expect(namesIn([known('otlp', headers)], 'x-team: harbour-team')).toEqual([]);
  });

  it.each(['debug', 'true', '/srv/app', 'abc'])('like %s are not looked for, and that is told', text => {
    const table = knownTable([known('short', text)]);
    expect(table.left).toEqual(['short']);
    expect(knownIn(table, Buffer.from(`x ${text} y`))).toEqual([]);
  });

  it('are not found twice where they have the shape of a key', () => {
    const token = `gh${'p_'}q7Zt4Kp9Xw2Vn6Rb3Yh8Lc5Mf1Jd0Gsq7Zt4`;
    const matches = matchesIn(Buffer.from(`a\nb ${token}\n`), knownTable([known('gh', token)]));
    expect(matches).toMatchObject([{ line: 2, rule: 'stored-value', secret: 'gh' }]);
    expect(matchesIn(Buffer.from(`a\nb ${token}\n`), knownTable([]))).toMatchObject([
      { line: 2, rule: 'github-token' },
    ]);
  });
});
