import { existsSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { Machine, onlyPrograms } from '../support/machine.ts';
import { temporary } from '../support/tools.ts';

const machine = new Machine();
const bin = join(machine.home, '.local', 'bin');
let workspace: string;

beforeAll(() => {
  workspace = machine.clone();
  const programs = ['node', 'git', 'sh', 'env', 'cat', 'ls', 'rm', 'mkdir', 'cp', 'mv', 'ln', 'chmod', 'test', 'find'];
  machine.env = { ...machine.env, PATH: onlyPrograms(join(temporary(), 'bin'), programs) };
});

it('gets uv from the package index and links it, on a machine with no uv and no Python', () => {
  const plan = machine.run(workspace, ['plan', '--json']);
  expect(plan.code).toBe(2);
  const changes: { step: string; key: string; action: string; certain: boolean }[] = JSON.parse(plan.stdout).changes;
  expect(changes).toContainEqual(expect.objectContaining({ step: 'uv', action: 'add' }));
  expect(changes).toContainEqual(expect.objectContaining({ step: 'python', certain: false }));

  const setup = machine.run(workspace, ['setup', '--yes', '--only', 'uv']);
  expect(setup.stderr).toContain('uv: done');
  expect(setup.code).toBe(0);
  const uv = readlinkSync(join(bin, 'uv'));
  expect(uv.startsWith(join(machine.home, '.local', 'share', 'hotpass-bootstrap', 'uv'))).toBe(true);
  // The copy is as good as one that pip installed: it starts, and says its version.
  const version = machine.run(workspace, ['run', '--', uv, '--version']);
  expect(version.stdout).toMatch(/^uv \d+\.\d+\.\d+/);
  expect(existsSync(join(workspace, '.venv'))).toBe(false);
  expect(machine.run(workspace, ['setup', '--yes', '--only', 'uv']).stderr.trim().split('\n')).toHaveLength(1);
});

it('says in one sentence what to do where there is no Python and none can be fetched', () => {
  // A mirror that nobody answers at, so that it is the same on every network.
  const env = { UV_PYTHON_INSTALL_MIRROR: 'http://127.0.0.1:9/python-build-standalone', UV_HTTP_RETRIES: '0' };
  const setup = machine.run(workspace, ['setup', '--yes', '--only', 'python'], { env });
  expect(setup.code).toBe(1);
  expect(setup.stderr).toContain('There is no Python here that fits, and uv could not fetch one.');
  expect(setup.stderr).toMatch(/install a Python with the packages of your system/);
  expect(setup.stderr).toMatch(/Next: .*hotpass-bootstrap setup/);
  expect(existsSync(join(workspace, '.venv', 'bin', 'python'))).toBe(false);

  const never = machine.run(workspace, ['setup', '--yes', '--only', 'python'], {
    env: { UV_PYTHON_DOWNLOADS: 'never' },
  });
  expect(never.code).toBe(1);
  expect(never.stderr).toContain('There is no Python here that fits');
  // uv is not on PATH, so the command names where it is; and "never" does not hold for what is typed by hand.
  const next = /Next: env UV_PYTHON_DOWNLOADS=manual (\S+) python install '>=3/.exec(never.stderr)?.[1] ?? '';
  expect(existsSync(next)).toBe(true);
});

it('leaves a machine that has a uv of its own alone', () => {
  const other = new Machine();
  expect(other.run(other.clone(), ['setup', '--yes', '--only', 'uv']).code).toBe(0);
  expect(existsSync(join(other.home, '.local', 'bin', 'uv'))).toBe(false);
});
