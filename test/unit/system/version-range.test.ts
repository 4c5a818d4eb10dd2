import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, isPreRelease, parseVersion, type Version } from '../../../src/system/python-version.ts';
import { exactVersion, fits, parseRange } from '../../../src/system/version-range.ts';

function version(text: string): Version {
  const parsed = parseVersion(text);
  if (!parsed) throw new Error(text);
  return parsed;
}

const inRange = (text: string, range: string): boolean => fits(version(text), parseRange(range));

describe('versions', () => {
  it('are in the order of PEP 440', () => {
    const ordered =
      '1.dev1 1a1.dev1 1a1 1a1.post1 1b2 1rc1 1 1+local.1 1.post1.dev2 1.post1 1.0.1 1.9 1.10 1!0.1'.split(' ');
    for (let i = 1; i < ordered.length; i++) {
      expect(compareVersions(version(ordered[i - 1] ?? ''), version(ordered[i] ?? ''))).toBeLessThanOrEqual(0);
    }
    expect(compareVersions(version('1.0.0'), version('v1'))).toBe(0);
    expect(compareVersions(version('1.0-alpha.1'), version('1a1'))).toBe(0);
    expect(compareVersions(version('1-2'), version('1.post2'))).toBe(0);
    expect(isPreRelease(version('0.14.0rc1'))).toBe(true);
  });

  it('are not made of any text', () => {
    for (const text of ['', '.', '1..2', '1.x', 'latest', '1.0 beta', '-1']) expect(parseVersion(text)).toBeUndefined();
  });
});

describe('ranges', () => {
  it.each([
    ['0.13.9', '0.13.9', true],
    ['0.13.9', '0.13.90', false],
    ['==0.13.*', '0.13.12', true],
    ['==0.13.*', '0.14.0', false],
    ['!=0.13.*, >=0.12', '0.13.1', false],
    ['>=0.9,<0.14', '0.13.9', true],
    ['>=0.9,<0.14', '0.14.0', false],
    ['<0.14', '0.14.0rc1', false],
    ['~=0.13.2', '0.13.9', true],
    ['~=0.13.2', '0.14.0', false],
    ['~=0.13', '0.99', true],
    ['>0.13', '0.13.0.post1', false],
    ['>0.13,', '0.13.1', true],
    ['>=0.13', '0.14.0rc1', false],
    ['>=0.14.0rc1', '0.14.0rc2', true],
    ['!=0.13.9', '0.13.9', false],
  ])('%s has %s: %s', (range, text, expected) => {
    expect(inRange(text, range)).toBe(expected);
  });

  it('that are none are said to be none', () => {
    for (const text of ['', ',', '>=', 'latest', '>=0.9 <1', '=>1', '~=1', '>=1.*', '===1', '^1.2']) {
      expect(parseRange(text)).toBeUndefined();
    }
  });

  it('may allow exactly one version', () => {
    expect(exactVersion(parseRange('0.12.1'))).toBe('0.12.1');
    expect(exactVersion(parseRange('==0.12.1'))).toBe('0.12.1');
    expect(exactVersion(parseRange('==0.12.*'))).toBeUndefined();
    expect(exactVersion(parseRange('>=0.12.1'))).toBeUndefined();
  });

  it('agree with the order of versions', () => {
    const text = fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }).map(parts => parts.join('.'));
    fc.assert(
      fc.property(text, text, (a, b) => {
        const order = compareVersions(version(a), version(b));
        expect(Math.sign(compareVersions(version(b), version(a)))).toBe(-Math.sign(order) + 0);
        expect(inRange(a, `>=${b}`)).toBe(order >= 0);
        expect(inRange(a, `<${b}`)).toBe(order < 0);
        expect(inRange(a, b)).toBe(order === 0);
      }),
    );
  });
});
