import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine, type Outcome } from '../support/machine.ts';
import { tarball } from '../support/pack.ts';
import { tinyProject } from '../support/projects.ts';
import { repository, temporary } from '../support/tools.ts';
import { type Registry, verdaccio } from '../support/verdaccio.ts';

const folder = temporary('hb-registry-');
const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };
let registry: Registry;

beforeAll(async () => {
  registry = await verdaccio(folder, ['@napi-rs']);
  registry.publish(tarball());
});

afterAll(async () => {
  await registry.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** `npx` on a machine where nothing was ever installed; it asks nothing and waits for nothing. */
function npx(machine: Machine, cwd: string, args: readonly string[]): Promise<Outcome> {
  const env = { ...machine.env, npm_config_registry: registry.url, npm_config_update_notifier: 'false' };
  const child = spawn('npx', ['--yes', ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', async (code, signal) => resolve({ code, signal, stdout: await stdout, stderr: await stderr }));
  });
}

describe('npx, in an empty HOME', () => {
  it('gets the tool from a registry, with at most two packages besides, and leaves a command that needs no npx', async () => {
    const machine = new Machine();
    const root = tinyProject(join(machine.home, 'small'));
    const setup = await npx(machine, root, ['hotpass-bootstrap', 'setup', '--yes']);
    expect(setup.stderr).toMatch(/ready in/);
    expect(setup.code).toBe(0);
    const cached = join(machine.home, '.npm', '_npx');
    const modules = join(cached, readdirSync(cached)[0] ?? '', 'node_modules');
    const packages = readdirSync(modules)
      .filter(name => !name.startsWith('.'))
      .flatMap(name => (name.startsWith('@') ? readdirSync(join(modules, name)) : [name]));
    expect(packages).toContain('hotpass-bootstrap');
    expect(packages.length).toBeLessThanOrEqual(3);

    rmSync(join(machine.home, '.npm'), { recursive: true });
    const own = join(machine.home, '.local', 'bin', 'hotpass-bootstrap');
    expect(existsSync(own)).toBe(true);
    const again = machine.run(root, ['run', '--', own, '--version']);
    expect(again.stdout.trim()).toBe(version);
    expect(machine.run(root, ['run', '--', own, 'setup', '--yes']).stderr.trim().split('\n')).toHaveLength(1);
  });

  it('runs the tarball as it is', async () => {
    const machine = new Machine();
    const said = await npx(machine, machine.home, ['--package', tarball(), 'hotpass-bootstrap', '--version']);
    expect(said).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('hands on the exit code and the words where there is no project', async () => {
    const machine = new Machine();
    const said = await npx(machine, machine.home, [`hotpass-bootstrap@${version}`, 'plan']);
    expect(said.code).toBe(78);
    expect(said.stderr).toContain('Next: ');
  });
});
