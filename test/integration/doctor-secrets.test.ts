import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Check, WorkspaceLook } from '../../src/doctor/check.ts';
import { formerValues } from '../../src/doctor/secrets-copies.ts';
import { keychainState } from '../../src/doctor/secrets-keychain.ts';
import { storedSecrets } from '../../src/doctor/secrets-stored.ts';
import { readContext } from '../../src/engine/context.ts';
import { dueCopies } from '../../src/engine/expire-copies.ts';
import type { WantedSecret } from '../../src/manifest/wanted.ts';
import { freshEntry, updateIndex } from '../../src/secrets/index-file.ts';
import { keychainStore } from '../../src/secrets/keychain.ts';
import { doubledRepairs, leftoverRepair } from '../../src/secrets/repair.ts';
import type { Item, SecretStore } from '../../src/secrets/store.ts';
import { userPaths } from '../../src/system/paths.ts';
import { wantedOf } from '../support/context.ts';
import { lookFrom, said } from '../support/doctor-look.ts';
import { type Keyring, keychainWorker, withKeyring } from '../support/keyring.ts';
import { temporary, unpackedPrograms } from '../support/tools.ts';
import { wantedSecret } from '../support/wanted-secret.ts';

const CANARY = 'canary-77d1b0c9aa';

let worker: string;
beforeAll(async () => {
  worker = await keychainWorker();
});

const made: string[] = [];
let keyring: Keyring | undefined;
afterEach(async () => {
  await keyring?.stop();
  keyring = undefined;
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const secret = (name: string, required = true): WantedSecret => wantedSecret(name, { required });

const item = (user: string): Item => ({ service: 'hotpass-bootstrap/w', user, env: '' });

interface Session {
  look: (secrets?: readonly WantedSecret[], linked?: boolean) => WorkspaceLook;
  store: SecretStore;
  state: string;
}

/** A person's session, as its environment has it. */
function session(env: Record<string, string>): Session {
  const base = temporary('hb-doctor-');
  made.push(base);
  const [root, state] = [join(base, 'work'), join(base, 'state')];
  for (const folder of [root, state]) mkdirSync(folder);
  const store = keychainStore({ worker, env, path: env['PATH'] ?? '', interactive: false });
  const look = (secrets: readonly WantedSecret[] = [secret('auth')], linked = true): WorkspaceLook =>
    lookFrom(
      readContext({
        wanted: { ...wantedOf(root), secrets },
        env,
        paths: userPaths(env),
        linked: linked ? { id: 'x', name: 'w', namespace: 'w', state } : undefined,
        approved: linked,
        ci: false,
        offline: false,
        recheck: true,
        store,
        signal: new AbortController().signal,
      }),
    );
  return { look, store, state };
}

function home(): string {
  const folder = temporary('hb-home-');
  made.push(folder);
  return folder;
}

/** `id level message`, and the next command in its own words. */
async function state(look: WorkspaceLook): Promise<{ line: string; command: string }> {
  const [found, ...more] = await keychainState.run(look);
  expect(more).toEqual([]);
  return { line: `${found?.id} ${found?.level} ${found?.message}`, command: found?.fix?.command ?? '' };
}

describe('each state of a keychain, and its next command', () => {
  test('no session bus: as in a container, or over SSH', async () => {
    const env = { HOME: home(), PATH: [...unpackedPrograms(), '/usr/bin', '/bin'].join(':') };
    const none = await state(session(env).look());
    expect(none.line).toBe('HB305 fail There is no keychain here: this session has no D-Bus.');
    expect(none.command).toMatch(/^dbus-run-session/);
    const gone = session({ ...env, DBUS_SESSION_BUS_ADDRESS: `unix:path=${env.HOME}/no-bus` });
    expect((await state(gone.look())).line).toBe(none.line);
    // Only worth a note where no required secret needs it, and nothing at all where none is wanted.
    expect((await state(gone.look([secret('auth', false)]))).line).toMatch(/^HB305 warn/);
    const [found] = await keychainState.run(gone.look());
    expect(found?.cause).toContain('It is needed for auth (AUTH).');
    expect(await said(keychainState, gone.look([]))).toEqual([]);
  });

  test('nothing to ask with: that is said, and nothing of how the keychain is', async () => {
    const { look } = session({ HOME: home(), PATH: home(), DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' });
    expect((await state(look())).line).toBe(
      'HB329 info Whether your keychain is open was not looked at: there is no dbus-send here.',
    );
    expect(await said(keychainState, look([]))).toEqual([]);
  });

  test('a bus without a Secret Service', async () => {
    keyring = await withKeyring(home(), { daemon: 'none' });
    const { line, command } = await state(session(keyring.env).look());
    expect(line).toBe('HB305 fail There is no keychain here: nothing on this session bus offers a Secret Service.');
    expect(command).toContain('gnome-keyring-daemon --unlock');
  });

  test('a service that has no keyring yet', async () => {
    keyring = await withKeyring(home(), { daemon: 'fresh' });
    const { line } = await state(session(keyring.env).look());
    expect(line).toBe('HB305 fail The keychain service runs, but it has no keyring to put secrets into.');
  });

  test('open, locked, and frozen; nobody is asked and nothing is stored', async () => {
    keyring = await withKeyring(home());
    const { look } = session(keyring.env);
    expect(await said(keychainState, look())).toEqual([]);
    await keyring.restart(undefined);
    const locked = await state(look(undefined, false));
    expect(locked.line).toBe('HB306 warn Your keychain is locked.');
    expect(locked.command).toContain('--replace --unlock');
    const pid = keyring.daemonPid();
    if (pid === undefined) throw new Error('no daemon');
    process.kill(pid, 'SIGSTOP');
    const frozen = await state(look());
    expect(frozen.line).toBe('HB307 fail Your keychain does not answer.');
    expect(frozen.command).toMatch(/gnome-keyring-daemon/);
  });
});

describe('a keyring that works', () => {
  let open: Keyring;
  const folder = temporary('hb-home-');
  beforeAll(async () => {
    open = await withKeyring(folder, { password: '' });
  });
  afterAll(async () => {
    await open.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const see = (check: Check, look: WorkspaceLook) => said(check, look);
  const remember = (env: Record<string, string>, users: readonly string[]) =>
    updateIndex(
      userPaths(env).state,
      'w',
      Object.fromEntries(users.map(user => [user, freshEntry('keychain', undefined, true)])),
    );

  test('with a blank password is a text file: told once something of ours is in it', async () => {
    const { look, store } = session(open.env);
    expect(await see(keychainState, look())).toEqual([]);
    await store.set(item('local/auth'), CANARY);
    await remember(open.env, ['local/auth']);
    expect(await see(keychainState, look())).toEqual([
      `HB302 warn Your default keyring has no password, so ${open.env['XDG_DATA_HOME']}/keyrings/Default.keyring is a plain text file that holds your secrets readably. / seahorse`,
    ]);
  });

  test('lost an item behind our back, and got a second one of another', async () => {
    const { look, store } = session(open.env);
    const secrets = [secret('auth'), secret('twice', false)];
    for (const { name } of secrets) await store.set(item(`local/${name}`), CANARY);
    await remember(open.env, ['local/auth', 'local/twice']);
    expect(await see(storedSecrets, look(secrets))).toEqual([]);
    await store.remove(item('local/auth'));
    const day = new Date().toISOString().slice(0, 10);
    const gone = `HB330 warn auth was stored on ${day} and is gone from your keychain. / hotpass-bootstrap secrets set auth --env local`;
    expect(await see(storedSecrets, look(secrets))).toEqual([gone]);
    // As Python's keyring does: one attribute more, so a second item (facts secrets §1.4).
    const attributes = [
      'service',
      'hotpass-bootstrap/w',
      'username',
      'local/twice',
      'application',
      'Python keyring library',
    ];
    spawnSync(open.secretTool, ['store', '--label', 'second', ...attributes], { env: open.env, input: CANARY });
    const lines = await see(storedSecrets, look(secrets));
    expect(lines[0]).toBe(gone);
    expect(lines[1]).toMatch(/^HB309 warn Your keychain holds two items named local\/twice/);
    expect(lines.join()).not.toContain(CANARY);
    // The command that is printed mends it.
    expect(lines[1]).toMatch(/ hotpass-bootstrap secrets repair$/);
    const keychain = keychainStore({ worker, env: open.env, path: '', interactive: false });
    for (const repair of await doubledRepairs(keychain, [item('local/twice')])) await repair.apply();
    expect(await see(storedSecrets, look(secrets))).toEqual([gone]);
  });

  test('keeps a former value too long', async () => {
    const { look, store, state: folderOfRuns } = session(open.env);
    const copy = item('.journal/20260101-000000-aaaa/1');
    const run = join(folderOfRuns, 'runs', '20260101-000000-aaaa');
    mkdirSync(run, { recursive: true });
    const at = '2026-01-01T00:00:00.000Z';
    const lines = [
      { kind: 'open', at },
      {
        kind: 'saved',
        at,
        step: 'secrets',
        after: { item: item('local/auth'), copy: { service: copy.service, user: copy.user } },
      },
      { kind: 'close', at },
    ];
    writeFileSync(join(run, 'journal.jsonl'), lines.map(line => `${JSON.stringify(line)}\n`).join(''));
    expect(await see(formerValues, look())).toEqual([]);
    await store.set(copy, CANARY);
    const [line] = await see(formerValues, look());
    expect(line).toMatch(/^HB334 info Your keychain still holds a former value/);
    expect(line).toMatch(/ hotpass-bootstrap secrets repair$/);
    const linked = { id: 'x', name: 'w', namespace: 'w', state: folderOfRuns };
    const copies = dueCopies(linked).map(one => ({ ...one, env: '' }));
    for (const repair of await leftoverRepair(store, copies)) await repair.apply();
    expect(await store.get([copy])).toEqual([undefined]);
    expect(await see(formerValues, look())).toEqual([]);
  });
});
