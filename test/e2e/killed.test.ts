import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { Machine } from '../support/machine.ts';
import { installedBin } from '../support/pack.ts';
import { uvPath } from '../support/tools.ts';

/** More rounds for whoever has the time: HOTPASS_TEST_ROUNDS=50. */
const ROUNDS = Number(process.env['HOTPASS_TEST_ROUNDS'] ?? 2);

const machine = new Machine();
const workspace = machine.clone();
const venv = join(workspace, '.venv');
let whole: number;

beforeAll(() => {
  expect(machine.run(workspace, ['setup', '--yes']).code).toBe(0);
  whole = distributions();
});

/** What is in site-packages, as names of dist-info folders; 0 while there is none. */
function distributions(): number {
  const lib = join(venv, 'lib');
  if (!existsSync(lib)) return 0;
  const site = join(lib, readdirSync(lib)[0] ?? '', 'site-packages');
  return existsSync(site) ? readdirSync(site).filter(name => name.endsWith('.dist-info')).length : 0;
}

/** Files of any RECORD that are not there, as Python itself sees it. */
function missing(): string[] {
  const oracle = `
import importlib.metadata as m, json, pathlib, sysconfig
site = pathlib.Path(sysconfig.get_paths()["purelib"])
gone = [f"{d.name}: {f}" for d in m.distributions() for f in d.files or [] if not f.locate().exists()]
gone += [f"{i.name}: RECORD" for i in site.glob("*.dist-info") if not (i / "RECORD").exists()]
print(json.dumps(gone))`;
  const python = join(venv, 'bin', 'python');
  return JSON.parse(execFileSync(python, ['-P', '-c', oracle], { cwd: machine.home, encoding: 'utf8' }));
}

/** Waits until this many distributions are there (or the child has ended), as fast as one can look. */
async function reaches(count: number, ended: () => boolean): Promise<void> {
  while (!ended() && distributions() < count) await sleep(1);
}

/** Ends the process group of a child, as a closed terminal or a full machine does, and waits for its end. */
async function killedAt(count: number, argv: readonly string[], alsoUv: boolean): Promise<void> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { cwd: workspace, env: machine.env, stdio: 'ignore', detached: true });
  const end = new Promise(resolve => child.on('close', resolve));
  await reaches(count, () => child.exitCode !== null);
  if (alsoUv) kill(uvOfMarker());
  kill(child.pid);
  await end;
}

function kill(group: number | undefined): void {
  try {
    if (group !== undefined) process.kill(-group, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

/** uv runs in a process group of its own; the marker of the sync names it. */
function uvOfMarker(): number | undefined {
  const state = join(machine.home, '.local', 'state', 'hotpass-bootstrap', 'workspaces');
  const marker = join(state, readdirSync(state)[0] ?? '', 'sync-marker.json');
  return existsSync(marker) ? JSON.parse(readFileSync(marker, 'utf8')).uv?.pid : undefined;
}

/** @param only the checks of Prefect and of the workspace take their time, and are not what is killed here. */
function expectWholeAfterSetup(only: readonly string[]): void {
  const setup = machine.run(workspace, ['setup', '--yes', ...only]);
  expect(setup.stderr).not.toContain('✖');
  expect(setup.code).toBe(0);
  expect(missing()).toEqual([]);
  expect(distributions()).toBe(whole);
  expect(machine.run(workspace, ['plan', ...only]).code).toBe(0);
}

describe('setup, killed while it installs, is whole after the next one', () => {
  const moments = Array.from({ length: ROUNDS }, () => Math.random());
  it.each(moments)('its process group, at %f of the packages; uv is left behind', async moment => {
    rmSync(venv, { recursive: true, force: true });
    await killedAt(1 + Math.floor(moment * whole), [process.execPath, installedBin(), 'setup', '--yes'], false);
    expectWholeAfterSetup(['--only', 'python']);
  });

  it.each(moments)('with uv, at %f of the packages', async moment => {
    rmSync(venv, { recursive: true, force: true });
    await killedAt(1 + Math.floor(moment * whole), [process.execPath, installedBin(), 'setup', '--yes'], true);
    expectWholeAfterSetup(['--only', 'python']);
  });
});

it('a person’s bare uv sync that was killed and left packages without files is noticed and mended', async () => {
  let broken: string[] = [];
  for (let tries = 0; broken.length === 0 && tries < 25; tries++) {
    rmSync(venv, { recursive: true, force: true });
    await killedAt(1 + Math.floor(Math.random() * whole * 0.8), [uvPath(), 'sync', '--locked', '-q'], false);
    if (existsSync(join(venv, 'bin', 'python'))) broken = missing();
  }
  expect(broken.length).toBeGreaterThan(0);
  expect(machine.run(workspace, ['plan']).code).toBe(2);
  expectWholeAfterSetup([]);
});
