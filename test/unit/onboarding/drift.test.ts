import { expect, it } from 'vitest';
import { timeBetween } from '../../../src/onboarding/drift.ts';

const at = (wall: number, mono: number) => ({ wall: 1e12 + wall * 1000, mono: String(mono * 1e9), boot: 'b' });

it.each([
  ['clocks that agree', 60, 60, false],
  ['a clock that is set a little', 62, 60, false],
  ['a machine that slept', 63, 60, true],
  ['a clock that was set back', 57, 60, true],
  ['a clock that nobody sets, and that went back', -1, -1, true],
])('%s', (_, wall, mono, suspect) => {
  expect(timeBetween(at(0, 100), at(wall, 100 + mono))).toEqual({ ns: BigInt(mono) * 1_000_000_000n, suspect });
});
