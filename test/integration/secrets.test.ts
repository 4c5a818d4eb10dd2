import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { Journal, newRunId } from '../../src/engine/journal.ts';
import { keychainPort } from '../../src/engine/keychain-port.ts';
import { Outputs } from '../../src/engine/outputs.ts';
import type { Read, Write } from '../../src/engine/step.ts';
import { journalCopy } from '../../src/secrets/journal-copy.ts';
import { keychainStore } from '../../src/secrets/keychain.ts';
import type { Item, SecretStore } from '../../src/secrets/store.ts';
import { secretsStep } from '../../src/steps/secrets.ts';
import { userPaths } from '../../src/system/paths.ts';
import { type Keyring, keychainWorker, withKeyring } from '../support/keyring.ts';
import { cache, temporary, uvCache, uvPath } from '../support/tools.ts';
import { wantedSecret } from '../support/wanted-secret.ts';

const declared = wantedSecret('');

let worker: string;
beforeAll(async () => {
  worker = await keychainWorker();
});

const item = (user: string): Item => ({ service: 'hotpass-bootstrap/demo', user, env: 'DEMO' });

function open(env: Record<string, string>, interactive = false, onWaiting?: () => void): SecretStore {
  const path = env['PATH'] ?? '';
  return keychainStore({ worker, env, path, interactive, ...(onWaiting ? { onWaiting } : {}) });
}

/** The error of a call that must fail. */
async function failure(call: Promise<unknown>): Promise<UserError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof UserError) {
    expect(JSON.stringify([error.message, error.why, error.next, error.stack])).not.toContain('canary');
    return error;
  }
  throw new Error(`expected a UserError, got ${String(error)}`);
}

/** Processes of this home that still run our worker; other tests run theirs. */
function workers(home: string): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(worker) && environment.includes(`HOME=${home}`);
      } catch {
        return false;
      }
    });
}

describe('a real Secret Service', () => {
  let keyring: Keyring;
  let store: SecretStore;
  const home = temporary('hb-home-');

  beforeAll(async () => {
    keyring = await withKeyring(home);
    store = open(keyring.env);
  });
  afterAll(async () => {
    await keyring.stop();
    rmSync(home, { recursive: true, force: true });
  });

  test('keeps every kind of text, in one call for all names, and forgets it again', async () => {
    const values: Record<string, string> = {
      'local/plain': 'correct horse',
      'local/unicode': 'pä$$wörd — 密码 🔑',
      'local/lines': '-----BEGIN KEY-----\nabc\r\ndef\n-----END KEY-----\n',
      '*/spaces': '  both ends  ',
      'local/large': 'x'.repeat(64 * 1024),
    };
    for (const [user, value] of Object.entries(values)) await store.set(item(user), value);
    const users = ['local/none', ...Object.keys(values)];
    expect(await store.get(users.map(item))).toEqual([undefined, ...Object.values(values)]);
    await store.set(item('local/plain'), 'another');
    expect(await store.get([item('local/plain')])).toEqual(['another']);
    expect(await store.remove(item('local/plain'))).toBe(true);
    expect(await store.remove(item('local/plain'))).toBe(false);
    expect(await store.get([item('local/plain')])).toEqual([undefined]);
  });

  test('the step stores what it was told, journalled, and the next run starts no worker', async () => {
    const state = temporary('hb-state-');
    const paths = { ...userPaths({ HOME: home }, 'linux'), state };
    const secrets = [{ ...declared, name: 'auth', env: 'AUTH', audience: 'https://prefect.example.com:443' }];
    const linked = { id: 'x', name: 'demo', namespace: 'demo', state: join(state, 'demo') };
    const read = (from: SecretStore): Read =>
      ({
        wanted: { workspace: 'demo', environment: 'staging', secrets },
        env: {},
        paths,
        linked,
        recheck: false,
        outputs: new Outputs(),
        store: from,
      }) as unknown as Read;
    const ctx = read(store);
    const [change] = secretsStep.plan((await secretsStep.inspect(ctx)).state, ctx.wanted);
    if (!change) throw new Error('no change');
    await store.set(item('staging/auth'), 'an older value');
    mkdirSync(linked.state);
    const journal = Journal.create(linked.state, newRunId(), {});
    const itemOfSecret = () => item('staging/auth');
    const write = {
      ...ctx,
      ask: async () => ({ kind: 'value', value: 'user:canary-5521aa\n' }),
      emit: () => {},
      keychain: keychainPort(journal, change, store, secrets, itemOfSecret, () => 1),
    } as unknown as Write;
    await secretsStep.apply(change, write);
    const copy = journalCopy(item('staging/auth'), journal.run, 1);
    expect(await store.get([item('staging/auth'), copy])).toEqual(['user:canary-5521aa', 'an older value']);
    const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
    expect(files.map(entry => entry.name)).toEqual(expect.arrayContaining(['index.json', 'journal.jsonl']));
    for (const file of files) expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toContain('canary');

    const dead = keychainStore({ worker: '/nonexistent/worker.js', env: keyring.env, path: '', interactive: false });
    const idle = read(dead);
    expect(secretsStep.plan((await secretsStep.inspect(idle)).state, idle.wanted)).toEqual([]);
    await expect(dead.get([item('staging/auth')])).rejects.toThrow();
  });

  test('the probe says ok and leaves nothing behind', async () => {
    expect(await store.probe()).toEqual({ state: 'ok', message: '' });
    const left = spawnSync(keyring.secretTool, ['search', '--all', 'service', 'hotpass-bootstrap/.probe'], {
      env: keyring.env,
      encoding: 'utf8',
    });
    expect(left.stdout).toBe('');
  });

  test('secret-tool reads what we stored, and we read what it stored', async () => {
    await store.set(item('staging/token'), 'from-us');
    const args = ['service', 'hotpass-bootstrap/demo', 'username'];
    const lookup = spawnSync(keyring.secretTool, ['lookup', ...args, 'staging/token'], {
      env: keyring.env,
      encoding: 'utf8',
    });
    expect(lookup.stdout).toBe('from-us');
    spawnSync(keyring.secretTool, ['store', '--label=x', ...args, 'staging/theirs'], {
      env: keyring.env,
      input: 'from-them',
    });
    expect(await store.get([item('staging/theirs')])).toEqual(['from-them']);
  });

  test("Python's keyring reads our item; when it writes over it, the two matches are named with their repair", async () => {
    await store.set(item('local/shared'), 'from-us');
    const python = pythonWithKeyring();
    const code = (body: string): string[] => ['-c', `import keyring; ${body}`];
    const env = { ...keyring.env, PYTHON_KEYRING_BACKEND: 'keyring.backends.SecretService.Keyring' };
    const read = spawnSync(
      python,
      code("print(keyring.get_password('hotpass-bootstrap/demo', 'local/shared'), end='')"),
      { env, encoding: 'utf8' },
    );
    expect(read.stderr).toBe('');
    expect(read.stdout).toBe('from-us');
    const write = spawnSync(
      python,
      code("keyring.set_password('hotpass-bootstrap/demo', 'local/shared', 'from-python')"),
      { env, encoding: 'utf8' },
    );
    expect(write.status).toBe(0);
    const error = await failure(store.get([item('local/none'), item('local/shared')]));
    expect(error.message).toContain('two items named local/shared');
    expect(error.exit).toBe(69);
    expect(await failure(store.set(item('local/shared'), 'canary-value-1'))).toMatchObject({ id: 'HB309' });
    expect(error.next).toBe('hotpass-bootstrap secrets repair');
    expect(
      await keychainStore({ worker, env: keyring.env, path: '', interactive: false }).keepNewest(item('local/shared')),
    ).toBe(true);
    expect(await store.get([item('local/shared')])).toEqual(['from-python']);
  });

  test('the value is in no argument, and the encrypted keyring does not show it', async () => {
    const canary = 'canary-3f9c1e77';
    const seen = new Set<string>();
    let done = false;
    const watch = (async () => {
      while (!done) {
        for (const pid of workers(home)) {
          try {
            seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8'));
          } catch {
            // It ended between the two looks.
          }
        }
        await sleep(5);
      }
    })();
    const noisy = { ...keyring.env, PREFECT_API_KEY: canary, NODE_EXTRA_CA_CERTS: '/none' };
    await open(noisy).set(item('local/canary'), canary);
    done = true;
    await watch;
    expect(seen.size).toBeGreaterThan(0);
    expect([...seen].join('\n')).not.toContain(canary);
    expect([...seen].join('\n')).not.toContain('NODE_');
    const folder = join(home, '.local', 'share', 'keyrings');
    for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name), 'latin1')).not.toContain(canary);
  });

  test('nothing is opened while Node is told to print or dump', async () => {
    const error = await failure(open({ ...keyring.env, NODE_DEBUG: 'child_process' }).get([item('local/canary')]));
    expect(error).toMatchObject({ id: 'HB310', exit: 78 });
  });

  test('locked: its own sentence, and the command that unlocks it works', async () => {
    await store.set(item('local/behind'), 'a lock');
    await keyring.restart(undefined);
    const error = await failure(store.get([item('local/none'), item('local/behind')]));
    expect(error).toMatchObject({ id: 'HB306', exit: 69, state: 'locked' });
    expect(await store.probe()).toMatchObject({ state: 'locked' });
    expect((await failure(store.set(item('local/x'), 'canary-value-2'))).message).toBe('Your keychain is locked.');
    const unlock = spawnSync('sh', ['-c', error.next ?? 'false'], {
      env: keyring.env,
      input: 'pw\n',
      encoding: 'utf8',
    });
    expect(unlock.status).toBe(0);
    const [value] = await store.get([item('local/behind')]);
    expect(value).toBe('a lock');
  });

  test('frozen: an error within four seconds, never "missing", and no process stays', async () => {
    await keyring.restart('pw');
    const pid = keyring.daemonPid();
    if (pid === undefined) throw new Error('no daemon');
    process.kill(pid, 'SIGSTOP');
    try {
      const started = performance.now();
      const error = await failure(store.get([item('local/behind')]));
      expect(performance.now() - started).toBeLessThan(4500);
      expect(error).toMatchObject({ id: 'HB307', exit: 69, state: 'unresponsive' });
      let asked = 0;
      expect(await open(keyring.env, true, () => asked++).probe()).toMatchObject({ state: 'unresponsive' });
      expect(asked).toBe(1);
      expect(workers(home)).toEqual([]);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  test('a worker that never answers is killed when its time is up', async () => {
    const mute = join(temporary('hb-mute-'), 'mute.mjs');
    writeFileSync(mute, "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);\n");
    const started = performance.now();
    const silent = keychainStore({ worker: mute, env: keyring.env, path: '', interactive: false });
    expect(await failure(silent.get([item('local/x')]))).toMatchObject({ id: 'HB307' });
    expect(performance.now() - started).toBeLessThan(4500);
  });

  test('a call is ended by its signal', async () => {
    const abort = new AbortController();
    const path = keyring.env['PATH'] ?? '';
    const stopped = keychainStore({ worker, env: keyring.env, path, interactive: false, signal: abort.signal });
    const call = stopped.get([item('local/behind')]);
    abort.abort(new Error('stopped'));
    await expect(call).rejects.toThrow('stopped');
  });
});

describe('no keychain', () => {
  test('no D-Bus, no socket', async () => {
    const bare = open({ PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' });
    const error = await failure(bare.get([item('local/x')]));
    expect(error).toMatchObject({ id: 'HB305', exit: 3, state: 'absent' });
    expect(error.message).toContain('no D-Bus');
    const gone = open({ PATH: process.env['PATH'] ?? '', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' });
    expect(await gone.probe()).toMatchObject({ state: 'absent' });
  });

  test('an address of a bus that is none', async () => {
    for (const address of ['bogus', 'unix:foo=bar', 'unix:path', 'nowhere:path=/x', 'unix:path=/a%zz']) {
      const store = open({ PATH: process.env['PATH'] ?? '', DBUS_SESSION_BUS_ADDRESS: address });
      expect([address, await failure(store.get([item('local/x')]))]).toMatchObject([
        address,
        { id: 'HB305', state: 'absent', next: 'unset DBUS_SESSION_BUS_ADDRESS' },
      ]);
    }
  });

  test('a bus without a service, and a service without a keyring', async () => {
    const home = temporary('hb-home-');
    const none = await withKeyring(home, { daemon: 'none' });
    try {
      // Some times over: an answer must not depend on which of the questions to the bus fails first.
      for (let time = 0; time < 6; time += 1) {
        expect((await failure(open(none.env).get([item('local/x')]))).message).toContain('Secret Service');
      }
    } finally {
      await none.stop();
    }
    const fresh = await withKeyring(home, { daemon: 'fresh' });
    try {
      expect(await open(fresh.env).get([item('local/x')])).toEqual([undefined]);
      const error = await failure(open(fresh.env).set(item('local/x'), 'value'));
      expect(error).toMatchObject({ state: 'absent' });
      expect(error.message).toContain('no keyring');
    } finally {
      await fresh.stop();
    }
  });

  test('the native part is not installed', async () => {
    const folder = temporary('hb-lone-');
    const lone = join(folder, 'keychain-worker.mjs');
    writeFileSync(lone, readFileSync(worker));
    const store = keychainStore({ worker: lone, env: {}, path: '', interactive: false });
    expect((await failure(store.get([item('local/x')]))).message).toContain('not installed');
  });
});

test('a keyring without a password is said to be a text file, and is one', async () => {
  const home = temporary('hb-home-');
  const keyring = await withKeyring(home, { password: '', daemon: 'fresh' });
  try {
    const store = open(keyring.env);
    await store.set(item('local/x'), 'canary-77aa12');
    const report = await store.probe();
    expect(report.state).toBe('unencrypted');
    const file = join(home, '.local', 'share', 'keyrings', 'Default.keyring');
    expect(report.message).toContain(file);
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('canary-77aa12');
  } finally {
    await keyring.stop();
  }
});

/** A Python with `keyring`, installed once. */
function pythonWithKeyring(): string {
  const folder = join(cache, 'venvs', 'keyring');
  const python = join(folder, 'bin', 'python');
  if (existsSync(python)) return python;
  mkdirSync(join(cache, 'venvs'), { recursive: true });
  const env = { ...process.env, UV_CACHE_DIR: uvCache };
  const made = spawnSync(uvPath(), ['venv', '--clear', folder], { env, encoding: 'utf8' });
  const installed = spawnSync(uvPath(), ['pip', 'install', '--python', python, 'keyring==25.7.0'], {
    env,
    encoding: 'utf8',
  });
  if (made.status !== 0 || installed.status !== 0) throw new Error(`keyring cannot be installed: ${installed.stderr}`);
  return python;
}
