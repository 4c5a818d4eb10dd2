import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takeBack } from '../../../../src/engine/undo-file.ts';
import type { ImportForm } from '../../../../src/secrets/import/read-file.ts';
import { readPlainFile } from '../../../../src/secrets/import/read-file.ts';
import { withoutValues } from '../../../../src/secrets/import/rewrite.ts';

/** Takes values out of a text, and then back again as undo does. */
async function rewritten(text: string, form: ImportForm, gone: (name: string) => boolean): Promise<string> {
  const { entries, problems } = await readPlainFile(text, 'f', form);
  expect(problems).toEqual([]);
  const edits = await withoutValues(
    text,
    'f',
    form,
    entries.filter(({ name }) => gone(name)),
  );
  let back = edits.at(-1)?.content ?? text;
  for (const { regions, content } of [...edits].reverse()) {
    back = takeBack(back, regions, Buffer.byteLength(content)) ?? 'could not be taken back';
  }
  expect(back).toBe(text);
  return edits.at(-1)?.content ?? text;
}

describe('a .env file without some of its values', () => {
  it('keeps every other byte, and comes back as it was', async () => {
    const text = '\uFEFF# mine\r\nexport A="one two"\r\nB=2\r\n\r\nC=\'three\nlines\nof it\'\r\n  D=4 # four\r\nE=5';
    const out = await rewritten(text, 'dotenv', name => 'ACE'.includes(name));
    expect(out).toBe(
      '\uFEFF# mine\r\n# A is in the secret store: hotpass-bootstrap run\r\nB=2\r\n\r\n# C is in the secret store: hotpass-bootstrap run\r\n  D=4 # four\r\n# E is in the secret store: hotpass-bootstrap run',
    );
  });

  it('whatever stands in it, and whichever go', async () => {
    const line = fc.oneof(
      fc.constantFrom('', '# é comment', '#A=1', '  '),
      fc.tuple(
        fc.constantFrom('', 'export ', ' '),
        fc.constantFrom('x', "'a b'", '"two\nlines"', 'é=1', ''),
        fc.constantFrom('', ' # why'),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        async (lines, newline, last) => {
          let count = 0;
          const text = lines
            .map(one =>
              typeof one === 'string'
                ? one
                : `${one[0]}V${count++}=${one[1].replaceAll('\n', newline === '\n' ? '\n' : ' ')}${one[2]}`,
            )
            .join(newline);
          const whole = last ? text + newline : text;
          const { problems } = await readPlainFile(whole, 'f', 'dotenv');
          fc.pre(problems.length === 0);
          const out = await rewritten(whole, 'dotenv', name => Number(name.slice(1)) % 2 === 0);
          const left = (await readPlainFile(out, 'f', 'dotenv')).entries.map(({ name }) => name);
          expect(left.every(name => Number(name.slice(1)) % 2 === 1)).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('JSON without some of its members', () => {
  it('is the same object for JSON.parse, less those', async () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.object({ maxDepth: 2 }),
      fc.array(fc.string(), { maxLength: 3 }),
    );
    const object = fc.dictionary(
      fc.string({ minLength: 1, maxLength: 6 }).filter(name => name !== '__proto__'),
      value,
      { maxKeys: 6 },
    );
    await fc.assert(
      fc.asyncProperty(object, fc.constantFrom(undefined, 2, '\t'), async (plain, indent) => {
        const text = JSON.stringify(plain, undefined, indent);
        const gone = (name: string): boolean => name.length % 2 === 0;
        const { entries } = await readPlainFile(text, 'f', 'json');
        const texts = Object.entries(plain).filter(([, one]) => typeof one === 'string');
        expect(Object.fromEntries(entries.map(one => [one.name, one.value]))).toEqual(Object.fromEntries(texts));
        const out = await rewritten(text, 'json', gone);
        const kept = Object.entries(plain).filter(([name, one]) => typeof one !== 'string' || !gone(name));
        expect(JSON.parse(out)).toEqual(
          Object.fromEntries(kept.map(([name, one]) => [name, JSON.parse(JSON.stringify(one))])),
        );
      }),
      { numRuns: 200 },
    );
  });

  it.each(['[]', '"x"', '{', '', 'null'])('is refused when it is something else: %s', async text => {
    await expect(readPlainFile(text, 'f.json', 'json')).rejects.toMatchObject({ exit: 78, id: 'HB380' });
  });

  it('is refused where a name comes twice', async () => {
    expect((await readPlainFile('{"A":"x","A":"y"}', 'f', 'json')).problems).toMatchObject([{ name: 'A' }]);
  });
});

describe('profiles.toml without some of its keys', () => {
  it('keeps everything else, in every profile', async () => {
    const text =
      '# top\nactive = "a"\n\n[profiles.a]\nPREFECT_API_URL = "https://x/api"\nPREFECT_API_KEY = "pnu_one" # mine\n\n[profiles.b]\nPREFECT_API_AUTH_STRING = "u:p"\nPREFECT_LOGGING_LEVEL="INFO"\n';
    const { entries } = await readPlainFile(text, 'f', 'prefect');
    expect(entries.map(({ name, profile, line }) => [name, profile, line])).toEqual([
      ['PREFECT_API_KEY', 'a', 6],
      ['PREFECT_API_AUTH_STRING', 'b', 9],
    ]);
    const out = await rewritten(text, 'prefect', () => true);
    expect(out).toBe(
      '# top\nactive = "a"\n\n[profiles.a]\nPREFECT_API_URL = "https://x/api"\n# mine\n\n[profiles.b]\nPREFECT_LOGGING_LEVEL="INFO"\n',
    );
  });
});
