import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswers } from '../../../src/commands/answers.ts';
import { approvalsIn } from '../../../src/commands/answers-approvals.ts';
import { answersText } from '../../../src/commands/save-answers.ts';
import type { Session } from '../../../src/commands/session.ts';
import type { UserError } from '../../../src/core/errors.ts';
import { temporary } from '../../support/tools.ts';

const folder = temporary();
function file(name: string, text: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function refused(path: string): Promise<UserError> {
  return readAnswers(path).then(
    () => {
      throw new Error('it was taken');
    },
    error => error as UserError,
  );
}

describe('an answers file', () => {
  it('says the same in TOML and in JSON', async () => {
    const toml = await readAnswers(
      file('a.toml', 'environment = "staging"\nonly = ["uv", "python"]\nskip = "tasks"\ncohort = "new"\n'),
    );
    const json = await readAnswers(
      file('a.json', '{"environment": "staging", "only": ["uv", "python"], "skip": "tasks", "cohort": "new"}'),
    );
    expect(toml).toEqual({ environment: 'staging', only: 'uv,python', skip: 'tasks', cohort: 'new', file: toml.file });
    expect({ ...json, file: '' }).toEqual({ ...toml, file: '' });
  });

  it.each([
    ['b.toml', 'cohort = "new"\nenviroment = "x"\n', ':2:1: enviroment is an unknown key; did you mean "environment"?'],
    ['b.json', '{\n  "enviroment": "x"\n}', ':2:3: enviroment is an unknown key; did you mean "environment"?'],
    ['b.toml', 'environment = 3\n', ':1:15: environment must be a text in quotes, not the number 3'],
    ['b.json', '{"environment":\n 3}', ':2:2: environment must be a text in quotes, not the number 3'],
    ['b.toml', 'cohort = "newer"', ':1:10: cohort must be "new" or "experienced" or "returning", not this text'],
    ['b.json', '{"store": "keychian"}', '; did you mean "keychain"?'],
    ['b.toml', 'only = ["uv", "pyton"]', ':1:15: only[1] must be '],
    ['b.json', '{"environment": "a",\n "environment": "b"}', ':2:2: environment stands twice'],
    ['b.json', '{"environment": "a"', ':1:20: this is not valid JSON'],
    ['b.toml', 'environment = "a\n', ':1:17: '],
    ['b.toml', 'PREFECT_API_KEY = "pnu_x"\n', ':1:1: PREFECT_API_KEY is no answer: a secret never stands in this file'],
    ['b.json', '{"secrets": {}}', 'secrets is no answer'],
    ['b.json', '[]', 'must be '],
    ['b.json', '', ':1:1: this is not valid JSON'],
  ])('is refused with file, line and column: %s %s', async (name, text, message) => {
    const error = await refused(file(name, text));
    expect(error.message).toContain(`${name}:`);
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ exit: 78, id: 'HB480' });
    expect(error.next).toMatch(/^\$\{EDITOR:-vi\} \+\d+ .*b\./);
  });

  it('names all that is wrong at once, in the order of the file, and repeats no value', async () => {
    const error = await refused(file('c.toml', 'a_token = "canary-1"\nlink = 3\ncohort = "canary-2"\n'));
    expect([error.message, ...error.details].map(line => /:(\d+):/.exec(line)?.[1])).toEqual(['1', '2', '3']);
    expect(JSON.stringify([error.message, error.why, error.details])).not.toContain('canary');
    expect(JSON.stringify(await refused(file('d.json', '{"a": canary}')))).not.toContain('canary');
  });

  it('is refused where there is none, and where it is no text', async () => {
    expect(await refused(join(folder, 'nowhere.toml'))).toMatchObject({ exit: 78, id: 'HB480' });
    expect((await refused(file('e.toml', Buffer.from([0x61, 0xff])))).why).toContain('UTF-8');
    expect(await refused(folder)).toMatchObject({ exit: 78, id: 'HB480' });
  });

  it('reads back what was saved, in both formats', async () => {
    const names = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/);
    const words = fc.string({
      minLength: 1,
      unit: fc.oneof(
        fc.constantFrom('"', '\\', '\n', '\x7f', '\x1f', "'"),
        fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme' }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(names, words, fc.array(words, { maxLength: 3 }), async (environment, link, origins) => {
        const answers = { environment, link, 'approve-origin': origins, template: undefined };
        for (const name of ['saved.toml', 'saved.json']) {
          const path = file(name, answersText(name, answers, ['PREFECT_API_AUTH_STRING (prefect-auth)']));
          expect(await readAnswers(path)).toMatchObject({ environment, link, approveOrigin: origins });
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('what an answers file may approve', () => {
  const session = (answers: object, options: object = {}) => ({ answers, options }) as unknown as Session;
  const root = join(folder, 'clone');
  mkdirSync(root, { recursive: true });

  it.each([{ link: 'abc' }, { approveOrigin: ['https://evil.example'] }])(
    'is nothing about stored secrets, where it comes with the workspace: %j',
    answers => {
      expect(() => approvalsIn(session({ ...answers, file: join(root, 'ci', 'answers.toml') }), root)).toThrow(
        expect.objectContaining({ exit: 78, id: 'HB481' }),
      );
    },
  );

  it('is what the person keeps elsewhere; flags win', () => {
    const answers = { link: 'abc', approveOrigin: ['https://a.example'], file: join(folder, 'mine.toml') };
    expect(approvalsIn(session(answers), root)).toEqual({ joinId: 'abc', approvedOrigins: ['https://a.example'] });
    expect(approvalsIn(session(answers, { link: 'def', approveOrigin: [] }), root)).toEqual({
      joinId: 'def',
      approvedOrigins: [],
    });
    const own = { environment: 'staging', file: join(root, 'answers.toml') };
    expect(approvalsIn(session(own), root)).toEqual({ joinId: undefined, approvedOrigins: [] });
  });
});
