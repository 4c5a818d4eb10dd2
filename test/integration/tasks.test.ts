import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pythonStep } from '../../src/steps/python.ts';
import { readinessStep } from '../../src/steps/readiness.ts';
import { tasksStep } from '../../src/steps/tasks.ts';
import { Bench } from '../support/context.ts';
import { temporary } from '../support/tools.ts';
import { makeProject } from '../support/wheels.ts';

let base: string;
let b: Bench;

beforeEach(() => {
  base = temporary('hb-tasks-');
  const root = join(base, 'work');
  mkdirSync(root);
  makeProject(root);
  b = new Bench(base, root, [pythonStep, tasksStep, readinessStep]);
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

const task = (name: string, parts: { run: string[]; check?: string[]; undo?: string[]; inputs?: string[] }) => ({
  name,
  run: parts.run,
  check: parts.check,
  undo: parts.undo,
  inputs: parts.inputs ?? [],
});
const sh = (script: string): string[] => ['sh', '-c', script];
const of = (step: string, changes: readonly { step: string; key: string }[]): string[] =>
  changes.filter(change => change.step === step).map(change => change.key);

describe('tasks', () => {
  it('run with the environment of this workspace, once, and again when an input changes', async () => {
    const log = join(base, 'log');
    writeFileSync(join(b.root, 'input.txt'), '1');
    b.wanted = {
      ...b.wanted,
      envFile: { path: '.env.w', variables: { COLOUR: 'blue' } },
      tasks: [
        task('greet', {
          run: sh(
            `python -c 'import os, sys; print(sys.prefix, os.environ["VIRTUAL_ENV"], os.environ["COLOUR"])' >> ${log}`,
          ),
          inputs: ['input.*'],
        }),
      ],
    };
    const first = await b.run({ env: { PREFECT_API_KEY: 'pnu_canary123456', SOMETHING: 'else' } });
    expect(first.errors).toEqual([]);
    expect(of('tasks', first.changes)).toEqual(['task:greet']);
    const venv = join(b.root, '.venv');
    expect(readFileSync(log, 'utf8')).toBe(`${venv} ${venv} blue\n`);

    expect((await b.run()).changes).toEqual([]);
    writeFileSync(join(b.root, 'input.txt'), '2');
    expect(of('tasks', (await b.run()).changes)).toEqual(['task:greet']);
    expect(readFileSync(log, 'utf8').trim().split('\n')).toHaveLength(2);
  });

  it('show the exact command, and are not run when the check passes', async () => {
    const file = join(base, 'made');
    const run = sh(`echo run >> ${file}`);
    b.wanted = { ...b.wanted, tasks: [task('make it', { run, check: ['test', '-e', file] })] };
    await b.run({ recheck: false });
    expect(readFileSync(file, 'utf8')).toBe('run\n');
    rmSync(join(b.state, 'stamps.json'));
    expect(of('tasks', (await b.plan()).changes)).toEqual([]);
    rmSync(file);
    rmSync(join(b.state, 'stamps.json'));
    const { changes } = await b.plan();
    expect(changes.find(change => change.step === 'tasks')).toMatchObject({
      action: 'run',
      target: `sh -c 'echo run >> ${file}'`,
      certain: true,
    });
  });

  it('fail one by one: the others still run, and the failed one says how it went', async () => {
    const file = join(base, 'made');
    b.wanted = {
      ...b.wanted,
      tasks: [
        task('broken', { run: sh('echo refused by the hook path; exit 3') }),
        task('absent', { run: ['no-such-program'] }),
        task('fine', { run: ['touch', file] }),
        task('hollow', { run: ['true'], check: ['false'] }),
      ],
    };
    const { errors, results } = await b.run();
    expect(existsSync(file)).toBe(true);
    expect(results.find(result => result.id === 'tasks')?.status).toBe('failed');
    expect(results.find(result => result.id === 'readiness')?.status).toBe('skipped');
    expect(errors[0]).toMatchObject({
      exit: 1,
      message: expect.stringContaining('"broken"'),
      why: 'It exited with 3.',
      next: expect.stringMatching(/^hotpass-bootstrap run -- sh -c /),
      lines: ['refused by the hook path'],
      details: [expect.stringContaining('"absent"'), expect.stringContaining('"hollow"')],
    });
    expect(of('tasks', (await b.run()).changes).sort()).toEqual(['task:absent', 'task:broken', 'task:hollow']);
  });

  it('are taken back with the command of the journal, not of today’s manifest', async () => {
    const file = join(base, 'made');
    b.wanted = { ...b.wanted, tasks: [task('t', { run: ['touch', file], undo: ['rm', file] })] };
    const { run } = await b.run();
    b.wanted = { ...b.wanted, tasks: [task('t', { run: ['touch', file], undo: ['rm', '-rf', base] })] };
    expect(await b.undo(run, tasksStep as never)).toEqual([`ran rm ${file}`]);
    expect(existsSync(file)).toBe(false);
    expect(existsSync(base)).toBe(true);
  });

  it('without an undo command refuse to be taken back', async () => {
    b.wanted = { ...b.wanted, tasks: [task('t', { run: ['true'] })] };
    const { run } = await b.run();
    expect(await b.undo(run, tasksStep as never)).toEqual([expect.stringMatching(/^refused: .*"t"/)]);
  });

  it('start nothing in a root that is not approved', async () => {
    const file = join(base, 'started');
    b.wanted = {
      ...b.wanted,
      tasks: [task('t', { run: ['true'], check: ['touch', file] })],
      readiness: [{ name: 'r', inputs: [], run: ['touch', file] }],
    };
    const { changes } = await b.plan({ approved: false });
    expect(changes.every(change => !change.certain)).toBe(true);
    expect([...of('tasks', changes), ...of('readiness', changes)]).toEqual([
      'task:t',
      'ready:Python starts',
      'ready:r',
    ]);
    expect(existsSync(file)).toBe(false);
  });
});

describe('readiness', () => {
  it('runs its checks at the same time, then rests on their stamps', async () => {
    const meet = (mine: string, other: string): string[] =>
      sh(`touch ${base}/${mine}; for i in $(seq 100); do test -e ${base}/${other} && exit 0; sleep 0.1; done; exit 1`);
    b.wanted = {
      ...b.wanted,
      readiness: [
        { name: 'one', inputs: [], run: meet('one', 'two') },
        { name: 'two', inputs: [], run: meet('two', 'one') },
      ],
    };
    const first = await b.run();
    expect(first.errors).toEqual([]);
    expect(of('readiness', first.changes)).toEqual(['ready:Python starts', 'ready:one', 'ready:two']);
    expect((await b.run()).changes).toEqual([]);
    const again = await b.run({ recheck: true });
    expect(of('readiness', again.changes)).toHaveLength(3);
  });

  it('fails with the check’s own last lines, and is due again', async () => {
    b.wanted = { ...b.wanted, readiness: [{ name: 'imports', inputs: [], run: ['python', '-c', 'import omega'] }] };
    const { errors } = await b.run();
    expect(errors[0]).toMatchObject({
      exit: 1,
      message: expect.stringContaining('"imports"'),
      lines: expect.arrayContaining(["ModuleNotFoundError: No module named 'omega'"]),
    });
    expect(of('readiness', (await b.plan()).changes)).toEqual(['ready:imports']);
  });

  it('is due again when a package of the environment changed', async () => {
    await b.run();
    const site = join(b.root, '.venv', 'lib');
    expect(existsSync(site)).toBe(true);
    rmSync(join(b.root, '.venv', 'bin', 'python'));
    writeFileSync(join(b.root, '.venv', 'bin', 'python'), '#!/bin/sh\nexit 9\n');
    chmodSync(join(b.root, '.venv', 'bin', 'python'), 0o755);
    const run = await b.run();
    expect(run.errors).toEqual([]);
    expect(of('readiness', run.changes)).toEqual(['ready:Python starts']);
  });
});
