import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Item, SecretStore } from '../../src/secrets/store.ts';

export interface StoreUnderTest {
  /** The store; opened anew at each call, as another run would. */
  open: () => SecretStore;
  /** How many random values it is tried with. */
  runs: number;
  /** Writes `count` items named `<prefix>/<n>` in a process of its own; resolves when that has ended well. */
  inProcess: (prefix: string, count: number) => Promise<void>;
}

export const item = (user: string): Item => ({ service: 'hotpass-bootstrap/contract', user, env: 'CONTRACT' });

/** Texts that every store gives back as they were; a variable cannot hold nothing, nor a NUL. */
const SHAPES: [string, string][] = [
  ['one byte', 'x'],
  ['spaces at both ends', '  two words  '],
  ['newlines of both kinds', '-----BEGIN KEY-----\nabc\r\ndef\n-----END KEY-----\n'],
  ['control characters', '\u0001\t\u001b[31m\u007f\u0085'],
  ['a byte order mark', '\ufeffvalue'],
  ['characters beyond the first plane, combined and decomposed', 'pä a\u0308 密码 🔑 👩‍👩‍👧 \u{10ffff}'],
  ['64 KiB', 'é'.repeat(32 * 1024)],
];

/**
 * What every store holds to, also one that is only read. Call it inside a `describe`.
 * @param filled a store that holds these values, by the variable of their item, and no others.
 */
export function answersWhatItHolds(filled: (values: Readonly<Record<string, string>>) => Promise<SecretStore>): void {
  const named = (variable: string): Item => ({ ...item(`local/${variable.toLowerCase()}`), env: variable });

  test('gives every kind of text, in the order it was asked, and nothing for what it has not', async () => {
    const values = Object.fromEntries(SHAPES.map(([, value], at) => [`SHAPE_${at}`, value]));
    const store = await filled(values);
    const asked = ['NEITHER', ...Object.keys(values), 'SHAPE_0'].map(named);
    expect(await store.get(asked)).toEqual([undefined, ...Object.values(values), values['SHAPE_0']]);
    expect(await store.get([named('NEITHER')])).toEqual([undefined]);
    expect(await store.get([])).toEqual([]);
  });

  test('says that it is fine, and takes nothing when it is only read', async () => {
    const store = await filled({ KEPT: 'as it was' });
    expect(await store.probe()).toMatchObject({ state: 'ok' });
    if (store.writable) return;
    for (const call of [store.set(named('KEPT'), 'other'), store.remove(named('KEPT'))]) {
      await expect(call).rejects.toMatchObject({ id: 'HB317', exit: 64 });
    }
    expect(await store.get([named('KEPT')])).toEqual(['as it was']);
  });
}

/** What every store that can be written holds to besides. Call it inside a `describe`. */
export function keepsTheContract(make: () => StoreUnderTest): void {
  const put = async (user: string, value: string): Promise<string | undefined> => {
    await make().open().set(item(user), value);
    return (
      await make()
        .open()
        .get([item(user)])
    )[0];
  };

  test('gives back nothing at all, which is a value too', async () => {
    expect(await put('local/shape', '')).toBe('');
  });

  test('gives back any text', async () => {
    const { runs } = make();
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }).filter(value => !value.includes('\0'));
    await fc.assert(
      fc.asyncProperty(text, async value => {
        expect(await put('local/any', value)).toBe(value);
      }),
      { numRuns: runs },
    );
  });

  test.each([
    ['a NUL', 'canary\0tail', 'NUL character at position 7'],
    ['half of a pair', 'canary\ud800tail', 'broken character'],
    ['more than 1 MiB', 'canary'.repeat(200_000), 'larger than 1 MiB'],
  ])('refuses %s in a sentence, and keeps what was there', async (_, value, words) => {
    const store = make().open();
    await store.set(item('local/refused'), 'before');
    const error = await store.set(item('local/refused'), value).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ id: 'HB358', exit: 78, message: expect.stringContaining(words) });
    expect(JSON.stringify(error)).not.toContain('canary');
    expect(await store.get([item('local/refused')])).toEqual(['before']);
  });

  test('overwrites, removes, and says what it has not, in the order it was asked', async () => {
    const store = make().open();
    await store.set(item('local/one'), 'first');
    await store.set(item('local/one'), 'second');
    await store.set(item('*/one'), 'shared');
    expect(await store.get(['local/none', 'local/one', '*/one', 'local/one'].map(item))).toEqual([
      undefined,
      'second',
      'shared',
      'second',
    ]);
    expect(await store.remove(item('local/one'))).toBe(true);
    expect(await store.remove(item('local/one'))).toBe(false);
    expect(
      await make()
        .open()
        .get([item('local/one'), item('*/one')]),
    ).toEqual([undefined, 'shared']);
    expect(await store.get([])).toEqual([]);
  });

  test('loses nothing of two processes that write at the same time', async () => {
    await Promise.all([make().inProcess('left', 8), make().inProcess('right', 8)]);
    const users = ['left', 'right'].flatMap(side => Array.from({ length: 8 }, (_, n) => `${side}/${n}`));
    expect(await make().open().get(users.map(item))).toEqual(users);
  });

  test('is fine when it is probed, and the probe leaves nothing', async () => {
    expect(await make().open().probe()).toMatchObject({ state: 'ok' });
  });
}
