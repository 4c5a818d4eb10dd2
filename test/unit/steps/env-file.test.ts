import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/core/errors.ts';
import { envFileStep } from '../../../src/steps/env-file.ts';
import { dotenvLine, readDotenv } from '../../../src/system/dotenv.ts';
import { brief, ManagedHome } from '../../support/managed-home.ts';

let home: ManagedHome;
let file: string;

beforeEach(() => {
  home = new ManagedHome();
  home.variables = { W_ENVIRONMENT: 'staging', W_GREETING: "it's #1" };
  file = join(home.root, '.env.w');
});

const text = (): string => readFileSync(file, 'utf8');
const mode = (): number => statSync(file).mode & 0o777;
const setup = (options = {}) => home.setup(envFileStep, options);
const refusal = async (): Promise<UserError> => {
  const before = existsSync(file) ? readFileSync(file) : undefined;
  const error = await setup().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect(existsSync(file) ? readFileSync(file) : undefined).toEqual(before);
  return error as UserError;
};

describe('a file that is not there yet', () => {
  it('is made, private, and read back as wanted', async () => {
    const { changes, findings } = await setup();
    expect(brief(changes)).toEqual(['add .env.w']);
    expect(changes[0]?.detail).toBe('adds W_ENVIRONMENT, W_GREETING');
    expect(findings).toEqual([]);
    expect(mode()).toBe(0o600);
    expect(readDotenv(text())).toEqual(home.variables);
    expect(text()).toMatch(/^# >>> hotpass-bootstrap >>>\n[\s\S]*\n# <<< hotpass-bootstrap <<<\n$/);
  });

  it('is in order the second time, and undo removes it', async () => {
    await setup();
    expect((await setup()).changes).toEqual([]);
    home.takeBack();
    expect(existsSync(file)).toBe(false);
  });

  it('is not made when there is nothing to write', async () => {
    home.variables = {};
    expect((await setup()).changes).toEqual([]);
    expect(existsSync(file)).toBe(false);
  });
});

describe("a person's file", () => {
  it('keeps every byte outside the block, and its mode', async () => {
    const mine = '# mine\nexport FOO = "bar baz"\n\nBROKEN LINE\nlast without newline';
    writeFileSync(file, mine);
    chmodSync(file, 0o640);
    await setup();
    expect(text().startsWith(`${mine}\n# >>>`)).toBe(true);
    expect(mode()).toBe(0o640);
    home.takeBack();
    expect(text()).toBe(mine);
    expect(mode()).toBe(0o640);
  });

  it('keeps lines before and after a block when the block changes, and names the variables', async () => {
    await setup();
    writeFileSync(file, `ABOVE=1\n${text()}BELOW=2\n`);
    home.variables = { W_ENVIRONMENT: 'prod', W_NEW: 'x' };
    const { changes } = await setup();
    expect(brief(changes)).toEqual(['change .env.w']);
    expect(changes[0]?.detail).toBe('adds W_NEW; changes W_ENVIRONMENT; removes W_GREETING');
    expect(text()).toMatch(/^ABOVE=1\n# >>>[\s\S]*<<<\nBELOW=2\n$/);
    expect(readDotenv(text())).toEqual({ ABOVE: '1', W_ENVIRONMENT: 'prod', W_NEW: 'x', BELOW: '2' });
  });

  it('loses the block, and nothing else, when no variable is wanted any more', async () => {
    writeFileSync(file, 'MINE=1\n');
    await setup();
    home.variables = {};
    expect(brief((await setup()).changes)).toEqual(['remove .env.w']);
    expect(text()).toBe('MINE=1\n');
  });

  it('is in order when an editor took the newline off its end', async () => {
    await setup();
    writeFileSync(file, text().trimEnd());
    expect((await setup()).changes).toEqual([]);
  });

  it('with Windows line endings keeps them, also in the block', async () => {
    writeFileSync(file, 'MINE=1\r\n');
    const { findings } = await setup();
    expect(findings).toEqual(['HB422']);
    expect(text().replaceAll('\r\n', '')).not.toContain('\n');
    expect(readDotenv(text())).toEqual({ MINE: '1', ...home.variables });
    expect((await setup()).changes).toEqual([]);
  });

  it('survives any content byte for byte: write, change, remove', async () => {
    const piece = fc.constantFrom(
      'A=1',
      '# c',
      '',
      'export B=2',
      'C="x y"',
      '\ttab',
      'ünï=©',
      'D=it is',
      'NOT A SETTING',
      'E=a\\',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 6 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        async (lines, nl, end) => {
          home = new ManagedHome();
          file = join(home.root, '.env.w');
          const mine = lines.join(nl) + (end && lines.length > 0 ? nl : '');
          writeFileSync(file, mine);
          home.variables = { W_ONE: '1' };
          await setup();
          expect(text().startsWith(mine)).toBe(true);
          home.variables = { W_ONE: 'a b', W_TWO: '2' };
          await setup();
          expect(text().startsWith(mine)).toBe(true);
          expect(parse(text())).toMatchObject(home.variables);
          home.takeBack();
          expect(text()).toBe(mine);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('findings', () => {
  it("names the person's own line for one of our variables, before and after the block", async () => {
    writeFileSync(file, 'X="two\nlines"\nW_ENVIRONMENT=mine\n');
    await setup();
    writeFileSync(file, `${text()}W_GREETING=other\n`);
    const read = home.read();
    const { findings } = await envFileStep.inspect(read);
    expect(findings.map(({ id, message }) => [id, /Line (\d+)/.exec(message)?.[1]])).toEqual([
      ['HB420', '3'],
      ['HB420', String(text().split('\n').length - 1)],
    ]);
    expect(JSON.stringify(findings)).not.toContain('mine');
  });

  it('is silent when the own line says the same', async () => {
    writeFileSync(file, 'W_ENVIRONMENT=staging\n');
    expect((await setup()).findings).toEqual([]);
  });

  it('warns when git does not ignore the file, and only when asked or changing', async () => {
    execFileSync('git', ['init', '-q'], { cwd: home.root });
    expect((await setup()).findings).toEqual(['HB421']);
    expect((await setup()).findings).toEqual([]);
    expect((await setup({ recheck: true })).findings).toEqual(['HB421']);
    writeFileSync(join(home.root, '.gitignore'), '.env.*\n');
    expect((await setup({ recheck: true })).findings).toEqual([]);
  });

  it.each([undefined, '', 'build/\n', 'build/'])('mends a .gitignore of %j with what it prints', async before => {
    const ignore = join(home.root, '.gitignore');
    execFileSync('git', ['init', '-q'], { cwd: home.root });
    if (before !== undefined) writeFileSync(ignore, before);
    const { findings } = await envFileStep.inspect(home.read());
    execFileSync('sh', ['-c', findings[0]?.fix?.command ?? 'false']);
    expect((await envFileStep.inspect(home.read())).findings).toEqual([]);
    expect(readFileSync(ignore, 'utf8')).toMatch(before?.startsWith('build') ? /^build\/\n\.env/ : /^\.env/);
  });

  it('says of a file that git has already how to take it out, whatever .gitignore says', async () => {
    execFileSync('git', ['init', '-q'], { cwd: home.root });
    writeFileSync(file, 'A=1\n');
    writeFileSync(join(home.root, '.gitignore'), '.env.*\n');
    execFileSync('git', ['add', '-f', file], { cwd: home.root });
    const { findings } = await envFileStep.inspect(home.read());
    expect(findings.map(({ id, fix }) => [id, fix?.safe])).toEqual([['HB524', false]]);
    execFileSync('sh', ['-c', findings[0]?.fix?.command ?? 'false']);
    expect((await envFileStep.inspect(home.read())).findings).toEqual([]);
  });

  it('warns of a line at which uv stops', async () => {
    writeFileSync(file, 'A="x\ny"\nB=two words\n');
    expect((await setup()).findings).toEqual(['HB425']);
    const { findings } = await envFileStep.inspect(home.read());
    expect(findings[0]?.message).toContain('Line 3');
  });

  it('warns of a file that everybody may change', async () => {
    writeFileSync(file, '');
    chmodSync(file, 0o666);
    expect((await setup()).findings).toContain('HB423');
  });
});

describe('what is refused with 78, the file untouched', () => {
  it.each([
    ['a byte order mark', Buffer.from('\ufeffA=1\n'), 'byte order mark'],
    ['UTF-16', Buffer.from('\ufeffA=1\n', 'utf16le'), 'UTF-16'],
    ['Latin-1', Buffer.from('A=caf\xe9\n', 'latin1'), 'UTF-8'],
    ['NUL', Buffer.from('A=1\0\n'), 'NUL'],
    ['a block that never ends', '# >>> hotpass-bootstrap >>>\nA=1\n', 'never ends'],
    ['an end without a begin', 'A=1\n# <<< hotpass-bootstrap <<<\n', 'never began'],
    ['two blocks', '# >>> hotpass-bootstrap >>>\n# <<< hotpass-bootstrap <<<\n'.repeat(2), 'second block'],
    ['a begin inside a block', '# >>> hotpass-bootstrap >>>\n'.repeat(2), 'second block'],
    ['an open quote', "A=1\nB='abc\n", 'Line 2'],
  ])('%s', async (_, content, says) => {
    writeFileSync(file, content);
    const error = await refusal();
    expect(error.exit).toBe(78);
    expect(`${error.message} ${error.why}`).toContain(says);
    expect(error.next).toBeTruthy();
  });

  it.each([
    ['a byte order mark', Buffer.from('\ufeffA=1\n')],
    ['UTF-16', Buffer.from('\ufeffA=1\n', 'utf16le')],
    ['Latin-1', Buffer.from('A=1\nB=caf\xe9\n', 'latin1')],
  ])('the command that is named mends %s', async (_, content) => {
    writeFileSync(file, content);
    chmodSync(file, 0o640);
    execFileSync('sh', ['-c', (await refusal()).next ?? '']);
    expect(readDotenv(text())['A']).toBe('1');
    expect(mode()).toBe(0o640);
    await setup();
    expect(readDotenv(text())).toMatchObject(home.variables);
  });

  it('a link, a hard link, a folder', async () => {
    const other = join(home.root, 'other');
    writeFileSync(other, 'A=1\n');
    symlinkSync(other, file);
    expect((await refusal()).why).toContain('symbolic link');
    execFileSync('rm', [file]);
    linkSync(other, file);
    expect((await refusal()).why).toContain('hard link');
    execFileSync('rm', [file]);
    mkdirSync(file);
    await expect(setup()).rejects.toMatchObject({ exit: 78 });
    expect(readFileSync(other, 'utf8')).toBe('A=1\n');
  });

  it('a name that leads elsewhere', async () => {
    home.envFile = '../.env';
    await expect(setup()).rejects.toMatchObject({ exit: 78 });
  });

  it('values that programs read differently and values that look secret, all named at once', async () => {
    home.variables = { GOOD: 'x', W_ONE: '${HOME}', W_TWO: 'https://u:p4ss@h.example', W_THREE: 'a\\' };
    const error = await refusal();
    expect(error.message).toContain('W_ONE, W_TWO, W_THREE');
    expect(error.details).toHaveLength(3);
    expect(JSON.stringify(error)).not.toMatch(/p4ss|\$\{HOME/);
  });
});

it('verify fails when the file does not give what was written', async () => {
  await setup();
  const read = home.read();
  writeFileSync(file, text().replace('W_ENVIRONMENT=staging', 'W_ENVIRONMENT=other'));
  const findings = await envFileStep.verify({ ...read } as Parameters<typeof envFileStep.verify>[0]);
  expect(findings.map(({ id, level }) => [id, level])).toEqual([['HB424', 'fail']]);
  expect(dotenvLine('W_ENVIRONMENT', 'staging')).toHaveProperty('line');
});
