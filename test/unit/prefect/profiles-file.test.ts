import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/core/errors.ts';
import { takeBack } from '../../../src/engine/undo-file.ts';
import { editActive, editProfile } from '../../../src/prefect/profiles-file.ts';
import { compareProfile, decodeProfiles, readProfiles } from '../../../src/prefect/profiles-text.ts';

const URL_1 = 'http://127.0.0.1:4200/api';
const wanted = { profile: 'ours', settings: { PREFECT_API_URL: URL_1 }, forget: [] as string[] };
const edit = async (text: string | undefined, change: Partial<typeof wanted> = {}): Promise<string> =>
  (await editProfile(text, 'profiles.toml', { ...wanted, ...change })).content;

async function refusal(work: Promise<unknown> | (() => unknown)): Promise<UserError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

describe('a profile is added', () => {
  test('to no file', async () => {
    expect(await edit(undefined)).toBe(`[profiles.ours]\nPREFECT_API_URL = "${URL_1}"\n`);
  });
  test('to a file with comments, odd spacing and no final line break', async () => {
    const text = '# mine\nactive="other"   # me\n\n [ profiles . other ]\n\tPREFECT_API_URL   =\'http://x/api\' # x';
    expect(await edit(text)).toBe(`${text}\n\n[profiles.ours]\nPREFECT_API_URL = "${URL_1}"\n`);
  });
  test('to a file with CRLF', async () => {
    const text = 'active = "a"\r\n\r\n[profiles.a]\r\nPREFECT_API_URL = "http://x/api"\r\n';
    expect(await edit(text)).toBe(`${text}\r\n[profiles.ours]\r\nPREFECT_API_URL = "${URL_1}"\r\n`);
  });
  test('with a name that needs quotes', async () => {
    expect(await edit(undefined, { profile: 'a.b c' })).toContain('[profiles."a.b c"]\n');
  });
});

describe('a profile is changed', () => {
  test('in place: comments, extra settings and order stay', async () => {
    const text = [
      '[profiles.ours] # ours',
      '# before',
      "PREFECT_API_URL = 'http://old/api' # why",
      'PREFECT_CLI_COLORS = "false" # mine',
      '',
      '# about the next one',
      '[profiles.z]',
      'PREFECT_API_URL = "http://old/api"',
    ].join('\n');
    const settings = { PREFECT_API_URL: URL_1, PREFECT_LOGGING_LEVEL: 'INFO' };
    expect(await edit(text, { settings })).toBe(
      text
        .replace("'http://old/api' # why", `"${URL_1}" # why`)
        .replace('"false" # mine', '"false" # mine\nPREFECT_LOGGING_LEVEL = "INFO"'),
    );
  });
  test('a setting that is not wanted any more goes, its comment stays', async () => {
    const text = '[profiles.ours]\nA = "1"\nB = "2" # keep me\nC = "3"';
    const forget = ['A', 'B', 'C'];
    expect(await edit(text, { forget })).toBe(`[profiles.ours]\nPREFECT_API_URL = "${URL_1}"\n# keep me`);
  });
  test('a bare value and a multi-line value become one line', async () => {
    const text = '[profiles.ours]\nPREFECT_API_URL = """\nx"""\nPREFECT_CLI_COLORS = true\n';
    const settings = { PREFECT_API_URL: URL_1, PREFECT_CLI_COLORS: 'false' };
    expect(await edit(text, { settings })).toBe(
      `[profiles.ours]\nPREFECT_API_URL = "${URL_1}"\nPREFECT_CLI_COLORS = "false"\n`,
    );
  });
  test('not at all when it is as wanted, however it is written', async () => {
    const text = `[profiles.'ours']\n"PREFECT_API_URL" = '${URL_1}'\nPREFECT_CLI_COLORS = true`;
    const settings = { PREFECT_API_URL: URL_1, PREFECT_CLI_COLORS: 'true' };
    const edited = await editProfile(text, 'p', { ...wanted, settings });
    expect(edited).toEqual({ content: text, regions: [] });
    expect(compareProfile(readProfiles(text, 'p'), 'ours', settings, []).state).toBe('same');
  });
});

describe('active', () => {
  test.each([
    [undefined, 'active = "ours"\n'],
    ['[profiles.ours]\n', 'active = "ours"\n\n[profiles.ours]\n'],
    ['# c\n[profiles.ours]\n', 'active = "ours"\n\n# c\n[profiles.ours]\n'],
    ["active = 'gone' # c\r\n[profiles.ours]\r\n", 'active = "ours" # c\r\n[profiles.ours]\r\n'],
    ['x = 1 # c\n[profiles.ours]\n', 'x = 1 # c\nactive = "ours"\n[profiles.ours]\n'],
    ['x = 1', 'x = 1\nactive = "ours"'],
  ])('%j becomes %j', async (before, after) => {
    expect((await editActive(before, 'p', 'ours')).content).toBe(after);
  });
});

describe('refused, nothing written', () => {
  test.each([
    ['profiles.ours.PREFECT_API_URL = "x"', 'HB203'],
    ['profiles = { ours = { PREFECT_API_URL = "x" } }', 'HB203'],
    ['[profiles]\nours = { PREFECT_API_URL = "x" }', 'HB203'],
    ['[profiles]\nours.PREFECT_API_URL = "x"', 'HB203'],
    ['[profiles.ours.sub]\nx = "1"', 'HB203'],
    ['[[profiles.ours]]\nx = "1"', 'HB201'],
    ['[profiles.a]\n[profiles.a]\n', 'HB201'],
    ['[profiles.a]\nx = "1"\nx = "2"', 'HB201'],
    ['[profiles.a', 'HB201'],
    ['active = 5', 'HB201'],
    ['profiles = 5', 'HB201'],
    ['[profiles]\na = 5', 'HB201'],
  ])('%j', async (text, id) => {
    const error = await refusal(edit(text));
    expect(error.id).toBe(id);
    expect(error.exit).toBe(78);
    expect(error.next).toBeTruthy();
  });
  test('a profile of somebody else in such a form is no hindrance', async () => {
    expect(await edit('[profiles]\nother = { PREFECT_API_URL = "x" }\n')).toContain('[profiles.ours]');
  });
  test('a byte order mark, with the command that mends it', async () => {
    const error = await refusal(() => decodeProfiles(Buffer.from('\ufeff[profiles.a]\n'), '/h/p x.toml'));
    expect(error.next).toBe("tail -c +4 '/h/p x.toml' > '/h/p x.toml.new' && mv '/h/p x.toml.new' '/h/p x.toml'");
  });
  test('UTF-16 and latin-1', async () => {
    expect((await refusal(() => decodeProfiles(Buffer.from([0xff, 0xfe, 0x61, 0]), 'p'))).next).toContain('UTF-16');
    expect((await refusal(() => decodeProfiles(Buffer.from([0x23, 0xfc]), 'p'))).next).toContain('ISO-8859-1');
  });
  test('a sentence never quotes the file', async () => {
    const error = await refusal(edit('[profiles.a]\nPREFECT_API_KEY = "pnu_canary1234"\n= broken'));
    expect(JSON.stringify([error.message, error.why, error.next])).not.toContain('canary');
    expect(error.message).toContain('line 3');
  });
  test('a value that was not checked', async () => {
    await expect(edit(undefined, { settings: { PREFECT_API_URL: 'a\\b' } })).rejects.toThrow('not checked');
    await expect(edit(undefined, { settings: { PREFECT_API_URL: 'ä' } })).rejects.toThrow('not checked');
  });
});

// Property: whatever the file looks like, tomllib reads the edited one as the old one plus ours, and the rest is untouched.
const name = fc.constantFrom('a', 'b-c', 'x.y', 'two words', 'quote"d', 'ours', "it's", 'ü', '1');
const key = fc.constantFrom(
  'PREFECT_API_URL',
  'PREFECT_CLI_COLORS',
  'PREFECT_LOGGING_LEVEL',
  'PREFECT_API_KEY',
  'OLD',
  'odd key',
  'ключ',
);
const quoted = (text: string): string => JSON.stringify(text);
const value = fc.oneof(
  fc.string({ maxLength: 12 }).map(quoted),
  fc.constantFrom(
    "'single'",
    '""',
    '"""\nmulti\nline"""',
    "'''\n[profiles.ours]\n'''",
    '[1,\n  2, # c\n]',
    '{ a = 1 }',
    'true',
    '-3',
    '1.5e3',
    '2024-01-01',
    '"\\u00e9"',
  ),
);
const space = fc.constantFrom('', ' ', '\t', '  ');
const comment = fc.constantFrom('', '# plain', '# emoji 🦒 ] = "', ' # [profiles.ours]');
const setting = fc.tuple(key, value, space, space, comment).map(([k, v, before, around, c]) => ({
  k,
  text: `${before}${/^[A-Z_]+$/.test(k) ? k : quoted(k)}${around}=${around}${v} ${c}`,
}));
const settingsOf = fc
  .uniqueArray(setting, { selector: item => item.k, maxLength: 4 })
  .map(items => items.map(item => item.text));
const table = fc.record({ name, body: settingsOf, space, comment, gap: fc.constantFrom('', '\n', '\n\n# between\n') });
const file = fc
  .record({
    top: fc.constantFrom('', '# top\n', 'active = "a"\n', "active = 'ours' # x\n", 'other = [1,\n2]\n'),
    tables: fc.uniqueArray(table, { selector: item => item.name, maxLength: 4 }),
    extra: fc.constantFrom('', '\n[else]\nx = 1\n'),
    crlf: fc.boolean(),
    end: fc.boolean(),
  })
  .map(({ top, tables, extra, crlf, end }) => {
    const texts = tables.map(
      t =>
        `${t.gap}[${t.space}profiles${t.space}.${t.space}${/^[\w-]+$/.test(t.name) && !/ü/.test(t.name) ? t.name : quoted(t.name)}${t.space}] ${t.comment}\n${t.body.map(line => `${line}\n`).join('')}`,
    );
    const text = `${top}${texts.join('')}${extra}`;
    const cut = end ? text : text.replace(/\n+$/, '');
    return crlf ? cut.replaceAll('\n', '\r\n') : cut;
  });

test('random files: tomllib reads what was meant and everything else stays byte for byte', async () => {
  const cases: unknown[] = [];
  await fc.assert(
    fc.asyncProperty(
      file,
      fc.dictionary(
        fc.constantFrom('PREFECT_API_URL', 'PREFECT_CLI_COLORS', 'NEW'),
        fc.constantFrom('1', 'a"b', '{"x": 1}', '#'),
        { noNullPrototype: true },
      ),
      async (text, settings) => {
        const forget = ['OLD'];
        const one = await editProfile(text, 'p', { profile: 'ours', settings, forget });
        expect(takeBack(one.content, one.regions, Buffer.byteLength(one.content))).toBe(text);
        // What is kept for undo holds no line of a secret setting.
        expect(JSON.stringify(one.regions)).not.toContain('PREFECT_API_KEY');
        const again = await editProfile(one.content, 'p', { profile: 'ours', settings, forget });
        expect(again.content).toBe(one.content);
        const two = await editActive(one.content, 'p', 'ours');
        expect(takeBack(two.content, two.regions, Buffer.byteLength(two.content))).toBe(one.content);
        cases.push({ before: text, one: one.content, two: two.content, settings });
      },
    ),
    { numRuns: 300 },
  );
  const python = `
import json, sys, tomllib
def text(v): return str(v).lower() if isinstance(v, bool) else v if isinstance(v, str) else str(v) if isinstance(v, int) else None
for c in json.load(sys.stdin):
    doc = tomllib.loads(c['before'])
    ours = doc.setdefault('profiles', {}).setdefault('ours', {})
    ours.pop('OLD', None)
    one = tomllib.loads(c['one'])
    for k, v in c['settings'].items():
        if text(ours.get(k)) != v: ours[k] = v
    assert one == doc, (c, one, doc)
    doc['active'] = 'ours'
    assert tomllib.loads(c['two']) == doc, c
print('ok')
`;
  const result = spawnSync('python3', ['-c', python], { input: JSON.stringify(cases), encoding: 'utf8' });
  expect(result.stderr.slice(-2000)).toBe('');
  expect(result.stdout).toBe('ok\n');
});
