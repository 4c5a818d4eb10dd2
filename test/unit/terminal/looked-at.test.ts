import { expect, it } from 'vitest';
import { STEP_IDS } from '../../../src/core/ids.ts';
import { partOf } from '../../../src/terminal/looked-at.ts';

it('speaks of everything only when everything was looked at', () => {
  expect(partOf(STEP_IDS)).toBeUndefined();
  for (const left of STEP_IDS) {
    expect(partOf(STEP_IDS.filter(id => id !== left))).toBe(`${left} was not looked at`);
    expect(partOf([left])).toBe(`only ${left} was looked at`);
  }
  expect(partOf(['uv', 'python', 'prefect'])).toBe('only uv, python and prefect were looked at');
  expect(partOf([])).toBe('nothing was looked at');
});
