import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Machine } from '../support/machine.ts';
import { otherNode } from '../support/other-node.ts';
import { installedBin } from '../support/pack.ts';
import { tinyProject } from '../support/projects.ts';

function on(node: string, machine: Machine, cwd: string, args: readonly string[]) {
  const result = spawnSync(node, [installedBin(), ...args], { cwd, env: machine.env, encoding: 'utf8', input: '' });
  return { code: result.status, stdout: result.stdout, stderr: result.stderr };
}

const MANIFEST = `schema = 1
[environments.local]
secrets = ["token"]
variables = { PLACE = "here" }
[secrets.token]
env = "TOKEN"
description = "A token"
[[tasks]]
name = "a file"
check = ["test", "-e", "made"]
run = ["touch", "made"]
`;

describe.each(['22.23.3', '24.21.0', '26.10.0'])('Node %s', version => {
  it('sets up, is idle the second time, runs with settings and secrets, and takes it back', () => {
    const node = otherNode(version);
    const machine = new Machine({ CI: 'true', TOKEN: 'canary-of-a-token' });
    const root = tinyProject(join(machine.home, 'small'), MANIFEST);
    const setup = on(node, machine, root, ['setup']);
    expect(setup.stderr).toMatch(/ready in/);
    expect(setup).toMatchObject({ code: 0, stdout: '' });
    expect(setup.stderr).not.toMatch(/Warning|deprecat/i);
    expect(on(node, machine, root, ['setup']).stderr.trim().split('\n')).toHaveLength(1);
    const run = on(node, machine, root, ['run', '--', 'sh', '-c', 'echo $PLACE ${#TOKEN}']);
    expect(run).toMatchObject({ code: 0, stdout: 'here 17\n' });
    expect([0, 2]).toContain(on(node, machine, root, ['doctor', '--offline']).code);
    const undo = on(node, machine, root, ['undo', '--yes']);
    expect(undo.stderr).toContain('.venv');
    expect(undo.code).toBe(0);
  });
});

describe.each(['18.20.8', '16.20.2'])('Node %s, which is too old', version => {
  it('gets one sentence and the next step, and its version all the same', () => {
    const node = otherNode(version);
    const machine = new Machine();
    expect(on(node, machine, machine.home, ['setup', '--yes'])).toEqual({
      code: 78,
      stdout: '',
      stderr: `hotpass-bootstrap needs Node 20.19 or newer 20, 22.12 or newer 22, or 24 and later; this is Node ${version}.\nNext: install a current Node, then run this command again.\n`,
    });
    expect(on(node, machine, machine.home, ['--version'])).toMatchObject({ code: 0, stderr: '' });
  });
});
