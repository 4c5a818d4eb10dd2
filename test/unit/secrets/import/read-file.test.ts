import { describe, expect, it } from 'vitest';
import { UserError } from '../../../../src/core/errors.ts';
import { decodeFile, formOf, readPlainFile, refuseDoubt } from '../../../../src/secrets/import/read-file.ts';
import { sortEntries } from '../../../../src/secrets/import/sort.ts';

const CANARY = 'canary-77d1b0c9aa';
const secret = { name: 'auth', env: 'AUTH', shared: false, pattern: undefined, index: undefined, audience: undefined };
type Declared = Parameters<typeof sortEntries>[1][number]['secrets'][number];
const declared = (more: object = {}): Declared => ({ ...secret, ...more }) as unknown as Declared;

/** What a text is refused for: never a word of a value. */
async function refusal(text: string, form: 'dotenv' | 'docker' | 'json' = 'dotenv'): Promise<readonly string[]> {
  const read = await readPlainFile(text, '.env', form);
  try {
    refuseDoubt(read, '.env', new Set(['AUTH']));
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error).toMatchObject({ exit: 78, id: 'HB382' });
    expect(JSON.stringify([error.message, error.why, error.next, error.details])).not.toContain(CANARY);
    return error.details;
  }
}

describe('what programs read in different ways', () => {
  it.each([
    [`AUTH=x\nAUTH=${CANARY}`, 'line 2, AUTH: it is set before'],
    [`A=1\nAUTH='${CANARY}`, 'line 2: its quote is not closed'],
    [`AUTH="${CANARY}$x"`, 'line 1, AUTH: some programs put'],
    [`AUTH='${CANARY}\${x}'`, 'line 1, AUTH: some programs put a variable'],
    [`AUTH="${CANARY}\\n"`, 'line 1, AUTH: programs read a backslash'],
    [`AUTH=${CANARY} and more`, 'line 1, AUTH: it needs quotes'],
    [`AUTH=${CANARY}#x`, 'line 1, AUTH: it needs quotes'],
    [`AUTH = ${CANARY}`, 'line 1, AUTH: it is no NAME=value'],
    [`AUTH='a' ${CANARY}`, 'line 1, AUTH: something stands behind'],
    [`AUTH: ${CANARY}`, 'line 1, AUTH: it is no NAME=value'],
    [`"AUTH"=${CANARY}`, 'line 1: it is no NAME=value'],
  ])('is refused by its line: %j', async (text, words) => {
    expect((await refusal(text)).join('\n')).toContain(words);
  });

  it('is nothing to us where it concerns none of our secrets', async () => {
    expect(await refusal(`OTHER="a$b"\nOTHER=2\nAUTH=${CANARY}`)).toEqual([]);
    expect(await refusal(`OTHER='open\nAUTH=${CANARY}`)).not.toEqual([]);
  });

  it('is refused in docker’s form as well', async () => {
    expect((await refusal(`export AUTH=${CANARY}`, 'docker')).join()).toContain('line 1');
    const { entries } = await readPlainFile(`# c\nA="q" # x\n  AUTH=${CANARY}\nPASSED\n`, 'f', 'docker');
    expect(entries.map(({ name, value }) => [name, value])).toEqual([
      ['A', '"q" # x'],
      ['AUTH', CANARY],
    ]);
  });
});

it('the form of a file is told by its name, unless it is given', () => {
  expect(['.env', '.env.local', 'x.json', '/a/profiles.toml', 'secrets'].map(path => formOf(path, undefined))).toEqual([
    'dotenv',
    'dotenv',
    'json',
    'prefect',
    'dotenv',
  ]);
  expect(formOf('.env', 'docker')).toBe('docker');
  expect(() => formOf('.env', 'yaml')).toThrow(expect.objectContaining({ exit: 64 }));
});

it('only UTF-8 text of a reasonable size is read', () => {
  for (const bytes of [
    Buffer.from(`\uFEFFA=${CANARY}`, 'utf16le'),
    Buffer.from([0x41, 0x3d, 0xe9]),
    Buffer.alloc(1024 * 1024 + 1),
  ]) {
    expect(() => decodeFile(bytes, '.env')).toThrow(expect.objectContaining({ exit: 78, id: 'HB381' }));
  }
});

describe('a value goes', () => {
  const entry = (name: string, value: string, more: object = {}) => ({
    name,
    value,
    line: 1,
    start: 0,
    end: 0,
    ...more,
  });
  const target = (more: object = {}, profile?: string) => ({
    environment: 'staging',
    profile,
    secrets: [declared(more)],
  });

  it('to the secret that the manifest declares for its variable', () => {
    const { found, others } = sortEntries([entry('AUTH', CANARY), entry('OTHER', 'x')], [target()], 'w');
    expect(found).toMatchObject([{ value: CANARY, item: { service: 'hotpass-bootstrap/w', user: 'staging/auth' } }]);
    expect(others.map(({ name }) => name)).toEqual(['OTHER']);
  });

  it('to the environment of its Prefect profile', () => {
    const targets = [target({}, 'p-local'), { ...target({}, 'p-prod'), environment: 'prod' }];
    const { found, others } = sortEntries(
      [entry('AUTH', CANARY, { profile: 'p-prod' }), entry('AUTH', 'y', { profile: 'z' })],
      targets,
      'w',
    );
    expect(found).toMatchObject([{ environment: 'prod', item: { user: 'prod/auth' } }]);
    expect(others).toHaveLength(1);
  });

  it('nowhere when it will not do, or was made for another server', () => {
    expect(sortEntries([entry('AUTH', CANARY)], [target({ pattern: '\\d+' })], 'w').kept).toHaveLength(1);
    const prefect = { env: 'PREFECT_API_KEY', audience: 'https://a.test:443' };
    const beside = [entry('PREFECT_API_KEY', CANARY), entry('PREFECT_API_URL', 'https://b.test/api')];
    const { kept, found } = sortEntries(beside, [target(prefect)], 'w');
    expect(found).toEqual([]);
    expect(kept[0]?.reason).toMatch(/https:\/\/b\.test.*https:\/\/a\.test/);
    expect(
      sortEntries([beside[0] as never, entry('PREFECT_API_URL', 'https://a.test/api')], [target(prefect)], 'w').found,
    ).toHaveLength(1);
  });

  it('with a word of warning when it can hardly be hidden', () => {
    for (const value of ['debug', '/app', 'abc']) {
      expect(sortEntries([entry('AUTH', value)], [target()], 'w').found[0]?.warning).toBeTruthy();
    }
    expect(sortEntries([entry('AUTH', '')], [target()], 'w')).toEqual({ found: [], kept: [], others: [] });
  });
});
