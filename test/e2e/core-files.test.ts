import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallClone } from '../support/hostile.ts';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine } from '../support/machine.ts';
import { installedBin } from '../support/pack.ts';
import { temporary } from '../support/tools.ts';

const VALUE = 'canary-core-Gk61nPs27';
const MANIFEST = `schema = 1
workspace = "small"
[environments.local]
secrets = ["key"]
[environments.bare]
[secrets.key]
env = "SMALL_KEY"
description = "a key"
`;

/** Says how a core file of this process would be, then crashes. */
const CRASH = 'grep core /proc/self/limits; cat /proc/self/coredump_filter; ulimit -S -c; kill -ABRT $$';

const machine = new Machine();
let clone: string;
let keyring: Keyring;

beforeAll(async () => {
  keyring = await withKeyring(machine.home);
  machine.env = { ...machine.env, ...keyring.env };
  clone = smallClone(machine, 'small', MANIFEST);
  machine.run(clone, ['setup', '--yes', '--no-input']);
  expect(machine.run(clone, ['secrets', 'set', 'key'], { input: VALUE }).code).toBe(0);
  expect(machine.run(clone, ['setup', '--yes']).code).toBe(0);
});
afterAll(() => keyring.stop());

/** As much as this machine lets anybody have; in some containers that is nothing. */
const most = execFileSync('sh', ['-c', 'ulimit -H -c'], { encoding: 'utf8' });
/** Where core_pattern sends core files elsewhere, the limits alone tell. */
const inPlace = most !== '0\n' && /^[^|/]/.test(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'));

/** Runs a command where core files are wanted, as many containers do. */
function withCores(argv: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const shell = ['-c', 'ulimit -S -c "$(ulimit -H -c)" || exit 99; exec "$@"', 'sh', ...argv];
  return spawnSync('sh', shell, { cwd, env: { ...machine.env, ...env }, encoding: 'utf8' });
}

/** Core files in a folder, by what they begin with: `core_pattern` may give them any name. */
function coresIn(folder: string): string[] {
  const files = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isFile());
  return files
    .map(entry => join(folder, entry.name))
    .filter(path => {
      const bytes = readFileSync(path);
      return bytes.subarray(0, 4).toString('latin1') === '\x7fELF' && bytes[16] === 4;
    });
}

/** Does each core file in a folder hold the value? */
function valuesIn(folder: string): boolean[] {
  return coresIn(folder).map(path => readFileSync(path, 'latin1').includes(VALUE));
}

const ours = (...args: string[]): string[] => [process.execPath, installedBin(), ...args];

describe('a core file', () => {
  it('would hold the secret, were it not for us', () => {
    const folder = join(temporary(), 'plain');
    mkdirSync(folder);
    const result = withCores(['sh', '-c', CRASH], folder, { SMALL_KEY: VALUE });
    expect(result.signal).toBe('SIGABRT');
    expect(result.stdout.endsWith(`\n${most}`)).toBe(true);
    expect(valuesIn(folder)).toEqual(inPlace ? [true] : []);
  });

  it('is not left by a program that run gave a secret', () => {
    const result = withCores(ours('run', '--', 'sh', '-c', `test "$SMALL_KEY" = ${VALUE} && ${CRASH}`), clone);
    expect(result.status).toBe(134);
    expect(result.stdout).toMatch(/Max core file size +0 /);
    expect(result.stdout).toContain('00000000\n0\n');
    expect(coresIn(clone)).toEqual([]);
  });

  it('holds no secret even where that program asks for one', () => {
    // The value must not stand in the command line, which every core file names.
    const crash = 'test -n "$SMALL_KEY" && ulimit -S -c "$(ulimit -H -c)" && ulimit -S -c; kill -ABRT $$';
    const result = withCores(ours('run', '--', 'sh', '-c', crash), clone);
    expect(result.status).toBe(134);
    expect(result.stdout).toBe(most);
    expect(valuesIn(clone)).toEqual(inPlace ? [false] : []);
    for (const path of coresIn(clone)) rmSync(path);
  });

  it('is left as ever by a program that has none of our secrets', () => {
    const result = withCores(ours('run', '--env', 'bare', '--', 'sh', '-c', CRASH.replace(/kill.*/, 'true')), clone);
    expect(result.status).toBe(0);
    expect(result.stdout.endsWith(`\n${most}`)).toBe(true);
    expect(result.stdout).not.toContain('00000000');
  });

  it('is left neither by the worker of the keychain nor by us', async () => {
    const daemon = keyring.daemonPid() ?? 0;
    process.kill(daemon, 'SIGSTOP');
    try {
      const argv = ['-c', 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"', 'sh', ...ours('secrets', 'get', 'key')];
      const child = spawn('sh', argv, { cwd: clone, env: machine.env, stdio: 'ignore' });
      const ended = new Promise<NodeJS.Signals | null>(resolve => child.on('exit', (_, signal) => resolve(signal)));
      const worker = await workerOf(child.pid ?? 0);
      for (const pid of [child.pid ?? 0, worker]) {
        expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/Max core file size +0 /);
        expect(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8')).toBe('00000000\n');
      }
      const folder = dirname(readFileSync(`/proc/${worker}/cmdline`, 'utf8').split('\0')[1] ?? '');
      expect(existsSync(join(folder, 'keychain-worker.js'))).toBe(true);
      process.kill(child.pid ?? 0, 'SIGABRT');
      process.kill(worker, 'SIGABRT');
      expect(await ended).toBe('SIGABRT');
      expect([...coresIn(clone), ...coresIn(folder)]).toEqual([]);
    } finally {
      process.kill(daemon, 'SIGCONT');
    }
  });
});

/** The worker that a process has started, once it is there. */
async function workerOf(parent: number): Promise<number> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
      try {
        const isChild = new RegExp(`^PPid:\\s+${parent}$`, 'm').test(readFileSync(`/proc/${pid}/status`, 'utf8'));
        if (isChild && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('keychain-worker')) return Number(pid);
      } catch {
        // It ended in the meantime.
      }
    }
    await sleep(10);
  }
  throw new Error('no worker was started');
}
