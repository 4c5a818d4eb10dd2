import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { UserError } from '../../src/core/errors.ts';
import { pythonStep } from '../../src/steps/python.ts';
import { run } from '../../src/system/process.ts';
import { Bench } from '../support/context.ts';
import { type LoopbackIndex, loopbackIndex } from '../support/loopback-index.ts';
import { tellingBackend } from '../support/telling-backend.ts';
import { emptyHome, temporary, uvPath } from '../support/tools.ts';
import { makeWheel } from '../support/wheels.ts';

const PASSWORD = 'canary-url-Wd52mKq80';

/** Needs a package of the index to build. */
const BACKEND = tellingBackend({ requirement: 'needed>=1', module: 'needed' });

const base = temporary('hb-index-url-');
let index: LoopbackIndex;
/** One that has nothing. */
let other: LoopbackIndex;
let bench: Bench;
let root: string;

/** An index that has everything, also what the build needs, and wants a password for all of it. */
beforeAll(async () => {
  const wheels = join(base, 'wheels');
  other = await loopbackIndex(wheels, {});
  index = await loopbackIndex(wheels, {
    alpha: makeWheel(wheels, 'alpha'),
    needed: makeWheel(wheels, 'needed'),
    'private-backend': makeWheel(wheels, 'private_backend', '1.0', 0, { 'private_backend/build.py': BACKEND }),
  });
});

afterAll(async () => {
  await Promise.all([index.close(), other.close()]);
  rmSync(base, { recursive: true, force: true });
});

beforeEach(async () => {
  root = join(temporary('hb-index-url-work-'), 'demo');
  mkdirSync(root, { recursive: true });
  writeFileSync(
    join(root, 'pyproject.toml'),
    `[project]
name = "demo"
version = "0.1"
requires-python = ">=3.9"
dependencies = ["alpha"]
[build-system]
requires = ["private-backend>=1"]
build-backend = "private_backend.build"
`,
  );
  index.login = undefined;
  const env = emptyHome(root, {
    UV_CACHE_DIR: join(base, 'lock-cache'),
    UV_NO_CONFIG: '1',
    UV_DEFAULT_INDEX: index.url,
  });
  const locked = await run([uvPath(), 'lock', '--no-python-downloads'], { cwd: root, env });
  expect(locked.code, locked.stderr).toBe(0);
  index.login = `ana:${PASSWORD}`;
  bench = new Bench(join(root, '..'), root, [pythonStep]);
});

function withPassword(): string {
  return index.url.replace('//', `//ana:${PASSWORD}@`);
}

function options(env: Record<string, string>) {
  const plain = { UV_CACHE_DIR: join(root, '..', 'cache'), UV_HTTP_RETRIES: '0', UV_NO_CONFIG: '1' };
  return { env: { ...plain, ...env } };
}

describe('a password in the address of an index', () => {
  it.each([
    ['UV_DEFAULT_INDEX', () => ({ UV_DEFAULT_INDEX: withPassword() })],
    ['UV_INDEX_URL', () => ({ UV_INDEX_URL: withPassword() })],
    ['UV_EXTRA_INDEX_URL', () => ({ UV_EXTRA_INDEX_URL: withPassword(), UV_DEFAULT_INDEX: other.url })],
    ['UV_INDEX', () => ({ UV_INDEX: `corp=${withPassword()} ${withPassword()}/`, UV_DEFAULT_INDEX: other.url })],
  ])('reaches uv in %s, and never the build script, even where that comes from the index', async (_, env) => {
    const given = options(env());
    const { errors, events } = await bench.run(given);
    expect(errors).toEqual([]);
    const seen = readFileSync(join(bench.home, 'seen'), 'utf8');
    expect(seen).toContain(index.url);
    expect(seen).not.toMatch(/canary|ana:/);
    expect(JSON.stringify(events)).not.toContain(PASSWORD);
    expect(readdirSync(bench.state)).not.toContain('build-requirements');
    expect((await bench.plan(given)).changes).toEqual([]);
  });

  it('is wrong: 69, and nothing shows it', async () => {
    const wrong = withPassword().replace(PASSWORD, 'canary-wrong-Xy99');
    const { errors } = await bench.run(options({ UV_DEFAULT_INDEX: wrong }));
    expect(errors[0]).toMatchObject({ exit: 69, id: 'HB232' });
    const { message, why, lines } = errors[0] as UserError;
    expect(`${message} ${why} ${lines.join('\n')}`).not.toContain('canary');
  });
});
