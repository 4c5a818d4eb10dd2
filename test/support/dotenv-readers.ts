import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { cache, emptyHome, uvCache, uvPath } from './tools.ts';

/** Prints the variables V0, V1, … of the environment it is run in as JSON. */
const PRINT =
  'import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k[:1] == "V" and k[1:].isdigit()}))';

/** Python of an environment in `.cache` with some packages, made once. */
export function pythonWith(name: string, ...packages: string[]): string {
  const venv = join(cache, 'venvs', name);
  const python = join(venv, 'bin', 'python');
  if (existsSync(join(venv, 'complete'))) return python;
  mkdirSync(dirname(venv), { recursive: true });
  const options = { env: { ...process.env, UV_CACHE_DIR: uvCache }, cwd: cache };
  execFileSync(uvPath(), ['venv', '--quiet', '--clear', '--python', 'python3', venv], options);
  execFileSync(uvPath(), ['pip', 'install', '--quiet', '--python', python, ...packages], options);
  writeFileSync(join(venv, 'complete'), '');
  return python;
}

/** Tests that other programs read these values in a file whose variables are V0, V1, … */
export function itReadsTheSame(file: string, values: Record<string, string>, python: () => string): void {
  const folder = dirname(file);
  const env = emptyHome(folder);
  const read = (program: string, args: string[]): unknown =>
    JSON.parse(execFileSync(program, args, { encoding: 'utf8', env, cwd: folder }));

  it('python-dotenv', () => {
    const code = 'import json, sys, dotenv; print(json.dumps(dotenv.dotenv_values(sys.argv[1])))';
    expect(read(python(), ['-c', code, file])).toEqual(values);
  });

  it('bash', () => {
    const script = `set -a; . "$1"; exec "$2" -c '${PRINT}'`;
    expect(read('bash', ['-c', script, 'bash', file, python()])).toEqual(values);
  });

  it('uv run --env-file', () => {
    const args = ['run', '--quiet', '--no-project', '--python', python(), '--env-file', file, 'python', '-c', PRINT];
    expect(read(uvPath(), args)).toEqual(values);
  });
}
