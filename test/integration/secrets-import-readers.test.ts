import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parse as parseDotenv } from 'dotenv';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readDockerFile } from '../../src/secrets/import/docker-reader.ts';
import { readDotenvStrictly } from '../../src/secrets/import/dotenv-reader.ts';
import { itReadsTheSame, pythonWith } from '../support/dotenv-readers.ts';
import { temporary } from '../support/tools.ts';

let python: string;
beforeAll(() => {
  python = pythonWith('import', 'python-dotenv==1.2.4', 'docker==7.1.0');
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

  itReadsTheSame(file, values, () => python);
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
