import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, it } from 'vitest';

/** As the D-Bus client gets it. */
const Long = createRequire(import.meta.url)('../../../scripts/small-long.cjs');

it('makes the numbers of two halves that a DataView makes of their bytes', () => {
  const half = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const check = fc.property(half, half, fc.boolean(), (low, high, unsigned) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setInt32(0, low, true);
    view.setInt32(4, high, true);
    const expected = Number(unsigned ? view.getBigUint64(0, true) : view.getBigInt64(0, true));
    expect(Long.fromBits(low, high, unsigned).toNumber()).toBe(expected);
  });
  fc.assert(check);
});
