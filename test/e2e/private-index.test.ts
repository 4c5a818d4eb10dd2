import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/system/process.ts';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { type LoopbackIndex, loopbackIndex } from '../support/loopback-index.ts';
import { Machine } from '../support/machine.ts';
import { Terminal } from '../support/pty.ts';
import { tellingBackend } from '../support/telling-backend.ts';
import { temporary, uvPath } from '../support/tools.ts';
import { makeWheel } from '../support/wheels.ts';

const PASSWORD = 'canary-index-Qz81LmVw40';
const OTHER = 'canary-other-Hy72KpTr55';

const BACKEND = tellingBackend();

const source = temporary('hb-private-');
const indexes: LoopbackIndex[] = [];
let machine: Machine;
let keyring: Keyring;
let workspace: string;

/** A project with a package of each of two private indexes, and its lock. */
beforeAll(async () => {
  const wheels = join(source, 'wheels');
  for (const name of ['alpha', 'beta']) indexes.push(await loopbackIndex(wheels, { [name]: makeWheel(wheels, name) }));
  const project = join(source, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'backend.py'), BACKEND);
  writeFileSync(
    join(project, 'pyproject.toml'),
    `[project]
name = "demo"
version = "0.1"
requires-python = ">=3.9"
dependencies = ["alpha", "beta"]
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[tool.uv.sources]
alpha = { index = "first-one" }
beta = { index = "second" }
[[tool.uv.index]]
name = "first-one"
url = "${indexes[0]?.url}"
[[tool.uv.index]]
name = "second"
url = "${indexes[1]?.url}"
`,
  );
  writeFileSync(
    join(project, 'hotpass-bootstrap.toml'),
    `schema = 1
workspace = "demo"
[environments.local]
secrets = ["plain", "first", "second"]
[secrets.plain]
env = "PLAIN"
description = "A secret that uv does not need"
[secrets.first]
for = "index:first-one"
user = "ana"
description = "Read token of the first index"
[secrets.second]
for = "index:second"
user = "ben"
description = "Read token of the second index"
`,
  );
  const env = new Machine({ UV_CACHE_DIR: join(source, 'cache') }).env;
  expect((await run([uvPath(), 'lock', '--no-python-downloads'], { cwd: project, env })).code).toBe(0);
  for (const [at, login] of [`ana:${PASSWORD}`, `ben:${OTHER}`].entries()) {
    const index = indexes[at];
    if (index) index.login = login;
  }
});

afterAll(async () => {
  for (const index of indexes) await index.close();
  rmSync(source, { recursive: true, force: true });
});

beforeEach(async () => {
  machine = new Machine();
  machine.env = { ...machine.env, UV_CACHE_DIR: join(machine.home, 'uv-cache'), UV_HTTP_RETRIES: '0' };
  workspace = join(machine.home, 'demo');
  cpSync(join(source, 'project'), workspace, { recursive: true });
});

/** Installed, and neither the build back end nor any file of the machine has seen a password. */
function expectDone(): void {
  const site = join(workspace, '.venv', 'lib');
  const packages = readdirSync(join(site, readdirSync(site)[0] ?? '', 'site-packages'));
  expect(packages).toEqual(expect.arrayContaining(['alpha', 'beta']));
  const seen = readFileSync(join(machine.home, 'seen'), 'utf8');
  expect(seen).toContain('PATH=');
  expect(seen).not.toMatch(/canary|UV_INDEX_/);
  const holders = readdirSync(machine.home, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.name.endsWith('.keyring'))
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => statSync(path).size < 5_000_000 && /canary-(index|other)/.test(readFileSync(path, 'latin1')));
  expect(holders).toEqual([]);
}

describe('the password of a private index at a terminal', () => {
  beforeEach(async () => {
    keyring = await withKeyring(machine.home);
    machine.env = { ...machine.env, ...keyring.env, TERM: 'xterm-256color' };
    return () => keyring.stop();
  });

  it('is asked for first, while uv waits, and comes from the keychain the next time', async () => {
    const terminal = new Terminal(workspace, ['setup'], machine.env);
    await terminal.sees(/Go ahead\?/);
    terminal.type('y\r');
    await terminal.sees(/Read token of the first index[\s\S]*Paste it here/);
    await sleep(1500);
    expect(existsSync(join(workspace, '.venv'))).toBe(false);
    terminal.type(`${PASSWORD}\r`);
    await terminal.sees(/Read token of the second index[\s\S]*Paste it here/);
    await sleep(500);
    expect(existsSync(join(workspace, '.venv'))).toBe(false);
    terminal.type(`${OTHER}\r`);
    await terminal.sees(/uv does not need[\s\S]*Paste it here/);
    // uv has all it needs, and goes on while the last question is open.
    const end = Date.now() + 120_000;
    while (!existsSync(join(machine.home, 'seen')) && Date.now() < end) await sleep(50);
    expect(existsSync(join(machine.home, 'seen'))).toBe(true);
    terminal.type('canary-plain-value\r');
    await terminal.sees(/ready in .*waiting for you/);
    expect((await terminal.exit).exitCode).toBe(0);
    expect(terminal.raw).not.toContain('canary');
    expectDone();
    const lookup = ['lookup', 'service', 'hotpass-bootstrap/demo', 'username', 'local/first'];
    expect(execFileSync('secret-tool', lookup, { env: machine.env, encoding: 'utf8' })).toBe(PASSWORD);
    expect(promptSeconds()).toBeGreaterThan(1.9);

    for (const path of [join(workspace, '.venv'), join(machine.home, 'uv-cache'), join(machine.home, 'seen')]) {
      rmSync(path, { recursive: true });
    }
    const again = await machine.start(workspace, ['setup', '--yes']).done;
    expect(again.stderr).toMatch(/ready in/);
    expect(again.code).toBe(0);
    expectDone();
  });

  it('is not given after all: Ctrl-C stops, and uv never began', async () => {
    const terminal = new Terminal(workspace, ['setup'], machine.env);
    await terminal.sees(/Go ahead\?/);
    terminal.type('y\r');
    await terminal.sees(/Read token of the first index[\s\S]*Paste it here/);
    terminal.type('\x03');
    expect((await terminal.exit).exitCode).toBe(130);
    expect(existsSync(join(workspace, '.venv'))).toBe(false);
  });
});

describe('the password of a private index in CI', () => {
  const ci = { CI: 'true' };
  const given = { PLAIN: 'canary-plain-value', UV_INDEX_FIRST_ONE_PASSWORD: PASSWORD, UV_INDEX_SECOND_PASSWORD: OTHER };

  it('is named with the others when it is not there', async () => {
    const { code, stderr } = await machine.start(workspace, ['setup'], ci).done;
    expect(code).toBe(3);
    for (const name of Object.keys(given)) expect(stderr).toContain(name);
    expect(existsSync(join(workspace, '.venv'))).toBe(false);
  });

  it('comes from the environment', async () => {
    const { code, stderr } = await machine.start(workspace, ['setup'], { ...ci, ...given }).done;
    expect(stderr).not.toContain('canary');
    expect(code).toBe(0);
    expectDone();
  });
});

/** What the last run of the ledger says about waiting for the person. */
function promptSeconds(): number {
  const folder = join(machine.home, '.local', 'state', 'hotpass-bootstrap', 'workspaces');
  const ledger = readFileSync(join(folder, readdirSync(folder)[0] ?? '', 'ledger.jsonl'), 'utf8');
  const runs = ledger
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
    .filter(event => event.event === 'run_finished');
  return runs.at(-1).prompt;
}
