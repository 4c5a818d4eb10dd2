import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/system/process.ts';
import {
  expectRefusal,
  expectSetupRefuses,
  MANIFEST,
  onFullDisk,
  ordinaryMachine,
  smallWorkspace,
} from '../support/bad-input.ts';
import { type LoopbackIndex, loopbackIndex } from '../support/loopback-index.ts';
import { Machine } from '../support/machine.ts';
import { temporary, uvPath } from '../support/tools.ts';
import { lock, makeWheel } from '../support/wheels.ts';

const machine = new Machine();
const root = smallWorkspace(machine, { dependencies: ['alpha'], extras: { dev: ['beta'] } });
const file = (name: string): string => join(root, name);

/** Runs with another content of a file (none at all for undefined), and brings the old one back. */
function having(name: string, content: string | Buffer | undefined, test: () => void): void {
  const former = readFileSync(file(name));
  if (content === undefined) rmSync(file(name));
  else writeFileSync(file(name), content);
  try {
    test();
  } finally {
    writeFileSync(file(name), former);
  }
}

describe('what uv needs is not there', () => {
  // A root that is approved, so that uv is asked before the first change.
  beforeAll(() => {
    const first = machine.run(root, ['setup', '--yes']);
    expect(first.stderr).toMatch(/ready in/);
    expect(first.code).toBe(0);
  });

  it('no uv.lock: 1', () => {
    having('uv.lock', undefined, () =>
      expectSetupRefuses(machine, root, { code: 1, says: ['There is no uv.lock', 'Next: uv lock'] }),
    );
  });

  it('a stale uv.lock: 1, and it is not rewritten', () => {
    const stale = readFileSync(file('pyproject.toml'), 'utf8').replace('"alpha"', '"alpha", "beta"');
    having('pyproject.toml', stale, () =>
      expectSetupRefuses(machine, root, { code: 1, says: ['uv.lock does not match pyproject.toml', 'Next: uv lock'] }),
    );
  });

  it.each([
    ['merge markers', '<<<<<<< HEAD\nversion = 1\n=======\n'],
    ['nothing in it', ''],
    ['binary rubbish', '\0\x01\xff'],
    ['bytes that are no text', Buffer.from([0x80, 0xff, 0xfe])],
    ['half a file', 'version = 1\n[[package]]\nname = "al'],
  ])('a corrupt uv.lock (%s): 1', (_, content) => {
    having('uv.lock', content, () =>
      expectSetupRefuses(machine, root, { code: 1, says: ['uv.lock cannot be read', 'Next: git checkout'] }),
    );
  });

  it('an extra that does not exist: 1, and it is named', () => {
    const manifest = `${MANIFEST.replace('prefect =', 'python = "core"\nprefect =')}[python.profiles]\ncore = { extras = ["dve"] }\n`;
    having('hotpass-bootstrap.toml', manifest, () =>
      expectSetupRefuses(machine, root, { code: 1, says: ['Extra dve is not defined in pyproject.toml'] }),
    );
  });

  it('a pyproject.toml that is no TOML: 78, with its place', () => {
    having('pyproject.toml', '[project\nname = 1\n', () =>
      expectSetupRefuses(machine, root, { code: 78, says: ['pyproject.toml:1:'] }),
    );
  });

  it('the next command can be typed where the person is, also elsewhere than in the workspace', () => {
    const below = join(root, 'wheels');
    having('uv.lock', undefined, () => {
      for (const [cwd, args] of [
        [machine.home, ['-C', root]],
        [machine.home, ['-C', 'small']],
        [below, []],
      ] as [string, string[]][]) {
        const refused = machine.run(cwd, ['setup', '--yes', ...args]);
        expectRefusal(machine, cwd, refused, { code: 1, says: [`Next: cd ${root} && uv lock`] });
        const next = /^Next: (.+)$/m.exec(refused.stderr)?.[1] ?? '';
        const typed = spawnSync('bash', ['-c', next], { cwd, env: machine.env, encoding: 'utf8' });
        expect(typed.status).toBe(0);
        expect(existsSync(file('uv.lock'))).toBe(true);
        rmSync(file('uv.lock'));
      }
    });
    const stopped = machine.run(machine.home, ['setup', '-C', 'small', '--only', 'tasks']);
    expect(stopped.code).toBe(0);
    expect(machine.run(machine.home, ['plan', '-C', 'small']).code).toBe(0);
  });

  it('no pyproject.toml: 78', () => {
    having('pyproject.toml', undefined, () =>
      expectSetupRefuses(machine, root, { code: 78, says: ['There is no pyproject.toml in'] }),
    );
    const empty = temporary('hb-empty-');
    for (const args of [['plan'], ['setup', '--yes'], ['env'], ['secrets', 'list'], ['undo'], ['init']]) {
      expectRefusal(machine, empty, machine.run(empty, args), { code: 78, says: ['There is no pyproject.toml'] });
    }
    expect(readdirSync(empty)).toEqual([]);
  });

  it('no Python that fits: 1', () => {
    const wanting = readFileSync(file('pyproject.toml'), 'utf8').replace('>=3.9', '>=3.99');
    having('pyproject.toml', wanting, () =>
      having('uv.lock', readFileSync(file('uv.lock'), 'utf8').replace('>=3.9', '>=3.99'), () =>
        expectSetupRefuses(machine, root, { code: 1, says: ['There is no Python here that fits', '>=3.99'] }),
      ),
    );
  });

  it.each([
    ['a file', () => writeFileSync(file('.venv'), 'mine'), '.venv is a file'],
    ['a link to another environment', () => symlinkSync('../other', file('.venv')), '.venv is a link to'],
    ['a link that leads nowhere', () => symlinkSync('/nonexistent/venv', file('.venv')), '.venv is a link to'],
  ])('.venv is %s: 78, and what it leads to stays as it is', (_, make, says) => {
    const other = join(machine.home, 'other');
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, 'precious'), 'x');
    rmSync(file('.venv'), { recursive: true });
    make();
    try {
      expectSetupRefuses(machine, root, { code: 78, says: [says] });
      expectRefusal(machine, root, machine.run(root, ['plan']), { code: 78, says: [says] });
    } finally {
      unlinkSync(file('.venv'));
      rmSync(other, { recursive: true });
    }
    expect(machine.run(root, ['setup', '--yes']).code).toBe(0);
  });

  it('.venv holds something else than an environment: 1, and nothing of it is deleted', () => {
    rmSync(file('.venv'), { recursive: true });
    mkdirSync(file('.venv'));
    writeFileSync(file('.venv/diary.txt'), 'mine');
    try {
      expectSetupRefuses(machine, root, { code: 1, says: ['.venv holds something else'] });
    } finally {
      rmSync(file('.venv'), { recursive: true });
    }
  });
});

describe('a .venv that a stopped uv only began', () => {
  it.each([
    ['its mark', ['CACHEDIR.TAG']],
    ['its marks and no link to a Python yet', ['CACHEDIR.TAG', '.gitignore', '.lock', 'bin/']],
    ['a folder for packages and no Python', ['CACHEDIR.TAG', 'lib/python3.11/site-packages/']],
  ])('%s: it is made anew', (_, names) => {
    rmSync(file('.venv'), { recursive: true, force: true });
    for (const name of names) {
      const path = join(file('.venv'), name);
      mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
      if (!name.endsWith('/')) writeFileSync(path, '');
    }
    expect(machine.run(root, ['plan']).stdout).toContain('its Python is missing');
    expect(machine.run(root, ['setup', '--yes']).code).toBe(0);
    expect(spawnSync(file('.venv/bin/python'), ['-c', 'import alpha']).status).toBe(0);
    expect(machine.run(root, ['plan']).code).toBe(0);
  });
});

it('a folder whose name has quotes and spaces converges', () => {
  const odd = smallWorkspace(machine, { dependencies: ['alpha'] }, `it's a "$small" one`);
  expect(machine.run(odd, ['setup', '--yes']).code).toBe(0);
  expect(machine.run(odd, ['plan']).code).toBe(0);
});

describe('packages that cannot be had', () => {
  const person = new Machine();
  const project = join(person.home, 'remote');
  let index: LoopbackIndex;
  beforeAll(async () => {
    const wheels = join(person.home, 'wheels');
    index = await loopbackIndex(wheels, { alpha: makeWheel(wheels, 'alpha') });
    person.env = {
      ...person.env,
      UV_DEFAULT_INDEX: index.url,
      UV_CACHE_DIR: join(person.home, '.cache', 'uv'),
      UV_HTTP_RETRIES: '0',
    };
    mkdirSync(project);
    writeFileSync(
      join(project, 'pyproject.toml'),
      '[project]\nname = "remote"\nversion = "0.1"\nrequires-python = ">=3.9"\ndependencies = ["alpha"]\n',
    );
    writeFileSync(join(project, 'hotpass-bootstrap.toml'), MANIFEST.replace('small"', 'remote"'));
    const locked = await run([uvPath(), 'lock', '--no-cache'], { cwd: project, env: person.env });
    expect(locked.stderr).toMatch(/Resolved/);
    rmSync(join(person.home, '.cache'), { recursive: true, force: true });
  });
  afterAll(() => index.close());

  /** setup fails in its python step; what does not need it is done and stays. */
  async function refuses(code: number, says: (string | RegExp)[], env: Record<string, string> = {}): Promise<void> {
    const outcome = await person.start(project, ['setup', '--yes'], env).done;
    expectRefusal(person, project, outcome, { code, says });
    const json = await person.start(project, ['setup', '--json'], env).done;
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'setup', exit: code });
    expect(json.code).toBe(code);
    const venv = join(project, '.venv', 'lib');
    if (existsSync(venv))
      expect(readdirSync(join(venv, readdirSync(venv)[0] ?? '', 'site-packages'))).not.toContain('alpha');
  }

  it('an index that wants a password: 69', async () => {
    index.login = 'user:canary-login';
    await refuses(69, ['The package index wants credentials', '401']);
    index.login = undefined;
  });

  it('an index with a fault of its own: 69', async () => {
    index.files = 503;
    await refuses(69, ['The package index has a fault of its own', '503']);
    index.files = 'ok';
  });

  it('a network that is down: 69', async () => {
    const port = Number(new URL(index.url).port);
    await index.close();
    await refuses(69, ['The package index cannot be reached']);
    index = await loopbackIndex(join(person.home, 'wheels'), { alpha: 'alpha-1.0-py3-none-any.whl' }, port);
  });

  it('a proxy that is not there: 69', async () => {
    const env = { HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '' };
    await refuses(69, ['The package index cannot be reached'], env);
  });

  it('and everything converges once they are there', async () => {
    const again = await person.start(project, ['setup', '--yes']).done;
    expect(again.stderr).toMatch(/ready in/);
    expect(again.code).toBe(0);
    expect((await person.start(project, ['plan']).done).code).toBe(0);
  });
});

describe('a disk that is full', () => {
  it('under .venv: 1; the next run completes what is missing', () => {
    const person = new Machine();
    const project = smallWorkspace(person);
    makeWheel(join(project, 'wheels'), 'alpha', '1.0', 300);
    rmSync(join(project, 'uv.lock'));
    lock(project);
    person.env = { ...person.env, UV_LINK_MODE: 'copy' };
    const full = onFullDisk(person, project, join(project, '.venv'), 600_000);
    expectRefusal(person, project, full, { code: 1, says: ['The disk is full', 'df -h'] });
    rmSync(join(project, '.venv'), { recursive: true, force: true });
    const again = person.run(project, ['setup', '--yes']);
    expect(again.stderr).toMatch(/ready in/);
    expect(again.code).toBe(0);
  });

  it.each(['.prefect', '.local/state', '.local/share', '.local'])('under %s: 1, and nothing half-written', place => {
    const person = new Machine();
    const project = smallWorkspace(person);
    mkdirSync(join(person.home, place), { recursive: true });
    const full = onFullDisk(person, project, join(person.home, place), 4096);
    expectRefusal(person, project, full, { code: 1, says: ['disk is full'] });
    const again = person.run(project, ['setup', '--yes']);
    expect(again.stderr).toMatch(/ready in/);
    expect(again.code).toBe(0);
  });
});

describe('a .venv that may not be written', () => {
  it.each([['.venv'], ['.venv/lib/*/site-packages'], ['.']])(
    '%s is read-only: 1, before anything is changed',
    place => {
      const person = ordinaryMachine();
      const project = smallWorkspace(person, { extras: { dev: ['beta'] } });
      expect(person.run(project, ['setup', '--yes']).code).toBe(0);
      const more = `${MANIFEST.replace('prefect =', 'python = "core"\nprefect =')}[python.profiles]\ncore = { extras = ["dev"] }\n`;
      writeFileSync(join(project, 'hotpass-bootstrap.toml'), more);
      // The folder itself is only written when there is no .venv in it yet.
      if (place === '.') rmSync(join(project, '.venv'), { recursive: true });
      spawnSync('sh', ['-c', `chmod 555 ${place}`], { cwd: project });
      try {
        expectSetupRefuses(person, project, { code: 1, says: ['cannot be written', 'Next: chmod'] });
      } finally {
        spawnSync('sh', ['-c', `chmod 755 ${place}`], { cwd: project });
      }
      expect(person.run(project, ['setup', '--yes']).code).toBe(0);
    },
  );
});
