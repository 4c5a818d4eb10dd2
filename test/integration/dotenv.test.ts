import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { dotenvLine } from '../../src/system/dotenv.ts';
import { cache, emptyHome, temporary, uvCache, uvPath } from '../support/tools.ts';

const venv = join(cache, 'venvs', 'dotenv');
const python = join(venv, 'bin', 'python');

/** Prints the variables V0, V1, … of the environment it is run in as JSON. */
const PRINT =
  'import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k[:1] == "V" and k[1:].isdigit()}))';

const hostile = fc
  .array(
    fc.oneof(fc.constantFrom(...'\'"\\$`#!~=: \n\t{}é😀&<>()|;*?', '${X}', '\\n', 'a'), fc.string({ maxLength: 3 })),
    {
      maxLength: 8,
    },
  )
  .map(parts => parts.join(''));

/** Hostile values that the writer accepts, the same in every run. */
function accepted(count: number): { lines: string[]; values: Record<string, string> } {
  const lines: string[] = [];
  const values: Record<string, string> = {};
  for (const value of fc.sample(hostile, { numRuns: count * 2, seed: 7 })) {
    const name = `V${lines.length}`;
    const result = dotenvLine(name, value);
    if (!('line' in result) || lines.length === count) continue;
    lines.push(result.line);
    values[name] = value;
  }
  expect(lines.length).toBe(count);
  return { lines, values };
}

beforeAll(() => {
  if (existsSync(python)) return;
  mkdirSync(join(cache, 'venvs'), { recursive: true });
  const env = { ...process.env, UV_CACHE_DIR: uvCache };
  execFileSync(uvPath(), ['venv', '--quiet', '--clear', '--python', 'python3', venv], { env, cwd: cache });
  execFileSync(uvPath(), ['pip', 'install', '--quiet', '--python', python, 'python-dotenv==1.2.4'], {
    env,
    cwd: cache,
  });
});

describe('what the writer accepts reads back equal in other programs', () => {
  const { lines, values } = accepted(400);
  const folder = temporary();
  const file = join(folder, '.env');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const env = emptyHome(folder);

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
