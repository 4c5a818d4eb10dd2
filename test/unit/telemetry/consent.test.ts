import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readConsent, writeConsent } from '../../../src/telemetry/consent.ts';
import { temporary } from '../../support/tools.ts';

const folder = temporary('hb-consent-');
const file = join(folder, 'config.toml');
const CONSENT = { endpoint: 'https://otel.example.com:4318', since: '2026-11-25', token: false };
const TABLE = '[telemetry]\nendpoint = "https://otel.example.com:4318"\nsince = "2026-11-25"\ntoken = true\n';

/** What is in config.toml after `on` or `off`. */
function after(text: string, consent: typeof CONSENT | undefined): string {
  writeFileSync(file, text);
  writeConsent(file, consent);
  expect(readConsent(file)).toEqual(consent);
  return readFileSync(file, 'utf8');
}

it('what stands above the next table stays when telemetry is switched on again or off', () => {
  const vault = '# The Vault of the team\n\n# asked by everybody\n[vault]\naddress = "https://v.example.com"\n';
  for (const [above, below] of [
    ['', vault],
    ['store = "keychain"\n\n', vault],
    ['# mine\n', `\n${vault}`],
    ['store = "keychain"\n\n', `\n\n${vault}`],
    ['store = "keychain"\n', '# the end\n'],
  ] as const) {
    const off = after(`${above}${TABLE}${below}`, undefined);
    expect(off.replace(/\n+/g, '\n').trim()).toBe(`${above}${below}`.replace(/\n+/g, '\n').trim());
    expect(off).toContain(below.trim());
    expect(after(`${above}${TABLE}${below}`, CONSENT)).toContain(below.trim());
  }
});

it('off after on is what was there before, however often, and no line of another table is lost', () => {
  const tables = fc.constantFrom('[vault]', '[sealed-file]', '[other.deep]', '[[list]]');
  const line = fc.constantFrom('', '# words', '  # [telemetry]', 'key = 1 # [x]');
  const text = fc
    .tuple(fc.array(line, { maxLength: 4 }), fc.uniqueArray(tables), fc.array(line, { maxLength: 6 }))
    .map(([top, names, rest]) => {
      const once = (lines: string[]): string[] => lines.map((one, at) => one.replace('key', `key${at}`));
      return [...once(top), ...names.flatMap(name => [name, ...once(rest)])].join('\n');
    });
  fc.assert(
    fc.property(text, before => {
      const whole = before === '' || before.endsWith('\n') ? before : `${before}\n`;
      let now = whole;
      for (let times = 0; times < 3; times++) now = after(after(now, CONSENT), undefined);
      expect(now).toBe(whole);
    }),
    { numRuns: 20 },
  );
  fc.assert(
    fc.property(text, text, (above, below) => {
      fc.pre(!below.startsWith('key') && !/^(\s*(#.*)?\n)*key/.test(below));
      const names = (part: string): string[] => part.match(/^\[.*/gm) ?? [];
      fc.pre(names(above).every(name => !names(below).includes(name)));
      const lines = (part: string): string[] => part.split('\n').filter(one => one !== '');
      const off = after(`${above}\n${TABLE}${below}`, undefined);
      expect(lines(off)).toEqual([...lines(above), ...lines(below)]);
    }),
    { numRuns: 40 },
  );
});
