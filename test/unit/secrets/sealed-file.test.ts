import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sealedRepairs } from '../../../src/secrets/repair.ts';
import { sealedFilePath, sealedFileStore } from '../../../src/secrets/sealed-file.ts';
import { type AskPassphrase, keyFromPassphrase, keyInFile } from '../../../src/secrets/sealed-keys.ts';
import type { Item } from '../../../src/secrets/store.ts';
import { temporary } from '../../support/tools.ts';

const ITEM: Item = { service: 'hotpass-bootstrap/demo', user: 'local/token', env: 'TOKEN' };
const RIGHT: AskPassphrase = async () => 'correct horse battery';

/** A sealed file with one secret in it, opened by a key file. */
async function sealed() {
  const state = temporary();
  const path = sealedFilePath(state);
  const key = join(temporary(), 'key');
  const open = (file = key) => sealedFileStore(path, keyInFile(path, file), {});
  await open().set(ITEM, 'canary-1b7e');
  return { state, path, key, open, text: () => readFileSync(path, 'utf8') };
}

/** The error of a call that must fail; it never shows a value. */
async function failure(call: Promise<unknown>): Promise<Record<string, unknown>> {
  const error = (await call.then(
    value => new Error(`expected an error, got ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )) as Error & Record<string, unknown>;
  expect(`${error.message} ${error['why']} ${error['next']}`).not.toContain('canary');
  return error;
}

describe('a sealed file that is not as it was left', () => {
  test('cut short anywhere', async () => {
    const { path, open, text } = await sealed();
    const whole = text();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 2 }), async length => {
        writeFileSync(path, whole.slice(0, length));
        expect(await failure(open().get([ITEM]))).toMatchObject({ id: 'HB355', exit: 78, state: 'denied' });
      }),
      { numRuns: 60 },
    );
  });

  test('changed anywhere: never another value, and nothing is written over it', async () => {
    const { path, open, text } = await sealed();
    const whole = text();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length - 2 }),
        fc.constantFrom('A', '7', '.'),
        async (at, by) => {
          const changed = whole.slice(0, at) + by + whole.slice(at + 1);
          fc.pre(changed !== whole);
          writeFileSync(path, changed);
          const [value] = await open()
            .get([ITEM])
            .catch((error: { id?: string }) => [error.id]);
          // Base64 has spare bits at its end, so some changes change nothing.
          expect(['canary-1b7e', 'HB354', 'HB355', 'HB356', 'HB357']).toContain(value);
          if (value === 'canary-1b7e') return;
          await failure(open().set(ITEM, 'other'));
          expect(text()).toBe(changed);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('the sealed part changed', async () => {
    const { path, open, text } = await sealed();
    const box = JSON.parse(text()) as { secrets: string };
    const parts = box.secrets.split('.');
    parts[3] = Buffer.from('something else').toString('base64url');
    writeFileSync(path, JSON.stringify({ ...box, secrets: parts.join('.') }));
    const error = await failure(open().get([ITEM]));
    expect(error).toMatchObject({ id: 'HB354', exit: 78, next: 'hotpass-bootstrap secrets repair' });
  });

  test('of a later release', async () => {
    const { path, open, text } = await sealed();
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(text()) as object), schema: 2 }));
    expect(await failure(open().get([ITEM]))).toMatchObject({ id: 'HB356', exit: 78 });
    expect(await open().probe()).toMatchObject({ state: 'denied', id: 'HB356' });
  });

  test('sealed with another key, or with a passphrase', async () => {
    const { path, open } = await sealed();
    const other = (await sealed()).key;
    expect(await failure(open(other).get([ITEM]))).toMatchObject({ id: 'HB357', exit: 78 });
    const store = sealedFileStore(path, keyFromPassphrase(path, RIGHT), {});
    expect(await failure(store.get([ITEM]))).toMatchObject({ id: 'HB357' });
  });

  test('a link, a second name, a folder', async () => {
    for (const put of [
      (path: string, real: string) => symlinkSync(real, path),
      (path: string, real: string) => linkSync(real, path),
      (path: string) => mkdirSync(path),
    ]) {
      const { path: real, key } = await sealed();
      const path = sealedFilePath(temporary());
      put(path, real);
      const store = sealedFileStore(path, keyInFile(path, key), {});
      expect(await failure(store.get([ITEM]))).toMatchObject({ id: 'HB355', exit: 78 });
      expect(await failure(store.set(ITEM, 'x'))).toMatchObject({ id: 'HB355' });
    }
  });
});

describe('the key file', () => {
  test.each([
    ['can be read by others', 'HB353', (key: string) => chmodSync(key, 0o644)],
    ['holds no key', 'HB353', (key: string) => writeFileSync(key, 'secret\n')],
  ])('%s', async (words, id, spoil) => {
    const { key, open } = await sealed();
    spoil(key);
    expect(await failure(open().get([ITEM]))).toMatchObject({ id, exit: 78, message: expect.stringContaining(words) });
    expect(await open().probe()).toMatchObject({ state: 'denied', id });
  });

  test('is not there: it is made for a new file, and never for one that is sealed already', async () => {
    const { open } = await sealed();
    const gone = join(temporary(), 'key');
    expect(await failure(open(gone).set(ITEM, 'x'))).toMatchObject({ id: 'HB353' });
    expect(() => statSync(gone)).toThrow();
  });

  test('may be made with other programs', async () => {
    const key = join(temporary(), 'key');
    writeFileSync(key, `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
    const path = sealedFilePath(temporary());
    await sealedFileStore(path, keyInFile(path, key), {}).set(ITEM, 'x');
    expect(await sealedFileStore(path, keyInFile(path, key), {}).get([ITEM])).toEqual(['x']);
  });
});

describe('the passphrase', () => {
  test('is asked for once a run, again after a wrong one, and three wrong ones are an error', async () => {
    const path = sealedFilePath(temporary());
    const asked: string[] = [];
    const answering = (...words: string[]): AskPassphrase => {
      const left = [...words];
      return async (kind, again) => {
        asked.push(`${kind}${again ? ' again' : ''}`);
        return left.shift() ?? '';
      };
    };
    const open = (ask: AskPassphrase | undefined) => sealedFileStore(path, keyFromPassphrase(path, ask), {});
    // A letter typed as one character or as two is the same passphrase.
    const first = open(answering('pässphrase one'));
    await first.set(ITEM, 'a');
    await first.set(ITEM, 'b');
    expect(asked.splice(0)).toEqual(['new']);
    const second = open(answering('wrong', 'pa\u0308ssphrase one'));
    expect(await second.get([ITEM])).toEqual(['b']);
    await second.set(ITEM, 'c');
    expect(asked.splice(0)).toEqual(['open', 'open again']);
    expect(await failure(open(answering('x', 'y', 'z')).get([ITEM]))).toMatchObject({ id: 'HB351', exit: 3 });
    expect(await failure(open(undefined).get([ITEM]))).toMatchObject({ id: 'HB350', exit: 69, state: 'locked' });
    expect(await open(undefined).probe()).toMatchObject({ state: 'locked' });
  });

  test('a file that asks for endless work is not opened', async () => {
    const path = sealedFilePath(temporary());
    const open = () => sealedFileStore(path, keyFromPassphrase(path, RIGHT), {});
    await open().set(ITEM, 'a');
    const box = JSON.parse(readFileSync(path, 'utf8')) as { wrapped: string };
    const [head = '', ...rest] = box.wrapped.split('.');
    const header = { ...(JSON.parse(Buffer.from(head, 'base64url').toString()) as object), p2c: 2 ** 31 };
    const wrapped = [Buffer.from(JSON.stringify(header)).toString('base64url'), ...rest].join('.');
    writeFileSync(path, JSON.stringify({ ...box, wrapped }));
    const started = performance.now();
    expect(await failure(open().get([ITEM]))).toMatchObject({ id: 'HB351' });
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe('repair of the sealed file', () => {
  test('closes it to others, sweeps what a crash left, and keeps a file that cannot be opened', async () => {
    const { state, path, open, text } = await sealed();
    expect(await sealedRepairs(path, open())).toEqual([]);
    chmodSync(path, 0o644);
    writeFileSync(join(state, '.hotpass-bootstrap-secrets.enc.abcdef'), 'half');
    const repairs = await sealedRepairs(path, open());
    expect(repairs.map(({ what }) => what)).toEqual([
      expect.stringContaining('mode 644'),
      expect.stringContaining('half-written copy'),
    ]);
    for (const repair of repairs) await repair.apply();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await open().get([ITEM])).toEqual(['canary-1b7e']);
    expect(readdirSync(state).filter(name => name.startsWith('.'))).toEqual([]);

    const damaged = text().slice(0, 40);
    writeFileSync(path, damaged);
    const [aside] = await sealedRepairs(path, open());
    expect(aside?.lost).toBe(true);
    await aside?.apply();
    expect(await open().get([ITEM])).toEqual([undefined]);
    const kept = readdirSync(state).find(name => name.includes('set-aside'));
    expect(readFileSync(join(state, kept ?? ''), 'utf8')).toBe(damaged);
    await open().set(ITEM, 'new');
    expect(await open().get([ITEM])).toEqual(['new']);
  });
});

test('nothing is opened while Node is told to print or dump', async () => {
  const { path, key } = await sealed();
  const store = sealedFileStore(path, keyInFile(path, key), { NODE_DEBUG: 'fs' });
  expect(await failure(store.get([ITEM]))).toMatchObject({ id: 'HB310', exit: 78 });
});
