import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Interrupted } from '../../src/core/errors.ts';
import { brokenDistributions, distributions } from '../../src/engine/distributions.ts';
import { pythonStep } from '../../src/steps/python.ts';
import { killGroup } from '../../src/system/process.ts';
import { markProcess } from '../../src/system/processes.ts';
import { Bench } from '../support/context.ts';
import { exampleEnvironment, repository, temporary, uvPath } from '../support/tools.ts';

let base: string;
let root: string;
let bench: Bench;
let expected: number;

beforeAll(() => {
  exampleEnvironment(); // Fills uv's cache, so that what follows is the install phase.
  base = temporary('hb-killed-');
  root = join(base, 'work');
  cpSync(join(repository, 'examples', 'workspace'), root, {
    recursive: true,
    filter: path => !path.includes('.venv') && !path.includes('__pycache__'),
  });
  bench = new Bench(base, root, [pythonStep]);
  bench.wanted = { ...bench.wanted, python: { ...bench.wanted.python, extras: ['dev'] } };
});

afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Whole by our own look and by Python's, and uv has nothing to add. */
async function expectWhole(): Promise<void> {
  expect(brokenDistributions(root)).toEqual([]);
  expected ??= distributions(root).length;
  expect(distributions(root)).toHaveLength(expected);
  const oracle = `
import importlib.metadata as m, sys
missing = [f"{d.name}: {f}" for d in m.distributions() for f in d.files or [] if not f.suffix == ".pyc" and not f.locate().exists()]
print("\\n".join(missing[:5])); sys.exit(1 if missing else 0)`;
  const asked = spawnSync(join(root, '.venv', 'bin', 'python'), ['-P', '-c', oracle], { encoding: 'utf8' });
  expect(asked.stdout.trim()).toBe('');
  expect(asked.status).toBe(0);
  expect((await bench.plan()).changes).toEqual([]);
}

describe('a sync killed while it installs is whole after the next run', () => {
  it.each([0, 10, 25, 45, 70, 100])('our own, %i ms after it began to install', async ms => {
    rmSync(join(root, '.venv'), { recursive: true, force: true });
    let uv: number | undefined;
    const run = await bench.run({
      onEvent: event => {
        if (event.type !== 'child-line' || uv !== undefined) return;
        if (!/^(Resolved|Prepared)/.test(event.line)) return;
        uv = Number(
          JSON.parse(spawnSync('cat', [join(bench.state, 'sync-marker.json')], { encoding: 'utf8' }).stdout).uv.pid,
        );
        setTimeout(() => killGroup(uv, 'SIGKILL'), ms);
      },
    });
    expect(uv).toBeGreaterThan(1);
    if (run.errors.length > 0) expect(existsSync(join(bench.state, 'sync-marker.json'))).toBe(true);
    expect((await bench.run()).errors).toEqual([]);
    await expectWhole();
  });

  it.each([60, 110, 160, 220])('a person’s bare uv sync, after %i ms', async ms => {
    await bench.run();
    rmSync(join(root, '.venv'), { recursive: true, force: true });
    const child = spawn(uvPath(), ['sync', '--locked', '--extra', 'dev', '-q'], { cwd: root, env: bench.env() });
    await sleep(ms);
    child.kill('SIGKILL');
    await new Promise(resolve => child.on('close', resolve));
    expect((await bench.run()).errors).toEqual([]);
    await expectWhole();
  });

  it('Ctrl-C in the install phase lets uv finish', async () => {
    rmSync(join(root, '.venv'), { recursive: true, force: true });
    const stop = new AbortController();
    const run = await bench.run({
      signal: stop.signal,
      onEvent: event => {
        if (event.type === 'child-line' && /^(Resolved|Prepared)/.test(event.line)) stop.abort(new Interrupted());
      },
    });
    expect(run.errors[0]).toMatchObject({ exit: 130 });
    expect(brokenDistributions(root)).toEqual([]);
    expect(existsSync(join(bench.state, 'sync-marker.json'))).toBe(true);
    expect((await bench.run()).errors).toEqual([]);
    await expectWhole();
  });
});

it('waits for the uv of a run that was killed', async () => {
  const child = spawn('sleep', ['1.5'], { detached: true });
  const uv = markProcess(child.pid ?? 0);
  const marker = { schema: 1, at: Date.now(), flags: [], lock: '', uv };
  writeFileSync(join(bench.state, 'sync-marker.json'), JSON.stringify(marker));
  const started = performance.now();
  const run = await bench.run();
  expect(run.errors).toEqual([]);
  expect(performance.now() - started).toBeGreaterThan(1000);
  expect(run.events.some(event => event.type === 'step-progress' && event.text.startsWith('waiting for uv'))).toBe(
    true,
  );
  await expectWhole();
});
