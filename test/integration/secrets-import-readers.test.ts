import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parse as parseDotenv } from 'dotenv';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readDockerFile } from '../../src/secrets/import/docker-reader.ts';
import { readDotenvStrictly } from '../../src/secrets/import/dotenv-reader.ts';
import { cache, emptyHome, temporary, uvCache, uvPath } from '../support/tools.ts';

const venv = join(cache, 'venvs', 'import');
const python = join(venv, 'bin', 'python');
/** Prints the variables V0, V1, … of the environment it is run in as JSON. */
const PRINT =
  'import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k[:1] == "V" and k[1:].isdigit()}))';

beforeAll(() => {
  if (existsSync(join(venv, 'complete'))) return;
  mkdirSync(join(cache, 'venvs'), { recursive: true });
  const env = { ...process.env, UV_CACHE_DIR: uvCache };
  execFileSync(uvPath(), ['venv', '--quiet', '--clear', '--python', 'python3', venv], { env, cwd: cache });
  execFileSync(uvPath(), ['pip', 'install', '--quiet', '--python', python, 'python-dotenv==1.2.4', 'docker==7.1.0'], {
    env,
    cwd: cache,
  });
  writeFileSync(join(venv, 'complete'), '');
});

const inside = fc
  .array(
    fc.oneof(
      fc.constantFrom(...'\'"\\$`#!~=: \n\t{}é😀&<>()|;*?', '${X}', '\\n', ' #', ' # it', 'abc', '--', 'a=b'),
      fc.string({ maxLength: 3 }),
    ),
    { maxLength: 7 },
  )
  .map(parts => parts.join(''));
const before = fc.constantFrom('', '', '', 'export ', '  ', '\t', 'export  ', '# ', '\n\n');
const after = fc.constantFrom('', '', '', ' ', '\t', ' # a comment', ' #', '#close', ' "x"', " # it's", ' # "', 'x');
const around = fc.constantFrom('', "'", '"', '`', '"', "'");
const statement = fc.tuple(before, around, inside, after).map(([head, quote, value, tail]) => ({
  head,
  rest: `${quote}${value}${quote}${tail}`,
}));

/** Statements that the reader takes, one below the other, and what it read. */
function accepted(count: number, newline = '\n'): { text: string; values: Record<string, string> } {
  let text = '';
  const values: Record<string, string> = {};
  let number = 0;
  for (const { head, rest } of fc.sample(statement, { numRuns: count, seed: 11 })) {
    const written = `${head}V${number}=${rest}${newline}`;
    const { entries, problems } = readDotenvStrictly(written);
    const [entry] = entries;
    if (problems.length > 0 || entry?.name !== `V${number}`) continue;
    values[entry.name] = entry.value;
    text += written;
    number += 1;
  }
  return { text, values };
}

describe('what is taken from a .env file is what every reader reads', () => {
  const { text, values } = accepted(4000);
  const folder = temporary();
  const file = join(folder, '.env');
  writeFileSync(file, text);
  const env = emptyHome(folder);

  it('is enough to say something, in every form', () => {
    expect(Object.keys(values).length).toBeGreaterThan(500);
    expect(text).toMatch(/^export V\d+='/m);
    expect(text).toMatch(/="[^"]*\n[^"]*"/);
    expect(Object.fromEntries(readDotenvStrictly(text).entries.map(({ name, value }) => [name, value]))).toEqual(
      values,
    );
  });

  it('Node', () => {
    expect(parseEnv(text)).toEqual(values);
  });

  it('dotenv', () => {
    expect(parseDotenv(text)).toEqual(values);
  });

  it('python-dotenv', () => {
    const code = 'import json, sys, dotenv; print(json.dumps(dotenv.dotenv_values(sys.argv[1])))';
    expect(JSON.parse(execFileSync(python, ['-c', code, file], { encoding: 'utf8' }))).toEqual(values);
  });

  it('bash', () => {
    const script = `set -a; . "$1"; exec "$2" -c '${PRINT}'`;
    expect(JSON.parse(execFileSync('bash', ['-c', script, 'bash', file, python], { encoding: 'utf8', env }))).toEqual(
      values,
    );
  });

  it('uv run --env-file', () => {
    const args = ['run', '--quiet', '--no-project', '--python', python, '--env-file', file, 'python', '-c', PRINT];
    expect(JSON.parse(execFileSync(uvPath(), args, { encoding: 'utf8', env, cwd: folder }))).toEqual(values);
  });
});

describe('a .env file with CRLF', () => {
  const { text, values } = accepted(1500, '\r\n');
  const file = join(temporary(), '.env');
  writeFileSync(file, text);

  it('is read as Node, dotenv and python-dotenv read it', () => {
    expect(Object.keys(values).length).toBeGreaterThan(150);
    expect(parseEnv(text)).toEqual(values);
    expect(parseDotenv(text)).toEqual(values);
    const code = 'import json, sys, dotenv; print(json.dumps(dotenv.dotenv_values(sys.argv[1])))';
    expect(JSON.parse(execFileSync(python, ['-c', code, file], { encoding: 'utf8' }))).toEqual(values);
  });
});

it('what is taken from a file for docker is what its own library takes', () => {
  // That library cuts spaces at the ends of a line, which the command does not.
  const values = fc.string({ unit: fc.constantFrom(...`ab"'\\$#=é \t`), maxLength: 8 }).map(text => text.trim());
  const lines = fc.array(
    fc.oneof(
      fc.constantFrom('# a comment', ''),
      values.map(value => `=${value}`),
    ),
    { maxLength: 400, minLength: 400 },
  );
  const [sample = []] = fc.sample(lines, { numRuns: 1, seed: 3 });
  const text = sample.map((line, at) => (line.startsWith('=') ? `V${at}${line}` : line)).join('\n');
  const file = join(temporary(), 'env');
  writeFileSync(file, text);
  const { entries, problems } = readDockerFile(text);
  expect(problems).toEqual([]);
  expect(entries.length).toBeGreaterThan(100);
  const code = 'import json, sys, docker.utils; print(json.dumps(docker.utils.parse_env_file(sys.argv[1])))';
  const theirs = JSON.parse(execFileSync(python, ['-c', code, file], { encoding: 'utf8' })) as Record<string, string>;
  expect(Object.fromEntries(entries.map(({ name, value }) => [name, value]))).toEqual(theirs);
});
