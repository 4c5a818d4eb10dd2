import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyId, type SealedItems, seal, slotOf } from '../../src/secrets/sealed-format.ts';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine } from '../support/machine.ts';
import { Terminal } from '../support/pty.ts';
import { lock } from '../support/wheels.ts';

const TOKEN = 't-canary-5c0e77a1';
const PASSPHRASE = 'canary correct horse';

const machine = new Machine();
let keyring: Keyring;
/** The same person without a session bus, so without a keychain. */
let bare: Record<string, string>;

beforeAll(async () => {
  keyring = await withKeyring(machine.home);
  bare = { ...machine.env, TERM: 'xterm-256color' };
  machine.env = { ...bare, ...keyring.env };
});
afterAll(() => keyring.stop());

const MANIFEST = `schema = 1
[environments.local]
secrets = ["token", "extra"]
[secrets.token]
env = "DEMO_TOKEN"
description = "Token of the demo server"
[secrets.extra]
env = "DEMO_EXTRA"
description = "For those who want more"
required = false
`;

function project(name: string): string {
  const root = join(machine.home, name);
  mkdirSync(root, { recursive: true });
  writeFileSync(
    join(root, 'pyproject.toml'),
    `[project]\nname = "${name}"\nversion = "1"\nrequires-python = ">=3.9"\n[tool.uv]\npackage = false\n`,
  );
  writeFileSync(join(root, 'hotpass-bootstrap.toml'), MANIFEST);
  lock(root);
  execFileSync('git', ['init', '-q'], { cwd: root, env: bare });
  return root;
}

const state = (): string => join(machine.home, '.local', 'state', 'hotpass-bootstrap');
const sealed = (): string => join(state(), 'secrets.enc');
const config = (): string => join(machine.home, '.config', 'hotpass-bootstrap', 'config.toml');

/** Files of ours that hold one of the canaries in the clear. */
function leaks(): string[] {
  return readdirSync(machine.home, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.parentPath.includes('.venv') && !entry.name.endsWith('.keyring'))
    .map(entry => join(entry.parentPath, entry.name))
    .filter(
      path =>
        statSync(path).size < 5_000_000 &&
        [TOKEN, PASSPHRASE].some(value => readFileSync(path, 'latin1').includes(value)),
    );
}

/** As after a boot: the index is no longer believed without asking the store. */
function distrustIndex(namespace: string): void {
  const path = join(state(), 'secrets', namespace, 'index.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"boot": "[^"]*"/g, '"boot": "before"'));
}

describe('a person with a keychain', () => {
  const found = (root: string): string[] =>
    JSON.parse(machine.run(root, ['secrets', 'list', '--json']).stdout).secrets.map(
      (row: { found: string }) => row.found,
    );
  let root: string;

  it('stores a secret, and moves it into a sealed file with what is known of it', () => {
    root = project('moving');
    // Linked, and without what it needs.
    expect(machine.run(root, ['setup', '--no-input']).code).toBe(3);
    expect(machine.run(root, ['secrets', 'set', 'token'], { input: TOKEN }).stderr).toContain('keychain item');
    expect(found(root)).toEqual(['keychain', 'missing']);
    const first = machine.run(root, ['secrets', 'where', '--use', 'sealed-file']);
    expect(first.stderr).toMatch(/one encrypted file[\s\S]*1 secret of moving stays in[\s\S]*--use sealed-file --yes/);
    const use = machine.run(root, ['secrets', 'where', '--use', 'sealed-file', '--yes']);
    expect(use.stderr).toMatch(/1 secret moved from the keychain to the sealed file/);
    expect(use.code).toBe(0);
    expect(readFileSync(config(), 'utf8')).toBe('store = "sealed-file"\n\n[sealed-file]\nkey = "keychain"\n');
    expect(found(root)).toEqual(['sealed-file', 'missing']);
    const attributes = ['service', 'hotpass-bootstrap/moving', 'username', 'local/token'];
    expect(spawnSync('secret-tool', ['lookup', ...attributes], { env: machine.env }).status).toBe(1);
    expect(machine.run(root, ['run', '--', 'printenv', 'DEMO_TOKEN']).stdout).toBe(`${TOKEN}\n`);
    const where = machine.run(root, ['secrets', 'where']).stdout;
    expect(where).toMatch(/store +sealed-file \(chosen in config.toml\); key: keychain\nstate +ok/);
    expect(where).toMatch(/file +\S+secrets\.enc \(mode 600\)\nholds +1 of this workspace/);
    expect(leaks()).toEqual([]);
  });

  it('changes the key of the sealed file, and what is in it stays', () => {
    const key = join(machine.home, 'usb', 'key');
    expect(machine.run(root, ['secrets', 'where', '--use', `sealed-file:${key}`]).code).toBe(0);
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(machine.run(root, ['secrets', 'get', 'token'], { env: bare }).stdout).toBe(`${TOKEN}\n`);
    expect(machine.run(root, ['secrets', 'where', '--use', 'sealed-file']).code).toBe(0);
    expect(machine.run(root, ['secrets', 'get', 'token']).stdout).toBe(`${TOKEN}\n`);
    for (const [word, exit] of [
      [`sealed-file:${root}/key`, 78],
      ['sealed-file:key', 64],
      ['plaintext', 64],
    ] as const) {
      const refused = machine.run(root, ['secrets', 'where', '--use', word]);
      expect(refused.code, word).toBe(exit);
    }
    expect(readFileSync(config(), 'utf8')).toContain('key = "keychain"');
  });

  it('imports a value, moves it, and renews it: no store keeps the former one, nor the line it stood in', () => {
    const [former, renewed] = ['t-canary-8d1f-former', 't-canary-8d1f-renewed'];
    const service = ['search', '--all', '--unlock', 'service', 'hotpass-bootstrap/renewed'];
    const keychain = (): string => spawnSync('secret-tool', service, { env: machine.env, encoding: 'utf8' }).stdout;
    const use = (store: string, ...more: string[]) =>
      machine.run(renewing, ['secrets', 'where', '--use', store, ...more]);
    const renewing = project('renewed');
    expect(use('keychain').code).toBe(0);
    expect(machine.run(renewing, ['setup', '--no-input']).code).toBe(3);
    writeFileSync(join(renewing, '.env'), `DEMO_TOKEN=${former}\n`);
    expect(machine.run(renewing, ['secrets', 'import', '.env', '--rewrite', '--yes']).code).toBe(0);
    // The value, and the line of the file for undo.
    expect(keychain().split(former)).toHaveLength(3);
    expect(use('sealed-file').code).toBe(0);
    expect(machine.run(renewing, ['secrets', 'list']).stdout).toMatch(
      /token .* missing, but stored in the keychain {2}/,
    );
    expect(use('sealed-file', '--yes').stderr).toMatch(/1 secret moved from the keychain to the sealed file/);
    expect(keychain()).not.toContain(former);
    const rotate = machine.run(renewing, ['secrets', 'rotate', 'token'], { input: renewed });
    expect(rotate.stderr).toContain('No copy of the former one is kept.');
    expect(use('keychain', '--yes').code).toBe(0);
    expect(keychain()).toContain(renewed);
    expect(keychain()).not.toContain(former);
    expect(use('sealed-file').code).toBe(0);
  });

  it('takes variables instead, where nothing can be stored', () => {
    const plain = project('variables');
    expect(machine.run(plain, ['setup', '--no-input']).code).toBe(3);
    const use = machine.run(plain, ['secrets', 'where', '--use', 'environment']);
    expect(use.stderr).toMatch(/Secrets are read from variables, and nothing is stored\. .*config\.toml says so/);
    expect(use.code).toBe(0);
    expect(readFileSync(config(), 'utf8')).toMatch(/^store = "environment"/);
    expect(machine.run(plain, ['run', '--', 'true'], { env: { DEMO_TOKEN: 't-given' } }).code).toBe(0);
    expect(machine.run(plain, ['secrets', 'where', '--use', 'sealed-file']).code).toBe(0);
  });

  it('gives bytes that are no text: refused, and not changed into something else', () => {
    const latin1 = Buffer.from('t-canary-é', 'latin1');
    const set = machine.run(root, ['secrets', 'set', 'extra'], { input: latin1 });
    expect(set.stderr).toContain('The value on standard input is not UTF-8 text.');
    expect(set.code).toBe(3);
    expect(machine.run(root, ['secrets', 'get', 'extra']).code).toBe(3);
  });

  it('loses the key: everything that can do without it goes on, and repair makes room for a new start', () => {
    const { key } = JSON.parse(readFileSync(sealed(), 'utf8')) as { key: string };
    const attributes = ['service', 'hotpass-bootstrap/.sealed-file', 'username', `key/${key}`];
    spawnSync('secret-tool', ['clear', ...attributes], { env: machine.env });
    distrustIndex('moving');
    const list = machine.run(root, ['secrets', 'list']);
    expect(list.stdout).toMatch(/token +DEMO_TOKEN +not known/);
    expect(list.stderr).toMatch(/The key of .*secrets\.enc is not in your keychain/);
    expect(list.code).toBe(0);
    const given = machine.run(root, ['run', '--', 'printenv', 'DEMO_TOKEN'], { env: { DEMO_TOKEN: 't-given' } });
    expect(given.stdout).toBe('t-given\n');
    expect(given.stderr).toMatch(/extra cannot be read; optional/);
    const without = machine.run(root, ['run', '--', 'true']);
    expect(without.code).toBe(125);
    expect(without.stderr).toMatch(/needed for token \(DEMO_TOKEN\)/);
    const doctor = machine.run(root, ['doctor', '--json']);
    expect(doctor.stdout).toContain('HB352');
    expect(machine.run(root, ['secrets', 'where']).code).toBe(0);

    const repair = machine.run(root, ['secrets', 'repair', '--yes']);
    expect(repair.stderr).toMatch(/Set the sealed file aside as secrets\.enc\.set-aside-\d+[\s\S]*1 repair done/);
    expect(repair.code).toBe(0);
    expect(existsSync(sealed())).toBe(false);
    expect(found(root)).toEqual(['missing', 'missing']);
    expect(machine.run(root, ['secrets', 'set', 'token'], { input: TOKEN }).code).toBe(0);
    expect(machine.run(root, ['secrets', 'get', 'token']).stdout).toBe(`${TOKEN}\n`);
    rmSync(config());
    rmSync(sealed());
  });

  it('comes back to a sealed file whose key is gone, from another store: repair makes room all the same', () => {
    const use = (store: string) => machine.run(root, ['secrets', 'where', '--use', store, '--yes']);
    expect([use('sealed-file').code, use('keychain').code]).toEqual([0, 0]);
    const { key } = JSON.parse(readFileSync(sealed(), 'utf8')) as { key: string };
    const attributes = ['service', 'hotpass-bootstrap/.sealed-file', 'username', `key/${key}`];
    spawnSync('secret-tool', ['clear', ...attributes], { env: machine.env });
    expect(use('sealed-file').stderr).toMatch(/key of .*secrets\.enc is not in your keychain[\s\S]*secrets repair$/m);
    expect(machine.run(root, ['secrets', 'repair', '--yes']).stderr).toMatch(/Set the sealed file aside/);
    expect(use('sealed-file').code).toBe(0);
    rmSync(config());
    rmSync(sealed());
  });

  it('loses the key file: repair sets the sealed file aside, once that was confirmed', () => {
    const use = (store: string) => machine.run(root, ['secrets', 'where', '--use', store, '--yes']);
    const [file, away] = [join(machine.home, 'medium-key'), join(machine.home, 'unplugged-key')];
    expect(use(`sealed-file:${file}`).code).toBe(0);
    expect(machine.run(root, ['secrets', 'set', 'token'], { input: TOKEN }).code).toBe(0);
    renameSync(file, away);
    distrustIndex('moving');
    const lost = /medium-key is not there; it may be on a medium that is not plugged in[\s\S]*secrets repair$/m;
    expect(machine.run(root, ['secrets', 'get', 'token']).stderr).toMatch(lost);
    for (const store of [`sealed-file:${file}`, `sealed-file:${file}-2`, 'sealed-file:passphrase']) {
      expect(use(store).code).not.toBe(0);
    }
    expect(use(`sealed-file:${file}-2`).stderr).toMatch(lost);
    expect(machine.run(root, ['secrets', 'repair']).code).toBe(3);
    renameSync(away, file);
    expect(machine.run(root, ['secrets', 'get', 'token']).stdout).toBe(`${TOKEN}\n`);
    // It is in the way of another choice too.
    expect(use('keychain').code).toBe(0);
    renameSync(file, away);
    expect(use('sealed-file').stderr).toMatch(lost);
    const repair = machine.run(root, ['secrets', 'repair', '--yes']);
    expect(repair.stderr).toMatch(/not plugged in\. Set the sealed file aside as secrets\.enc\.set-aside-\d+/);
    expect(use('sealed-file').code).toBe(0);
    rmSync(config());
    rmSync(sealed());
  });

  it('has an item that another program doubled: repair keeps the one that was written last', () => {
    machine.run(root, ['secrets', 'set', 'token'], { input: TOKEN });
    const attributes = ['service', 'hotpass-bootstrap/moving', 'username', 'local/token', 'application', 'x'];
    spawnSync('sleep', ['1.1']);
    spawnSync('secret-tool', ['store', '--label=x', ...attributes], { env: machine.env, input: 't-canary-newer' });
    const twice = machine.run(root, ['run', '--', 'true']);
    expect(twice.stderr).toMatch(/two items named local\/token[\s\S]*secrets repair/);
    expect(machine.run(root, ['secrets', 'repair', '--yes']).stderr).toContain('is there twice');
    expect(machine.run(root, ['secrets', 'get', 'token']).stdout).toBe('t-canary-newer\n');
    expect(machine.run(root, ['secrets', 'repair']).stderr).toContain('Nothing to repair.');
  });
});

describe('a person without a keychain', () => {
  let root: string;
  afterAll(() => {
    rmSync(config(), { force: true });
    rmSync(sealed(), { force: true });
  });

  it('takes a sealed file in the wizard: the passphrase is asked for once, and nothing is left in the clear', async () => {
    root = project('sealing');
    const terminal = new Terminal(root, ['setup'], bare);
    await terminal.sees(/Where are the[\s\S]*3 A sealed file/);
    terminal.type('3\r');
    await terminal.sees(/A passphrase for your sealed file[\s\S]*At least 12 characters[\s\S]*\(hidden\):/);
    terminal.type('too short\r');
    await terminal.sees(/fewer than 12 characters/);
    terminal.type(`\x15${PASSPHRASE}\r`);
    await terminal.sees(/The same passphrase again[\s\S]*\(hidden\):/);
    terminal.type(`${PASSPHRASE}\r`);
    await terminal.sees(/store = "sealed-file" now stands in[\s\S]*Go ahead\?/);
    terminal.type('\r');
    await terminal.sees(/Token of the demo server[\s\S]*\(hidden\):/);
    terminal.type(`${TOKEN}\r`);
    await terminal.sees(/press Enter to skip:/);
    terminal.type('\r');
    await terminal.sees(/ready in[\s\S]*token in your sealed file/);
    expect((await terminal.exit).exitCode).toBe(0);
    expect(terminal.text).not.toContain('canary');
    expect(leaks()).toEqual([]);
  });

  it('is asked for it by a program that needs a secret, and by none that does not', async () => {
    const run = new Terminal(root, ['run', '--', 'printenv', 'DEMO_TOKEN'], bare);
    await run.sees(/Passphrase of your sealed file[\s\S]*\(hidden\):/);
    run.type('wrong passphrase\r');
    await run.sees(/does not open it[\s\S]*\(hidden\):/);
    run.type(`${PASSPHRASE}\r`);
    await run.sees(new RegExp(TOKEN));
    expect((await run.exit).exitCode).toBe(0);
    for (const args of [['setup'], ['doctor'], ['secrets', 'where']]) {
      const quiet = new Terminal(root, args, bare);
      const patience = setTimeout(() => quiet.type('\x03'), 20_000);
      await quiet.exit;
      clearTimeout(patience);
      expect(quiet.text, args.join(' ')).not.toMatch(/\(hidden\)/);
    }
  });

  it('has nobody to ask: its own sentence, and variables do', () => {
    const run = machine.run(root, ['run', '--', 'true'], { env: { ...bare, DBUS_SESSION_BUS_ADDRESS: '' } });
    expect(run.code).toBe(125);
    expect(run.stderr).toMatch(/opens with a passphrase, and nobody can be asked[\s\S]*needed for token/);
    const env = { DBUS_SESSION_BUS_ADDRESS: '', DEMO_TOKEN: 't-x', DEMO_EXTRA: 'x' };
    expect(machine.run(root, ['run', '--', 'printenv', 'DEMO_TOKEN'], { env }).stdout).toBe('t-x\n');
  });

  it('undoes the setup: the secret leaves the sealed file', async () => {
    const undo = new Terminal(root, ['undo', '--yes'], bare);
    await undo.sees(/Passphrase of your sealed file[\s\S]*\(hidden\):/);
    undo.type(`${PASSPHRASE}\r`);
    expect((await undo.exit).exitCode).toBe(0);
    const get = new Terminal(root, ['secrets', 'get', 'token', '--reveal'], bare);
    await get.sees(/\(hidden\):/);
    get.type(`${PASSPHRASE}\r`);
    await get.sees(/token is not stored/);
    expect((await get.exit).exitCode).toBe(3);
  });
});

it('lists 1,000 secrets within a second, known to the index or read from the sealed file', async () => {
  const root = project('thousand');
  const names = Array.from({ length: 1000 }, (_, n) => `secret-${n}`);
  const tables = names.map(
    name => `[secrets.${name}]\nenv = "${name.toUpperCase().replace('-', '_')}"\ndescription = "x"\n`,
  );
  writeFileSync(
    join(root, 'hotpass-bootstrap.toml'),
    `schema = 1\n[environments.local]\nsecrets = ${JSON.stringify(names)}\n${tables.join('')}`,
  );
  expect(machine.run(root, ['secrets', 'where', '--use', `sealed-file:${join(machine.home, 'key')}`]).code).toBe(0);
  expect(machine.run(root, ['setup', '--no-input']).code).toBe(3);
  expect(machine.run(root, ['secrets', 'set', 'secret-0'], { input: 'first' }).code).toBe(0);
  const bytes = Buffer.from(readFileSync(join(machine.home, 'key'), 'utf8'), 'base64url');
  const key = { id: keyId(bytes), bytes, wrapped: undefined };
  const items: SealedItems = new Map();
  for (const name of names) {
    const one = { service: 'hotpass-bootstrap/thousand', user: `local/${name}`, value: `value of ${name}` };
    items.set(slotOf(one), one);
  }
  writeFileSync(sealed(), await seal(items, key));
  const index = join(state(), 'secrets', 'thousand', 'index.json');
  const known = JSON.parse(readFileSync(index, 'utf8')) as { entries: Record<string, { boot: string }> };
  const [entry] = Object.values(known.entries);
  for (const boot of [entry?.boot, 'before']) {
    const entries = Object.fromEntries(names.map(name => [`local/${name}`, { ...entry, boot }]));
    writeFileSync(index, JSON.stringify({ schema: 1, entries }));
    const times = [1, 2, 3].map(() => ({
      list: timed(() => {
        const { stdout } = machine.run(root, ['secrets', 'list']);
        expect(stdout.match(/ sealed file/g)).toHaveLength(1000);
      }),
      node: timed(() => spawnSync(process.execPath, ['-e', '0'])),
    }));
    // On a busy machine everything takes longer, an empty program too.
    const node = Math.min(...times.map(time => time.node));
    expect(Math.min(...times.map(time => time.list))).toBeLessThan(Math.max(1000, 20 * node));
  }
  rmSync(config());
});

/** How long it takes, in milliseconds. */
function timed(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}
