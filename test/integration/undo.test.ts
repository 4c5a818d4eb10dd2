import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sitePackages } from '../../src/engine/fingerprint.ts';
import { Journal, readJournal, runStatus } from '../../src/engine/journal.ts';
import { recover } from '../../src/engine/recover.ts';
import { chooseRuns, summarise } from '../../src/engine/undo.ts';
import { envFileStep } from '../../src/steps/env-file.ts';
import { pythonStep } from '../../src/steps/python.ts';
import { tasksStep } from '../../src/steps/tasks.ts';
import { telemetryStep } from '../../src/steps/telemetry.ts';
import { Bench } from '../support/context.ts';
import { snapshot } from '../support/machine.ts';
import { temporary } from '../support/tools.ts';
import { makeProject } from '../support/wheels.ts';

let base: string;
let root: string;
let b: Bench;

beforeEach(() => {
  base = temporary('hb-undo-');
  root = join(base, 'work');
  mkdirSync(root);
  makeProject(root, { extras: { dev: ['beta'] } });
  b = new Bench(base, root, [pythonStep, envFileStep, telemetryStep, tasksStep]);
  want({ COLOUR: 'blue' }, 'enabled = true\n');
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

function want(variables: Record<string, string>, file: string): void {
  b.wanted = {
    ...b.wanted,
    envFile: { path: '.env.w', variables },
    telemetry: { ...b.wanted.telemetry, file: { path: 'telemetry.toml', content: file } },
  };
}

const task = (name: string, run: string[], undo?: string[]) => ({ name, run, undo, check: undefined, inputs: [] });

async function ran(): Promise<string> {
  const { run, errors } = await b.run();
  expect(errors).toEqual([]);
  return run;
}

async function undo(...runs: string[]): Promise<readonly string[]> {
  const { plan, said, carryOut } = await b.undoRuns(runs);
  expect(plan.refused).toEqual([]);
  await carryOut();
  return said;
}

describe('undo after setup', () => {
  it('gives back every file with its bytes and its mode', async () => {
    writeFileSync(join(root, '.env.w'), 'MINE=1\r\nLAST=no newline', { mode: 0o640 });
    const before = snapshot(root);
    const run = await ran();
    expect(snapshot(root)).not.toEqual(before);
    await undo(run);
    expect(snapshot(root)).toEqual(before);
    expect(chooseRuns(b.state, undefined, undefined)).toEqual([]);
  });

  it('removes what was not there, and setup can begin again', async () => {
    const before = snapshot(root);
    await undo(await ran());
    expect(snapshot(root)).toEqual(before);
    await ran();
    expect(existsSync(join(root, '.venv'))).toBe(true);
  });

  it('of several runs goes back through all of them, though they wrote the same files', async () => {
    writeFileSync(join(root, '.env.w'), 'MINE=1\n', { mode: 0o644 });
    const before = snapshot(root);
    const first = await ran();
    const between = snapshot(root, /\.venv|__pycache__/);
    want({ COLOUR: 'red', SIZE: '2' }, 'enabled = false\n');
    const second = await ran();
    want({ SIZE: '2' }, 'enabled = true\nother = 1\n');
    const third = await ran();
    await undo(third, second);
    expect(snapshot(root, /\.venv|__pycache__/)).toEqual(between);
    await undo(first);
    expect(snapshot(root)).toEqual(before);
  });

  it('keeps what the person wrote since', async () => {
    writeFileSync(join(root, '.env.w'), 'MINE=1\n');
    const run = await ran();
    const file = join(root, '.env.w');
    writeFileSync(file, `EARLY=1\n${readFileSync(file, 'utf8')}LATE=1\n`);
    await undo(run);
    expect(readFileSync(file, 'utf8')).toBe('EARLY=1\nMINE=1\nLATE=1\n');
  });

  it('synchronises to the former selection as that run did, whatever the manifest says by now', async () => {
    await ran();
    const packages = (): string[] => readdirSync(sitePackages(root) ?? '').filter(name => name.endsWith('.dist-info'));
    const before = packages();
    b.wanted = { ...b.wanted, python: { ...b.wanted.python, extras: ['dev'] } };
    const run = await ran();
    expect(packages()).toContainEqual(expect.stringMatching(/^beta-/));
    b.wanted = { ...b.wanted, python: { ...b.wanted.python, extras: [], exact: false } };
    await undo(run);
    expect(packages()).toEqual(before);
  });

  it('puts the environment back that was set aside, also when its files are older than a week', async () => {
    const old = await ran();
    expect(old).not.toBe('');
    const venv = join(root, '.venv');
    rmSync(join(venv, 'bin', 'python'));
    writeFileSync(join(venv, 'mark'), '');
    const longAgo = new Date(Date.now() - 20 * 86_400_000);
    utimesSync(venv, longAgo, longAgo);
    const run = await ran();
    expect(existsSync(join(venv, 'mark'))).toBe(false);
    recover(b.state, root, () => {});
    await undo(run);
    expect(existsSync(join(venv, 'mark'))).toBe(true);
  });
});

describe('what cannot be taken back', () => {
  it('a file that was changed where we wrote: refused with the difference, before the first write', async () => {
    const run = await ran();
    writeFileSync(join(root, 'telemetry.toml'), 'enabled = "perhaps"\n');
    const before = snapshot(base, /^home/);
    const { plan } = await b.undoRuns([run]);
    expect(plan.refused).toMatchObject([{ reason: expect.stringContaining('telemetry.toml') }]);
    expect(plan.refused[0]?.diff).toContain('+ enabled = "perhaps"');
    expect(plan.refused[0]).not.toHaveProperty('stays');
    rmSync(join(b.state, 'unused'), { recursive: true });
    expect(snapshot(base, /^home/)).toEqual(before);
    const forced = await b.undoRuns([run], { force: true });
    expect(forced.plan.refused).toEqual([]);
    await forced.carryOut();
    expect(readFileSync(join(root, 'telemetry.toml.kept'), 'utf8')).toBe('enabled = "perhaps"\n');
    expect(existsSync(join(root, 'telemetry.toml'))).toBe(false);
  });

  it('a task without an undo command stays, and the rest is taken back all the same', async () => {
    const [kept, gone] = [join(base, 'kept'), join(base, 'gone')];
    b.wanted = { ...b.wanted, tasks: [task('one way', ['touch', kept]), task('both', ['touch', gone], ['rm', gone])] };
    const before = snapshot(root);
    const run = await ran();
    const { plan, carryOut } = await b.undoRuns([run]);
    expect(plan.refused).toEqual([
      { text: `tasks: run touch ${kept}`, reason: expect.stringContaining('"one way"'), stays: true },
    ]);
    await carryOut();
    expect([existsSync(kept), existsSync(gone)]).toEqual([true, false]);
    expect(snapshot(root)).toEqual(before);
    expect(runStatus(readJournal(b.state, run))).toBe('undone');
  });

  it('an environment whose former packages are not known stays', async () => {
    await ran();
    rmSync(join(b.state, 'python-sync.json'));
    b.wanted = { ...b.wanted, python: { ...b.wanted.python, extras: ['dev'] } };
    const { plan } = await b.undoRuns([await ran()]);
    expect(plan.steps).toEqual([]);
    expect(plan.refused).toMatchObject([{ text: 'python: change .venv', stays: true }]);
  });

  it('a task whose undo command fails: the rest is done, the run is not, and the next undo does only that', async () => {
    const made = join(base, 'made');
    b.wanted = { ...b.wanted, tasks: [task('stubborn', ['touch', made], ['rmdir', made])] };
    const run = await ran();
    const first = await b.undoRuns([run]);
    await expect(first.carryOut()).rejects.toMatchObject({ exit: 1, why: expect.stringContaining(`rmdir ${made}`) });
    expect(existsSync(join(root, '.env.w'))).toBe(false);
    expect(existsSync(join(root, '.venv'))).toBe(false);
    expect(chooseRuns(b.state, undefined, undefined)).toEqual([run]);
    rmSync(made);
    mkdirSync(made);
    expect(await undo(run)).toEqual([expect.stringContaining('tasks: ')]);
    expect(summarise(b.state)[0]?.run).not.toBe('');
    expect(runStatus(readJournal(b.state, run))).toBe('undone');
  });
});

describe('an undo that was stopped', () => {
  it.each([1, 3])('after %i pieces goes on where it was', async pieces => {
    writeFileSync(join(root, '.env.w'), 'MINE=1\n', { mode: 0o640 });
    const before = snapshot(root);
    const run = await ran();
    const { plan } = await b.undoRuns([run]);
    expect(plan.steps.length).toBe(3);
    // As a kill leaves it: some pieces done, the last of them written but not yet recorded.
    for (const [at, step] of plan.steps.slice(0, pieces).entries()) {
      const journal = Journal.reopen(b.state, run);
      const parts = { kind: 'undone', step: step.change.step, change: step.change } as const;
      journal.append({ ...parts, before: { seqs: step.seqs } });
      await step.act();
      if (at < pieces - 1) journal.append({ ...parts, after: { seqs: step.seqs } });
    }
    await undo(run);
    expect(snapshot(root)).toEqual(before);
    expect(runStatus(readJournal(b.state, run))).toBe('undone');
  });
});

it('a run that was killed after it wrote can be taken back', async () => {
  const run = await ran();
  const path = join(b.state, 'runs', run, 'journal.jsonl');
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  const unfinished = lines.filter(line => ['open', 'intent', 'saved'].includes(JSON.parse(line).kind));
  writeFileSync(path, `${unfinished.join('\n')}\n{"torn`);
  expect(statSync(join(root, '.env.w')).isFile()).toBe(true);
  expect(summarise(b.state).find(entry => entry.run === run)?.changes).toContainEqual(
    expect.stringContaining('(not finished)'),
  );
  expect(chooseRuns(b.state, undefined, undefined)).toEqual([run]);
  await undo(run);
  expect(existsSync(join(root, '.env.w'))).toBe(false);
});
