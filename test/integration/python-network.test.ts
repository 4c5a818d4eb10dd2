import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Interrupted, type UserError } from '../../src/core/errors.ts';
import type { Step } from '../../src/engine/step.ts';
import type { WantedSecret } from '../../src/manifest/wanted.ts';
import { pythonStep } from '../../src/steps/python.ts';
import { Bench, type BenchOptions } from '../support/context.ts';
import { type LoopbackIndex, loopbackIndex } from '../support/loopback-index.ts';
import { syncedFrom, takeOut } from '../support/synced.ts';
import { tellingBackend } from '../support/telling-backend.ts';
import { emptyHome, temporary, uvPath } from '../support/tools.ts';
import { makeWheel } from '../support/wheels.ts';

let base: string;
let root: string;
let index: LoopbackIndex;
let bench: Bench;
let options: BenchOptions;

const BACKEND = tellingBackend();

beforeEach(async () => {
  base = temporary('hb-network-');
  root = join(base, 'work');
  mkdirSync(root);
  const wheels = join(base, 'wheels');
  const file = makeWheel(wheels, 'alpha');
  index = await loopbackIndex(wheels, { alpha: file });
  writeFileSync(join(root, 'backend.py'), BACKEND);
  writeFileSync(
    join(root, 'pyproject.toml'),
    `[project]
name = "demo"
version = "0.1"
requires-python = ">=3.9"
dependencies = ["alpha"]
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[tool.uv.sources]
alpha = { index = "private" }
[[tool.uv.index]]
name = "private"
url = "${index.url}"
`,
  );
  const cacheOfLock = { UV_CACHE_DIR: join(base, 'lock-cache'), UV_NO_CONFIG: '1' };
  const locked = spawnAsync(['lock', '--no-python-downloads'], emptyHome(root, cacheOfLock));
  expect(await locked).toBe(0);
  bench = new Bench(base, root, [pythonStep]);
  options = { env: { UV_CACHE_DIR: join(base, 'cache'), UV_HTTP_RETRIES: '0', UV_NO_CONFIG: '1' } };
});

afterEach(async () => {
  await index.close();
  rmSync(base, { recursive: true, force: true });
});

/** The index lives in this process, so it must not be blocked while uv asks it. */
async function spawnAsync(args: string[], env: Record<string, string>): Promise<number | null> {
  const { run } = await import('../../src/system/process.ts');
  return (await run([uvPath(), ...args], { cwd: root, env })).code;
}

async function failure(): Promise<UserError> {
  const { errors } = await bench.run(options);
  expect(errors).toHaveLength(1);
  return errors[0] as UserError;
}

describe('the package index', () => {
  it('is closed: 69, and the next run completes what is missing', async () => {
    const { url } = index;
    index.files = 503;
    expect(await failure()).toMatchObject({ exit: 69, id: 'HB234' });
    index.files = 'ok';
    const next = await bench.run(options);
    expect(next.errors).toEqual([]);
    expect(url).toBe(index.url);
    expect((await bench.plan(options)).changes).toEqual([]);
  });

  it('does not answer at all: 69', async () => {
    await index.close();
    expect(await failure()).toMatchObject({ exit: 69, id: 'HB230' });
  });

  it('refuses without credentials: 69', async () => {
    index.login = 'ana:open-sesame';
    expect(await failure()).toMatchObject({ exit: 69, id: 'HB232' });
  });

  it('is not asked with --offline: 69, saying so', async () => {
    options = { ...options, offline: true };
    expect(await failure()).toMatchObject({ exit: 69, id: 'HB236' });
  });

  it('is down and the lock is stale: the lock is the news', async () => {
    await index.close();
    const project = join(root, 'pyproject.toml');
    writeFileSync(project, readFileSync(project, 'utf8').replace('["alpha"]', '["alpha", "omega"]'));
    await expect(bench.run(options)).rejects.toMatchObject({ exit: 1, id: 'HB221' });
  });
});

describe('credentials of an index', () => {
  const secret = { name: 'index', index: 'private', indexUser: 'ana' } as WantedSecret;
  const secrets: Step = {
    id: 'secrets',
    title: 'secrets',
    needs: [],
    verifyNeeds: [],
    inspect: async ctx => {
      const credentials = { UV_INDEX_PRIVATE_USERNAME: 'ana', UV_INDEX_PRIVATE_PASSWORD: 'open-sesame' };
      ctx.outputs.set('indexCredentials', credentials);
      return { state: undefined, findings: [] };
    },
    plan: () => [],
    apply: async () => {},
    verify: async () => [],
  };

  it('reach uv, and never the build script', async () => {
    index.login = 'ana:open-sesame';
    bench = new Bench(base, root, [secrets, pythonStep]);
    bench.wanted = { ...bench.wanted, secrets: [secret] };
    const run = await bench.run(options);
    expect(run.errors).toEqual([]);
    const seen = readFileSync(join(bench.home, 'seen'), 'utf8');
    expect(seen).toContain('PATH=');
    expect(seen).not.toMatch(/open-sesame|UV_INDEX_/);
    expect(JSON.stringify(run.events)).not.toContain('open-sesame');
  });

  it.each(['UV_COMPILE_BYTECODE', '[tool.uv]'])(
    'are unknown to what a package runs when uv compiles: %s',
    async place => {
      const project = join(root, 'pyproject.toml');
      const text = readFileSync(project, 'utf8');
      if (place === '[tool.uv]') writeFileSync(project, `${text}[tool.uv]\ncompile-bytecode = true\n`);
      const started = join(bench.home, 'started');
      const line = `import os; open(${JSON.stringify(started)}, 'a').write(repr(dict(os.environ)))\n`;
      makeWheel(join(base, 'wheels'), 'alpha', '1.0', 3, { 'alpha.pth': line });
      expect(await spawnAsync(['lock', '--refresh'], emptyHome(root, { UV_CACHE_DIR: join(base, 'new-cache') }))).toBe(
        0,
      );
      index.login = 'ana:open-sesame';
      bench = new Bench(base, root, [secrets, pythonStep]);
      bench.wanted = { ...bench.wanted, secrets: [secret] };
      const env = { ...options.env, ...(place === '[tool.uv]' ? {} : { UV_COMPILE_BYTECODE: '1' }) };
      expect((await bench.run({ ...options, env })).errors).toEqual([]);
      const seen = readFileSync(started, 'utf8');
      expect(seen).toContain("'PATH'");
      expect(seen).not.toMatch(/open-sesame|UV_INDEX/);
    },
  );

  it('go to the address that they are for, and to no other index of that name', async () => {
    const password = 'p%2F@:/?#=ä x';
    const wheels = join(base, 'other-wheels');
    const other = await loopbackIndex(wheels, { beta: makeWheel(wheels, 'beta') });
    try {
      mkdirSync(join(root, 'member'));
      writeFileSync(
        join(root, 'member', 'pyproject.toml'),
        `[project]
name = "member"
version = "1"
requires-python = ">=3.9"
dependencies = ["beta"]
[tool.uv]
package = false
[tool.uv.sources]
beta = { index = "private" }
[[tool.uv.index]]
name = "private"
url = "${other.url}"
`,
      );
      const project = join(root, 'pyproject.toml');
      const text = readFileSync(project, 'utf8').replace('["alpha"]', '["alpha", "member"]');
      const source = '[tool.uv.workspace]\nmembers = ["member"]\n[tool.uv.sources]\nmember = { workspace = true }';
      writeFileSync(project, text.replace('[tool.uv.sources]', source));
      expect(await spawnAsync(['lock'], emptyHome(root, { UV_CACHE_DIR: join(base, 'lock-cache') }))).toBe(0);
      index.login = `ana:${password}`;
      other.login = 'nobody:knows';
      const given: Step = {
        ...secrets,
        inspect: async ctx => {
          const credentials = { UV_INDEX_PRIVATE_USERNAME: 'ana', UV_INDEX_PRIVATE_PASSWORD: password };
          ctx.outputs.set('indexCredentials', credentials);
          return { state: undefined, findings: [] };
        },
      };
      bench = new Bench(base, root, [given, pythonStep]);
      bench.wanted = { ...bench.wanted, secrets: [{ ...secret, indexUrl: index.url }] };
      expect((await bench.run(options)).errors).toHaveLength(1);
      expect([...other.sent]).toEqual([]);
      other.login = undefined;
      expect((await bench.run(options)).errors).toEqual([]);
      expect([...index.sent]).toEqual([`ana:${password}`]);
      expect([...other.sent]).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it('do not keep a source from somewhere else from being built, later and without them', async () => {
    const folder = join(base, 'loose-1.0');
    mkdirSync(folder);
    writeFileSync(join(folder, 'PKG-INFO'), 'Metadata-Version: 2.2\nName: loose\nVersion: 1.0\n');
    const backend = BACKEND.replaceAll('demo-0.1', 'loose-1.0').replace('demo', 'loose').replace('0.1\\n', '1.0\\n');
    const build = backend.replace('build_editable', 'build_wheel').replace('"seen"', '"seen-loose"');
    writeFileSync(join(folder, 'backend.py'), build);
    writeFileSync(
      join(folder, 'pyproject.toml'),
      '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\nname = "loose"\nversion = "1.0"\n',
    );
    spawnSync('tar', ['czf', join(root, 'loose-1.0.tar.gz'), '-C', base, 'loose-1.0']);
    const project = join(root, 'pyproject.toml');
    writeFileSync(
      project,
      readFileSync(project, 'utf8')
        .replace('["alpha"]', '["alpha", "loose"]')
        .replace('[tool.uv.sources]', '[tool.uv.sources]\nloose = { path = "loose-1.0.tar.gz" }'),
    );
    expect(await spawnAsync(['lock'], emptyHome(root, { UV_CACHE_DIR: join(base, 'lock-cache') }))).toBe(0);
    index.login = 'ana:open-sesame';
    bench = new Bench(base, root, [secrets, pythonStep]);
    bench.wanted = { ...bench.wanted, secrets: [secret] };
    expect((await bench.run(options)).errors).toEqual([]);
    const seen = readFileSync(join(bench.home, 'seen-loose'), 'utf8');
    expect(seen).toContain('PATH=');
    expect(seen).not.toMatch(/open-sesame|UV_INDEX_/);
  });

  it('of the person’s own environment are used the same way', async () => {
    index.login = 'ana:open-sesame';
    const env = { ...options.env, UV_INDEX_PRIVATE_USERNAME: 'ana', UV_INDEX_PRIVATE_PASSWORD: 'open-sesame' };
    expect((await bench.run({ ...options, env })).errors).toEqual([]);
    expect(readFileSync(join(bench.home, 'seen'), 'utf8')).not.toMatch(/open-sesame|UV_INDEX_/);
  });

  it('of the person’s own environment are used by an undo, and those that setup would ask for are not waited for', async () => {
    index.login = 'ana:open-sesame';
    const env = { ...options.env, UV_INDEX_PRIVATE_USERNAME: 'ana', UV_INDEX_PRIVATE_PASSWORD: 'open-sesame' };
    expect((await bench.run({ ...options, env })).errors).toEqual([]);
    rmSync(join(bench.home, 'seen'));
    const installed = takeOut(root, /^(alpha|demo)/);
    bench.wanted = { ...bench.wanted, secrets: [secret] };
    const again = { ...options, env: { ...env, UV_CACHE_DIR: join(base, 'other-cache') } };
    await (await bench.undoRuns([syncedFrom(bench.state, [])], again)).carryOut();
    expect(installed().join()).toMatch(/alpha.*demo/);
    expect(readFileSync(join(bench.home, 'seen'), 'utf8')).not.toMatch(/open-sesame|UV_INDEX_/);
  });
});

/** Process ids that work in this folder. */
function processesIn(folder: string): string[] {
  return readdirSync('/proc').filter(name => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === folder;
    } catch {
      return false; // It ended in the meantime, or it belongs to somebody else.
    }
  });
}

describe('Ctrl-C', () => {
  it('stops uv while it downloads, and the next run is whole', async () => {
    index.files = 'hang';
    const stop = new AbortController();
    const downloads = setInterval(() => index.hung && stop.abort(new Interrupted()), 50);
    const { errors } = await bench.run({ ...options, signal: stop.signal });
    clearInterval(downloads);
    expect(errors[0]).toMatchObject({ exit: 130 });
    expect(existsSync(join(bench.state, 'sync-marker.json'))).toBe(true);
    expect(processesIn(root)).toEqual([]);
    index.files = 'ok';
    expect((await bench.run(options)).errors).toEqual([]);
    expect((await bench.plan(options)).changes).toEqual([]);
    expect(existsSync(join(bench.state, 'sync-marker.json'))).toBe(false);
  });
});
