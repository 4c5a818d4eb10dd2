import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakWorkflowCommands, clean } from '../../../src/terminal/clean.ts';

/** Text made of what attacks are made of, and of anything else. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\x1b[31m',
        '\x1b[2J',
        '\x1b]0;title\x07',
        '\x1b]8;;https://evil.example\x1b\\',
        '\x1bP1$r\x1b\\',
        '\x9b31m',
        '\x9d0;x\x9c',
        '\x1b',
        '\x1b[',
        '\x1b]',
        '\x9c',
        '\r',
        '\n',
        '\t',
        '\b',
        '\x00',
        '\x7f',
        '\u202e',
        '\u2066',
        '\u200b',
        '\ufeff',
        '\u2028',
        '\ud800',
        '\u{e0041}',
        'https://exаmple.com/',
        'http://[',
        'a@ü:80',
        '::error::x',
        '##[',
        '##vso[',
        '\u00ad',
        '日本',
        '🎉',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
    { maxLength: 40 },
  )
  .map(parts => parts.join(''));

describe('clean', () => {
  it('leaves nothing that a terminal obeys or an eye cannot see', () => {
    fc.assert(
      fc.property(hostile, fc.boolean(), (text, multiline) => {
        const out = clean(text, { multiline });
        expect(out).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
        expect(out).not.toMatch(/[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        if (!multiline) expect(out).not.toContain('\n');
        expect(Buffer.byteLength(out)).toBeLessThanOrEqual(4096);
      }),
      { numRuns: 500 },
    );
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(hostile, fc.boolean(), (text, multiline) => {
        const once = clean(text, { multiline });
        expect(clean(once, { multiline })).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps ordinary text as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'Z', '0', ' ', 'é', 'ß', '日', '🎉', '-', '/') }), text => {
        expect(clean(text)).toBe(text);
      }),
    );
  });

  it('takes whole sequences away, not only their first byte', () => {
    expect(clean('a\x1b[31mred\x1b[0m\x1b]0;owned\x07b')).toBe('aredb');
    expect(clean('\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\')).toBe('click');
    expect(clean('\x1bP+q544e\x1b\\x\x1b_apc\x1b\\y\x9d0;t\x9cz')).toBe('xyz');
    expect(clean('\x1b(0lqk\x1b(B')).toBe('lqk');
  });

  it('keeps newlines only when asked, and takes a carriage return for one', () => {
    expect(clean('a\r\nb\rc')).toBe('a b c');
    expect(clean('a\r\nb\rc\td', { multiline: true })).toBe('a\nb\nc\td');
  });

  it('shows hosts as they are sent, in punycode', () => {
    // The "а" of the first is Cyrillic.
    expect(clean('see https://exаmple.com/ünï and http://u@bücher.example:8080/x')).toBe(
      'see https://xn--exmple-4nf.com/ünï and http://u@xn--bcher-kva.example:8080/x',
    );
    expect(clean('https://a。example/')).toBe('https://a.example/');
    expect(clean('https://a\u200bb.example/')).toBe('https://ab.example/');
    expect(clean('https://x\uff1ay.example/')).toMatch(/^https:\/\/[\x21-\x7e]+$/);
  });

  it('encodes hosts like another implementation (Python idna codec)', () => {
    const hosts = ['bücher.example', 'münchen.example', 'пример.example', '例え.example'];
    const python = spawnSync(
      'python3',
      ['-c', 'import sys; [print(h.encode("idna").decode()) for h in sys.argv[1:]]', ...hosts],
      {
        encoding: 'utf8',
        env: { ...process.env, PYTHONUTF8: '1' },
      },
    );
    expect(python.stdout.trim().split('\n')).toEqual(hosts.map(host => clean(`https://${host}`).slice(8)));
  });

  it('cuts at 4 KiB of UTF-8, never inside a character, and says that it did', () => {
    const out = clean('€🎉'.repeat(2000));
    expect(Buffer.byteLength(out)).toBeLessThanOrEqual(4096);
    expect(out).toMatch(/^(€🎉)*€?…$/u);
    expect(clean('x'.repeat(4096))).toHaveLength(4096);
    expect(clean(`${'x'.repeat(4097)}`).endsWith('…')).toBe(true);
  });

  it('is quick with megabytes of hostile input', () => {
    const started = performance.now();
    for (const piece of ['\x1b]', '\x9d', '\x1b[', 'a.', '\n', 'https://', '::', '\u202e', '\x1b[0'])
      clean(piece.repeat(500_000));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('breakWorkflowCommands', () => {
  /** GitHub's rules: `::` after the white space at a line's start, `##[` anywhere in the line (actions/runner). */
  const obeys = (text: string): boolean =>
    text.split(/[\n\r]/).some(line => line.trimStart().startsWith('::') || /##\[|##vso\[|##teamcity\[/i.test(line));

  it('lets nothing through that a runner obeys', () => {
    const parts = fc.constantFrom(
      '::',
      ':',
      ' ',
      '\t',
      '\n',
      '\r',
      '##',
      '#',
      '[',
      'vso[',
      'teamcity[',
      'error::x',
      'é',
      '\u00a0',
      '\ufeff',
      '\u2028',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 20 }), list => {
        expect(obeys(breakWorkflowCommands(list.join('')))).toBe(false);
      }),
      { numRuns: 1000 },
    );
    expect(obeys('  ::set-env name=X::y')).toBe(true);
  });

  it('breaks sections of GitLab and Travis and keeps the rest readable', () => {
    expect(breakWorkflowCommands('section_start:1:build\r')).toBe('section_start :1:build\r');
    expect(breakWorkflowCommands('travis_fold:start:x')).toBe('travis_fold :start:x');
    expect(breakWorkflowCommands('::add-mask::x')).toBe(': :add-mask::x');
    expect(breakWorkflowCommands('std::vector and a::b, ## [title]')).toBe('std::vector and a::b, ## [title]');
  });

  it('is quick with long input', () => {
    const started = performance.now();
    for (const piece of ['\n', ' ', '::', '#', '\n ', '\u00a0']) breakWorkflowCommands(piece.repeat(200_000));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
