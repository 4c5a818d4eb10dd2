import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { UserError } from '../../src/core/errors.ts';
import { brokenDistributions } from '../../src/engine/distributions.ts';
import { pythonStep } from '../../src/steps/python.ts';
import { Bench } from '../support/context.ts';
import { temporary, uvPath } from '../support/tools.ts';
import { lock, makeProject, makeWheel, type ProjectOptions } from '../support/wheels.ts';

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) {
    spawnSync('chmod', ['-R', 'u+w', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
});

function bench(options: ProjectOptions = {}): Bench {
  const base = temporary('hb-python-');
  made.push(base);
  const root = join(base, 'work');
  mkdirSync(root);
  makeProject(root, options);
  return new Bench(base, root, [pythonStep]);
}

const venv = (b: Bench): string => join(b.root, '.venv');

function imports(b: Bench, name: string): boolean {
  return spawnSync(join(venv(b), 'bin', 'python'), ['-P', '-c', `import ${name}.part_2`]).status === 0;
}

function site(b: Bench): string {
  const version = readdirSync(join(venv(b), 'lib'))[0] ?? '';
  return join(venv(b), 'lib', version, 'site-packages');
}

async function refusal(work: Promise<unknown>): Promise<UserError> {
  return await work.then(
    () => {
      throw new Error('It was accepted.');
    },
    (error: UserError) => error,
  );
}

describe('an environment that is not there yet', () => {
  it('is made whole, verified, and then in order without a change', async () => {
    const b = bench();
    const first = await b.run();
    expect(first.errors).toEqual([]);
    expect(first.changes).toMatchObject([
      { key: 'sync', action: 'add', target: '.venv', to: '1 package', certain: true },
    ]);
    expect(imports(b, 'alpha')).toBe(true);
    expect(existsSync(join(b.state, 'sync-marker.json'))).toBe(false);

    const second = await b.run();
    expect(second.changes).toEqual([]);
    expect(second.results.map(result => result.status)).toEqual(['in order', 'in order']);
  });

  it('is only announced in a root that is not approved', async () => {
    const b = bench();
    const { changes } = await b.plan({ approved: false });
    expect(changes).toMatchObject([{ key: 'sync', action: 'add', certain: false }]);
    expect(existsSync(venv(b))).toBe(false);
  });

  it('announces no removal in a root that has grown, while nothing that decides it is other than when all was in step', async () => {
    const b = bench({ extras: { dev: ['beta'] } });
    const keys = async (): Promise<string[]> => (await b.plan({ approved: false })).changes.map(change => change.key);
    await b.run();
    expect(await keys()).toEqual(['sync']);
    expect((await b.run()).changes).toEqual([]);
    expect(await keys()).toEqual(['sync']);
    expect((await b.plan({ approved: false, recheck: true })).changes.map(change => change.key)).toContain('packages');
    const project = readFileSync(join(b.root, 'pyproject.toml'), 'utf8');
    writeFileSync(
      join(b.root, 'pyproject.toml'),
      `${project}\n[tool.hotpass-bootstrap.environments.local]\nvariables = { A = "1" }\n`,
    );
    expect(await keys()).toEqual(['sync']);
    for (const change of [
      () => writeFileSync(join(b.root, 'pyproject.toml'), `${project}\n[tool.uv]\ndefault-groups = []\n`),
      () => writeFileSync(join(b.root, 'uv.lock'), `${readFileSync(join(b.root, 'uv.lock'), 'utf8')}\n`),
      () => mkdirSync(join(site(b), 'hand-1.dist-info')),
      () => {
        b.wanted = { ...b.wanted, python: { ...b.wanted.python, extras: ['dev'] } };
      },
    ]) {
      expect((await b.run()).errors).toEqual([]);
      expect(await keys()).toEqual(['sync']);
      change();
      expect(await keys()).toEqual(['sync', 'packages']);
      writeFileSync(join(b.root, 'pyproject.toml'), project);
      rmSync(join(site(b), 'hand-1.dist-info'), { recursive: true, force: true });
    }
  });

  it('is announced while there is no uv', async () => {
    const b = bench();
    const without = new Bench(join(b.root, '..'), b.root, [pythonStep]);
    without.steps.splice(0, 1);
    const { changes } = await without.plan();
    expect(changes).toMatchObject([{ key: 'sync', certain: false, detail: 'what exactly is known once uv is there' }]);
  });

  it('starts no Python when nothing is to be done', async () => {
    const b = bench();
    await b.run();
    const trace = join(b.home, 'trace');
    const python = join(venv(b), 'bin', 'python');
    const target = spawnSync('readlink', ['-f', python], { encoding: 'utf8' }).stdout.trim();
    rmSync(python);
    writeFileSync(python, `#!/bin/bash\necho started >> '${trace}'\nexec -a "$0" '${target}' "$@"\n`);
    chmodSync(python, 0o755);
    // uv learns of the other file first; from then on its cache must be enough.
    spawnSync(uvPath(), ['sync', '--locked', '--dry-run'], { cwd: b.root, env: b.env() });
    expect(existsSync(trace)).toBe(true);
    rmSync(trace);
    expect((await b.run()).changes).toEqual([]);
    expect(existsSync(trace)).toBe(false);
  });
});

describe('changes', () => {
  it('shows removals as a change of their own, and removes exactly those', async () => {
    const b = bench({ extras: { dev: ['beta'] } });
    b.wanted = { ...b.wanted, python: { ...b.wanted.python, extras: ['dev'] } };
    await b.run();
    expect(imports(b, 'beta')).toBe(true);
    b.wanted = { ...b.wanted, python: { ...b.wanted.python, extras: [] } };
    const { changes } = await b.plan();
    expect(changes).toMatchObject([{ key: 'packages', action: 'remove', detail: 'beta==1.0' }]);
    const run = await b.run();
    expect(run.errors).toEqual([]);
    expect(imports(b, 'beta')).toBe(false);
    expect(imports(b, 'alpha')).toBe(true);

    expect(await b.undo(run.run, pythonStep as never)).toEqual([expect.stringContaining('--extra dev')]);
    expect(imports(b, 'beta')).toBe(true);
  });

  it('removes nothing where nothing may be removed', async () => {
    const b = bench({ extras: { dev: ['beta'] } });
    b.wanted = { ...b.wanted, python: { ...b.wanted.python, extras: ['dev'] } };
    await b.run();
    b.wanted = { ...b.wanted, python: { ...b.wanted.python, extras: [], exact: false } };
    makeWheel(join(b.root, 'wheels'), 'alpha', '2.0');
    const project = join(b.root, 'pyproject.toml');
    writeFileSync(project, readFileSync(project, 'utf8').replace('alpha-1.0', 'alpha-2.0'));
    lock(b.root);
    const run = await b.run();
    expect(run.changes).toMatchObject([{ key: 'sync', action: 'change', to: '1 package replaced' }]);
    expect(run.errors).toEqual([]);
    expect(imports(b, 'beta')).toBe(true);
    expect(readdirSync(site(b))).toContain('alpha-2.0.dist-info');
    expect((await b.plan()).changes).toEqual([]);
  });

  it('takes back an environment that it made', async () => {
    const b = bench();
    const { run } = await b.run();
    expect(await b.undo(run, pythonStep as never)).toEqual(['.venv is removed']);
    expect(existsSync(venv(b))).toBe(false);
  });
});

describe('damage', () => {
  it.each([
    ['a package folder is deleted', (b: Bench) => rmSync(join(site(b), 'alpha'), { recursive: true })],
    ['a RECORD is deleted', (b: Bench) => rmSync(join(site(b), 'alpha-1.0.dist-info', 'RECORD'))],
    [
      'the interpreter dangles',
      (b: Bench) => {
        rmSync(join(venv(b), 'bin', 'python'));
        symlinkSync('/nowhere/python', join(venv(b), 'bin', 'python'));
      },
    ],
    [
      'the interpreter does not start',
      (b: Bench) => {
        rmSync(join(venv(b), 'bin', 'python'));
        writeFileSync(join(venv(b), 'bin', 'python'), '#!/bin/sh\nexit 3\n', { mode: 0o755 });
      },
    ],
    ['pyvenv.cfg is deleted', (b: Bench) => rmSync(join(venv(b), 'pyvenv.cfg'))],
  ])('%s: made anew, the former one set aside and put back by undo', async (_what, damage) => {
    const b = bench();
    await b.run();
    damage(b);
    const run = await b.run({ recheck: true });
    expect(run.changes).toMatchObject([{ key: 'recreate', action: 'change' }]);
    expect(run.errors).toEqual([]);
    expect(imports(b, 'alpha')).toBe(true);
    expect(brokenDistributions(b.root)).toEqual([]);
    expect((await b.plan()).changes).toEqual([]);
    expect(readdirSync(b.root).some(name => name.startsWith('.hotpass-bootstrap-aside-venv'))).toBe(true);
    expect(await b.undo(run.run, pythonStep as never)).toEqual(['the former .venv is back']);
  });

  it('mends in place where nothing may be removed, and leaves what is not ours', async () => {
    const b = bench({ dependencies: ['alpha', 'gamma'], extras: { dev: ['beta'] } });
    b.wanted = { ...b.wanted, python: { ...b.wanted.python, extras: ['dev'] } };
    await b.run();
    b.wanted = { ...b.wanted, python: { ...b.wanted.python, extras: [], exact: false } };
    rmSync(join(site(b), 'alpha'), { recursive: true });
    rmSync(join(site(b), 'gamma-1.0.dist-info', 'RECORD'));
    rmSync(join(site(b), 'beta', 'part_1.py'));
    const run = await b.run();
    expect(run.changes).toMatchObject([{ key: 'repair', action: 'change' }]);
    expect(run.errors).toEqual([]);
    expect(run.findings.map(finding => finding.id)).toContain('HB256');
    expect(imports(b, 'alpha') && imports(b, 'gamma')).toBe(true);
    expect(brokenDistributions(b.root).map(entry => entry.name)).toEqual(['beta']);
    expect((await b.plan()).changes).toEqual([]);
  });

  it('notices a folder that was moved, whose scripts start nothing', async () => {
    const b = bench();
    await b.run();
    const moved = `${b.root}-moved`;
    spawnSync('mv', [b.root, moved]);
    const there = new Bench(join(b.root, '..'), moved, [pythonStep]);
    expect((await there.plan()).changes).toMatchObject([{ key: 'recreate', from: expect.stringContaining(b.root) }]);
  });
});

describe('refusals', () => {
  it('.venv is a link to another environment', async () => {
    const b = bench();
    const other = join(b.root, '..', 'other');
    mkdirSync(join(other, 'precious'), { recursive: true });
    symlinkSync(other, venv(b));
    const error = await refusal(b.run());
    expect(error).toMatchObject({ exit: 78, id: 'HB240' });
    expect(error.message).toContain(other);
    expect(readdirSync(other)).toEqual(['precious']);
  });

  it('.venv is a file that names another environment', async () => {
    const b = bench();
    writeFileSync(venv(b), '/somewhere/else');
    expect(await refusal(b.run())).toMatchObject({ exit: 78, message: expect.stringContaining('is a file') });
    expect(readFileSync(venv(b), 'utf8')).toBe('/somewhere/else');
  });

  it('.venv is a folder of somebody’s own files', async () => {
    const b = bench();
    mkdirSync(venv(b));
    writeFileSync(join(venv(b), 'notes.txt'), 'mine');
    expect(await refusal(b.run())).toMatchObject({ exit: 1, id: 'HB240' });
    expect(readFileSync(join(venv(b), 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('.venv is tracked by git', async () => {
    const b = bench();
    mkdirSync(venv(b));
    writeFileSync(join(venv(b), 'pyvenv.cfg'), '');
    spawnSync('git', ['init', '-q'], { cwd: b.root });
    spawnSync('git', ['add', '-f', '.venv/pyvenv.cfg'], { cwd: b.root });
    expect(await refusal(b.run())).toMatchObject({ exit: 78, message: '.venv is tracked by git.' });
  });

  it('a .python-version names a program', async () => {
    const b = bench();
    writeFileSync(join(b.root, '.python-version'), './evil/python\n');
    expect(await refusal(b.run())).toMatchObject({ exit: 78, id: 'HB254' });
  });

  it('a lock that asks for nothing is told, with what helps: the manifest there is, or writing one', async () => {
    const path = '/w/hotpass-bootstrap.toml';
    for (const [source, command] of [
      [{ kind: 'inferred' }, 'hotpass-bootstrap init'],
      [{ kind: 'file', path }, `\${EDITOR:-vi} ${path}`],
    ] as const) {
      const b = bench({ dependencies: [] });
      b.wanted = { ...b.wanted, source };
      await b.run();
      const { findings } = await b.run();
      expect(findings.map(({ id, fix }) => [id, fix?.command])).toEqual([['HB249', command]]);
    }
  });

  it('UV_PROJECT_ENVIRONMENT is said and not followed', async () => {
    const b = bench();
    const elsewhere = join(b.root, '..', 'elsewhere');
    const run = await b.run({ env: { UV_PROJECT_ENVIRONMENT: elsewhere } });
    expect(run.findings.map(finding => finding.id)).toContain('HB247');
    expect(existsSync(elsewhere)).toBe(false);
    expect(imports(b, 'alpha')).toBe(true);
  });

  it.each([
    ['a missing lock', 'HB220', (b: Bench) => rmSync(join(b.root, 'uv.lock'))],
    ['a stale lock', 'HB221', (b: Bench) => edit(b, 'pyproject.toml', '>=3.9', '>=3.10')],
    ['a corrupt lock', 'HB222', (b: Bench) => writeFileSync(join(b.root, 'uv.lock'), '<<<<<<< HEAD\n')],
    ['a lock of a newer uv', 'HB223', (b: Bench) => edit(b, 'uv.lock', /^version = 1$/m, 'version = 9')],
    [
      'an extra that does not exist',
      'HB224',
      (b: Bench) => {
        b.wanted = { ...b.wanted, python: { ...b.wanted.python, extras: ['nope'] } };
      },
    ],
  ] as const)('%s: exit 1, nothing made', async (_what, id, spoil) => {
    const b = bench();
    spoil(b);
    const lockBefore = existsSync(join(b.root, 'uv.lock')) ? readFileSync(join(b.root, 'uv.lock'), 'utf8') : '';
    const error = await refusal(b.run());
    expect(error).toMatchObject({ exit: 1, id });
    expect(error.next).toBeTruthy();
    expect(existsSync(venv(b))).toBe(false);
    expect(existsSync(join(b.root, 'uv.lock')) ? readFileSync(join(b.root, 'uv.lock'), 'utf8') : '').toBe(lockBefore);
  });

  it('no Python that fits and none that could be fetched', async () => {
    const b = bench({ requiresPython: '>=3.9' });
    edit(b, 'pyproject.toml', '>=3.9', '>=3.99');
    edit(b, 'uv.lock', 'requires-python = ">=3.9"', 'requires-python = ">=3.99"');
    expect(await refusal(b.run())).toMatchObject({ exit: 1, id: 'HB228', message: expect.stringContaining('>=3.99') });
  });

  it('a project that is written for Poetry', async () => {
    const b = bench();
    writeFileSync(join(b.root, 'pyproject.toml'), '[tool.poetry]\nname = "x"\n');
    expect(await refusal(b.run())).toMatchObject({ exit: 78, why: expect.stringContaining('Poetry') });
  });
});

function edit(b: Bench, file: string, from: string | RegExp, to: string): void {
  const path = join(b.root, file);
  const text = readFileSync(path, 'utf8');
  expect(text.replace(from, to)).not.toBe(text);
  writeFileSync(path, text.replace(from, to));
}
