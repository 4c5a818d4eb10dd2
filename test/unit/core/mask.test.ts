import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mask, maskTable } from '../../../src/core/mask.ts';
import { maskPatterns } from '../../../src/core/mask-patterns.ts';
import { REDACTED } from '../../../src/core/redact.ts';

/** Chunks through one mask, put together again. */
function masked(values: readonly string[], chunks: readonly Buffer[]): Buffer {
  const table = maskTable(values);
  if (!table) return Buffer.concat(chunks);
  const mask = new Mask(table);
  return Buffer.concat([...chunks.map(chunk => mask.push(chunk)), mask.end()]);
}

/** The plain way to say it: mark each byte that belongs to any spelling, then replace each run of marked ones. */
function oracle(values: readonly string[], text: Buffer): Buffer {
  const bytes = text.toString('latin1');
  const marked = new Uint8Array(bytes.length);
  for (const pattern of maskPatterns(values)) {
    for (let at = bytes.indexOf(pattern); at !== -1; at = bytes.indexOf(pattern, at + 1)) {
      marked.fill(1, at, at + pattern.length);
    }
  }
  let out = '';
  for (let at = 0; at < bytes.length; at++) {
    if (!marked[at]) out += bytes[at];
    else if (at === 0 || !marked[at - 1]) out += Buffer.from(REDACTED).toString('latin1');
  }
  return Buffer.from(out, 'latin1');
}

function cut(bytes: Buffer, points: readonly number[]): Buffer[] {
  const sorted = [0, ...points.map(point => point % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, at) => bytes.subarray(sorted[at], end));
}

const SPELLINGS: Record<string, (value: string) => string> = {
  'as it is': value => value,
  JSON: value => JSON.stringify({ value }),
  'a URL': value => `https://x.example.com/?q=${encodeURIComponent(value)}&n=1`,
  'a form': value => new URLSearchParams({ value }).toString(),
  hex: value => Buffer.from(value).toString('hex'),
  HEX: value => Buffer.from(value).toString('hex').toUpperCase(),
  base64: value => Buffer.from(value).toString('base64'),
  'base64 behind one byte': value => Buffer.from(`:${value}:`).toString('base64'),
  'base64 behind two bytes': value => Buffer.from(`u:${value}`).toString('base64'),
  base64url: value => Buffer.from(`?>${value}`).toString('base64url'),
};

/** No twelve characters of the value are left. */
function expectGone(value: string, text: string): void {
  for (let at = 0; at + 12 <= value.length; at++) expect(text).not.toContain(value.slice(at, at + 12));
}

describe('masking a stream', () => {
  const value = `Xq7-"canary"/Vw2+kT9é?>~ '${'p'.repeat(6)}`;

  it.each(Object.entries(SPELLINGS))('finds a secret written as %s, wherever the stream is cut', (_, spell) => {
    const text = Buffer.from(`before ${spell(value)} after\n`);
    const whole = masked([value], [text]);
    expect(whole.toString()).toContain(REDACTED);
    expectGone(
      spell(value)
        .replaceAll(/^.{0,40}=|".*?":"/g, '')
        .slice(4, -4),
      whole.toString(),
    );
    for (let at = 0; at <= text.length; at++) expect(masked([value], cut(text, [at]))).toEqual(whole);
    const bytes = Array.from(text, byte => Buffer.of(byte));
    expect(masked([value], bytes)).toEqual(whole);
  });

  it('finds what Python makes of it: repr, json.dumps, quote, quote_plus, html.escape', () => {
    const program = `import sys, json, urllib.parse as u, html, shlex, base64
v = sys.stdin.read()
for text in (repr(v), repr(v.encode()), json.dumps(v), json.dumps(v, ensure_ascii=False), u.quote(v), u.quote(v, safe=''),
             u.quote_plus(v), html.escape(v), shlex.quote(v), v.encode().hex(), base64.b64encode(v.encode()).decode()):
    sys.stdout.buffer.write(text.encode() + b'\\n')
`;
    for (const secret of [value, `it's/so "odd"\tyes`, 'käse & <brot> 100%']) {
      const said = execFileSync('python3', ['-c', program], { input: secret });
      const lines = masked([secret], [said]).toString().trim().split('\n');
      expect(lines).toHaveLength(11);
      for (const line of lines) expect(line.replace(REDACTED, '').length, line).toBeLessThan(8);
    }
  });

  it('agrees with the plain way, for any values, any text around them and any cuts', () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'b', '\n', '/', '"', 'é', ' '),
      minLength: 6,
      maxLength: 14,
    });
    const values = fc.array(letters, { minLength: 1, maxLength: 4 });
    const made = values.chain(secrets => {
      const spelled = fc.constantFrom(
        ...secrets.flatMap(secret => Object.values(SPELLINGS).map(spell => spell(secret))),
      );
      const piece = fc.oneof(
        spelled,
        spelled.chain(text => fc.nat(text.length).map(end => text.slice(0, end))),
        fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'é'), maxLength: 5 }),
      );
      return fc.tuple(fc.constant(secrets), fc.array(piece, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 6 }));
    });
    fc.assert(
      fc.property(made, ([secrets, pieces, points]) => {
        const text = Buffer.from(pieces.join(''));
        expect(masked(secrets, cut(text, points)).toString('latin1')).toBe(oracle(secrets, text).toString('latin1'));
      }),
      { numRuns: 300 },
    );
  });

  it('passes every other byte as it is, text or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(), { maxLength: 4 }), (bytes, points) => {
        expect(masked(['no-such-secret'], cut(Buffer.from(bytes), points))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('leaves nothing of two secrets that overlap, or of a longer one that begins like a shorter', () => {
    const text = Buffer.from('abcdef123456zzzzzz and abcdefgh-tail');
    expect(masked(['abcdef123456', '123456zzzzzz', 'abcdefgh', 'abcdefgh-tail'], [text]).toString()).toBe(
      `${REDACTED} and ${REDACTED}`,
    );
  });

  it('masks each line of a key, but not the lines that every key has', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n';
    const said = masked([key], [Buffer.from('x MIIEvQIBADANBgkq\r\n-----BEGIN PRIVATE KEY-----\nhkiG9w0BAQEFAASC')]);
    expect(said.toString()).toBe(`x ${REDACTED}\r\n-----BEGIN PRIVATE KEY-----\n${REDACTED}`);
  });

  it('masks what a program takes out of the headers of OpenTelemetry', () => {
    const said = masked(
      ['Authorization=Bearer%20tok-12345678,x-team=abcdefgh1'],
      [Buffer.from('tok-12345678 abcdefgh1')],
    );
    expect(said.toString()).toBe(`${REDACTED} ${REDACTED}`);
  });

  it('holds back nothing that cannot become a secret', () => {
    const table = maskTable(['secret-value-1']);
    if (!table) throw new Error('nothing to mask');
    const mask = new Mask(table);
    expect(mask.push(Buffer.from('Continue? [y/N] ')).toString()).toBe('Continue? [y/N] ');
    expect(mask.push(Buffer.from('secret-val')).toString()).toBe('');
    expect(mask.push(Buffer.from('id\n')).toString()).toBe('secret-valid\n');
  });

  it('has nothing to do for values that are too short', () => {
    expect(maskTable(['true', 'abc12', ''])).toBeUndefined();
  });
});
