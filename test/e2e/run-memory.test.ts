import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine } from '../support/machine.ts';
import { installedBin } from '../support/pack.ts';

const NAMES = Array.from({ length: 20 }, (_, i) => `s${i}`);
const machine = new Machine();
const root = join(machine.home, 'many');
let keyring: Keyring;

/** A manifest with twenty secrets; as if it had been written a minute ago, so that it may be remembered. */
function manifest(variable: string, secrets: readonly string[] = []): void {
  mkdirSync(root, { recursive: true });
  const tables = secrets.map(name => `[secrets.${name}]\nenv = "MANY_${name.toUpperCase()}"\ndescription = "one"\n`);
  const files = {
    'pyproject.toml': '[project]\nname = "many"\nversion = "0"\nrequires-python = ">=3.9"\n',
    'hotpass-bootstrap.toml': `schema = 1\nworkspace = "many"\n[environments.local]\nsecrets = ${JSON.stringify(secrets)}\nvariables = { SHOWN = "${variable}" }\n${tables.join('')}`,
  };
  const past = new Date(Date.now() - 60_000);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(root, name), text);
    utimesSync(join(root, name), past, past);
  }
}

/** A command, with the files of ours that were loaded for it. */
function call(...args: string[]): { code: number | null; stdout: string; loaded: string[] } {
  const hook = join(machine.home, 'loaded.cjs');
  writeFileSync(
    hook,
    `process.on('exit', () => require('node:fs').writeSync(2, Object.keys(require.cache).map(name => 'loaded ' + name + '\\n').join('')));`,
  );
  const argv = ['--require', hook, installedBin(), ...args];
  const result = spawnSync(process.execPath, argv, { cwd: root, env: machine.env, encoding: 'utf8' });
  const loaded = [...result.stderr.matchAll(/^loaded .*\/([^/]+)$/gm)].map(match => match[1] ?? '');
  return { code: result.status, stdout: result.stdout.trim(), loaded };
}

const run = (...command: string[]) => call('run', '--', ...command);

const setUp = () => machine.run(root, ['setup', '--yes', '--only', 'telemetry', '--env', 'local']);

beforeAll(async () => {
  keyring = await withKeyring(machine.home);
  machine.env = { ...machine.env, ...keyring.env };
});
afterAll(() => keyring.stop());

describe('run in a workspace that has not changed', () => {
  it('does not read the manifest again, and loads neither its reader nor any step', async () => {
    manifest('one');
    expect(setUp().code).toBe(0);
    await sleep(2100); // What was installed just now is not gone by.
    expect(run('printenv', 'SHOWN')).toMatchObject({ code: 0, stdout: 'one' });
    const again = run('printenv', 'SHOWN');
    expect(again).toMatchObject({ code: 0, stdout: 'one' });
    expect(again.loaded).toContain('hotpass-bootstrap.cjs');
    expect(again.loaded.filter(name => /^(workspace|setup|secrets|judge)-/.test(name))).toEqual([]);
    expect(readdirSync(join(machine.home, '.local/state/hotpass-bootstrap/settled')).length).toBeGreaterThan(0);
  });

  it('follows every change of the manifest, and does not go by what was approved before', () => {
    for (const value of ['two', 'six', 'ten']) {
      manifest(value);
      expect(run('printenv', 'SHOWN').code).toBe(125);
      expect(setUp().code).toBe(0);
      expect(run('printenv', 'SHOWN').stdout).toBe(value);
      expect(run('printenv', 'SHOWN').stdout).toBe(value);
    }
  });

  it('hands out secrets, all read in one session, and none once the manifest asks for more', () => {
    manifest('one', NAMES);
    expect(setUp().code).toBe(0);
    for (const name of NAMES) {
      expect(machine.run(root, ['secrets', 'set', name, '-q'], { input: `value of ${name}` }).code).toBe(0);
    }
    expect(run('printenv', 'MANY_S7')).toMatchObject({ code: 0, stdout: 'value of s7' });
    const calls = watchBus(() => {
      const again = run('printenv', 'MANY_S19');
      expect(again).toMatchObject({ code: 0, stdout: 'value of s19' });
      expect(again.loaded.filter(name => /^(workspace|setup|judge)-/.test(name))).toEqual([]);
    });
    expect(calls.filter(name => name === 'OpenSession')).toHaveLength(1);
    expect(calls.filter(name => name === 'SearchItems')).toHaveLength(NAMES.length);
    manifest('other', NAMES);
    expect(run('printenv', 'MANY_S7').code).toBe(125);
    expect(run('printenv', 'MANY_S7').code).toBe(125);
  });
});

/** Names of the calls that pass over the bus meanwhile. */
function watchBus(meanwhile: () => void): string[] {
  const log = join(machine.home, 'bus.log');
  const start = `dbus-monitor --session "type='method_call'" > '${log}' 2>/dev/null & echo $!; sleep 0.3`;
  const pid = Number(spawnSync('sh', ['-c', start], { env: machine.env, encoding: 'utf8' }).stdout.trim());
  try {
    meanwhile();
    spawnSync('sleep', ['0.3']);
  } finally {
    process.kill(pid);
  }
  const text = spawnSync('cat', [log], { encoding: 'utf8' }).stdout;
  return [...text.matchAll(/^method call .*member=(\w+)$/gm)].map(match => match[1] ?? '');
}

describe('what is called often, or in a hurry', () => {
  it.each([
    ['a mistyped command', ['setpu'], 64, /^(words|shown|run)-/],
    ['a shell that completes', ['__complete', 'bash', ''], 0, /^(words|complete)-/],
    ['the variables of an environment', ['env'], 0, /^(?!setup|vault|strays|store|http|telemetry)/],
    ['a measured command', ['measure', 'qa', '--', 'true'], 0, /^(?!setup|vault|strays|store|http|telemetry)/],
  ])('loads only what it needs: %s', (_, args, code, wanted) => {
    const { loaded, ...called } = call(...args);
    expect(called.code).toBe(code);
    const chunks = loaded.filter(name => /-[\w-]{8}\.js$/.test(name) && !/^(front|rolldown)-/.test(name));
    expect(chunks.filter(name => !wanted.test(name))).toEqual([]);
  });
});
