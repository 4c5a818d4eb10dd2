import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { Machine } from '../support/machine.ts';
import { lock, makeWheel } from '../support/wheels.ts';

const machine = new Machine();
let number = 0;
let root: string;
let member: string;

/** A uv workspace with a virtual root and two members, each with a wheel of its own. */
beforeEach(() => {
  number += 1;
  root = join(machine.home, `work-${number}`);
  member = join(root, 'packages', 'one');
  writeMember('one', 'alpha');
  writeMember('two', 'beta');
  writeFileSync(join(root, 'pyproject.toml'), '[tool.uv.workspace]\nmembers = ["packages/*"]\n');
  lock(root);
});

function writeMember(name: string, dependency: string): void {
  const folder = join(root, 'packages', name);
  mkdirSync(folder, { recursive: true });
  const wheel = makeWheel(join(root, 'wheels'), dependency);
  writeFileSync(
    join(folder, 'pyproject.toml'),
    `[project]
name = "${name}"
version = "0.1"
requires-python = ">=3.9"
dependencies = ["${dependency}"]
[tool.uv]
package = false
[tool.uv.sources]
${dependency} = { path = "../../wheels/${wheel}" }
`,
  );
}

function manifest(packages: string): void {
  writeFileSync(
    join(root, 'hotpass-bootstrap.toml'),
    `schema = 1\nworkspace = "work-${number}"\n[python.profiles]\ncore = { packages = ${packages} }\n[environments.local]\npython = "core"\n`,
  );
}

function installed(): string[] {
  const lib = join(root, '.venv', 'lib');
  return readdirSync(join(lib, readdirSync(lib)[0] ?? '', 'site-packages'))
    .filter(name => name.endsWith('.dist-info'))
    .map(name => name.split('-')[0] ?? '')
    .sort();
}

it.each([
  ['["one"]', ['alpha']],
  ['["one", "two"]', ['alpha', 'beta']],
  ['"all"', ['alpha', 'beta']],
])('packages = %s, called in the folder of a member', (packages, expected) => {
  manifest(packages);
  const setup = machine.run(member, ['setup', '--yes']);
  expect(setup.stderr).toMatch(/ready in/);
  expect(setup.code).toBe(0);
  expect(installed()).toEqual(expected);
  expect(existsSync(join(member, '.venv'))).toBe(false);
  expect(readdirSync(member)).toEqual(['pyproject.toml']);
  // The same workspace, wherever one stands.
  expect(machine.run(root, ['plan']).code).toBe(0);
  expect(machine.run(join(root, 'packages', 'two'), ['setup']).stderr).toContain('everything in order');
});

it('a smaller choice takes the other member’s packages out, as a change of its own', () => {
  manifest('"all"');
  expect(machine.run(member, ['setup', '--yes']).code).toBe(0);
  manifest('["two"]');
  const plan = machine.run(member, ['plan', '--json']);
  expect(JSON.parse(plan.stdout).changes).toContainEqual(
    expect.objectContaining({ step: 'python', action: 'remove', detail: 'alpha==1.0' }),
  );
  expect(machine.run(member, ['setup', '--yes']).code).toBe(0);
  expect(installed()).toEqual(['beta']);
});

it('without a manifest a root that is no project gets all members, as from a plain uv sync', () => {
  const setup = machine.run(member, ['setup', '--yes']);
  expect(setup.code, setup.stderr).toBe(0);
  expect(installed()).toEqual(['alpha', 'beta']);
  expect(existsSync(join(member, '.venv'))).toBe(false);
});

it('an unknown member: refused before anything is made', () => {
  manifest('["three"]');
  const setup = machine.run(member, ['setup', '--yes']);
  expect([1, 78]).toContain(setup.code);
  expect(setup.stderr).toContain('three');
  expect(setup.stderr).toContain('Next: ');
  expect(existsSync(join(root, '.venv'))).toBe(false);
});
