import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Check, WorkspaceLook } from '../../../src/doctor/check.ts';
import { SECRETS_CHECKS } from '../../../src/doctor/secrets.ts';
import { formerValues } from '../../../src/doctor/secrets-copies.ts';
import { secretNames, secretsInFiles } from '../../../src/doctor/secrets-files.ts';
import { credentialsAtHome } from '../../../src/doctor/secrets-home.ts';
import { otherProvider, remoteMac, surroundings } from '../../../src/doctor/secrets-keychain.ts';
import { chosenStore } from '../../../src/doctor/secrets-store.ts';
import { storedSecrets } from '../../../src/doctor/secrets-stored.ts';
import { readContext } from '../../../src/engine/context.ts';
import { Journal } from '../../../src/engine/journal.ts';
import type { WantedSecret } from '../../../src/manifest/wanted.ts';
import { environmentStore } from '../../../src/secrets/environment.ts';
import { type IndexEntry, updateIndex } from '../../../src/secrets/index-file.ts';
import type { SecretStore } from '../../../src/secrets/store.ts';
import { userPaths } from '../../../src/system/paths.ts';
import { wantedOf } from '../../support/context.ts';
import { lookFrom, said } from '../../support/doctor-look.ts';
import { temporary, unpackedPrograms } from '../../support/tools.ts';
import { wantedSecret } from '../../support/wanted-secret.ts';

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const CANARY = 'canary-3f9a77c1e5';
const DAY = 86_400_000;

const secret = wantedSecret;

/** A store that must not be opened. */
const CLOSED: SecretStore = {
  name: 'keychain',
  writable: true,
  probe: () => Promise.reject(new Error('the store was opened')),
  get: () => Promise.reject(new Error('the store was opened')),
  set: () => Promise.reject(new Error('the store was opened')),
  remove: () => Promise.reject(new Error('the store was opened')),
};

/** A keychain that holds these items; the real one is in the integration tests. */
const holding = (users: readonly string[]): SecretStore => ({
  ...CLOSED,
  get: async items => items.map(({ user }) => (users.includes(user) ? CANARY : undefined)),
});

class Person {
  readonly root: string;
  readonly home: string;
  env: Record<string, string>;
  secrets: WantedSecret[] = [];
  store: SecretStore = CLOSED;
  linked = true;
  ci = false;

  constructor(files: Record<string, string> = {}) {
    const base = temporary('hb-doctor-');
    made.push(base);
    this.root = join(base, 'work');
    this.home = join(base, 'home');
    for (const folder of [this.root, this.home, this.state]) mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.root, name), text);
    this.env = { HOME: this.home, PATH: [...unpackedPrograms(), '/usr/bin', '/bin'].join(':') };
  }

  get state(): string {
    return join(dirname(this.root), 'state');
  }

  async remember(user: string, more: Partial<IndexEntry> = {}): Promise<void> {
    const entry = {
      store: 'keychain' as const,
      storedAt: Date.now(),
      checkedAt: Date.now(),
      boot: 'b',
      audience: undefined,
      ...more,
    };
    await updateIndex(userPaths(this.env).state, 'w', { [user]: entry });
  }

  look(): WorkspaceLook {
    const wanted = { ...wantedOf(this.root), secrets: this.secrets };
    const read = readContext({
      wanted,
      env: this.env,
      paths: userPaths(this.env),
      linked: this.linked ? { id: 'x', name: 'w', namespace: 'w', state: this.state } : undefined,
      approved: this.linked,
      ci: this.ci,
      offline: false,
      recheck: true,
      store: this.store,
      signal: new AbortController().signal,
    });
    return lookFrom(read);
  }

  async see(check: Check): Promise<string[]> {
    const lines = await said(check, this.look());
    expect(lines.join()).not.toContain(CANARY);
    return lines;
  }
}

it('says nothing where there are no secrets, and opens no store', async () => {
  for (const check of SECRETS_CHECKS) expect([check.title, await new Person().see(check)]).toEqual([check.title, []]);
});

it('opens no store in a folder that is not linked', async () => {
  const person = new Person();
  person.secrets = [secret('auth')];
  await person.remember('local/auth');
  person.linked = false;
  // Without a bus to ask: the state of the keychain is told by the session, not by the store.
  for (const check of SECRETS_CHECKS) await person.see(check);
});

describe('what the index says', () => {
  it('and the store does not have any more', async () => {
    const person = new Person();
    person.secrets = [secret('auth'), secret('other', { shared: true })];
    await person.remember('local/auth', { storedAt: Date.parse('2026-01-02T03:04:05Z') });
    await person.remember('*/other');
    person.store = holding(['*/other']);
    expect(await person.see(storedSecrets)).toEqual([
      'HB330 warn auth was stored on 2026-01-02 and is gone from your keychain. / hotpass-bootstrap secrets set auth --env local',
    ]);
    person.store = holding(['local/auth', '*/other']);
    expect(await person.see(storedSecrets)).toEqual([]);
  });

  it('is about another store than the one in use', async () => {
    const person = new Person();
    person.secrets = [secret('auth')];
    await person.remember('local/auth');
    person.store = environmentStore(person.env);
    expect(await person.see(storedSecrets)).toEqual([
      'HB331 warn auth is in the keychain, but secrets come from the environment now. / hotpass-bootstrap secrets where',
    ]);
    person.ci = true;
    expect(await person.see(storedSecrets)).toEqual([]);
  });

  it('is beaten by a variable of the shell', async () => {
    const person = new Person();
    person.secrets = [secret('auth')];
    await person.remember('local/auth');
    person.store = holding(['local/auth']);
    person.env['AUTH'] = CANARY;
    expect(await person.see(storedSecrets)).toEqual([
      'HB332 info AUTH is set in your shell and is used instead of auth in the keychain. / unset AUTH',
    ]);
  });

  it('is soon too old', async () => {
    const person = new Person();
    const maxAge = (90 * DAY) / 1000;
    person.secrets = [secret('auth', { maxAge })];
    person.store = holding(['local/auth']);
    const at = async (days: number): Promise<string[]> => {
      await person.remember('local/auth', { storedAt: Date.now() - days * DAY });
      return person.see(storedSecrets);
    };
    expect(await at(80)).toEqual([
      'HB333 info auth is to be renewed within 10 days. / hotpass-bootstrap secrets set auth --env local',
    ]);
    expect(await at(89.5)).toEqual([expect.stringContaining('within a day')]);
    expect(await at(70)).toEqual([]);
    // Past its age the step tells it (HB304).
    expect(await at(91)).toEqual([]);
  });
});

it('former values are looked for by the journals: after two weeks or an undo, until they are deleted', async () => {
  const person = new Person();
  const left = async (): Promise<string[]> => {
    person.store = holding(['1', '2', '3', '4', '5', '7'].map(name => `.journal/${name}/1`));
    return person.see(formerValues);
  };
  const run = (name: string, days: number, ...kinds: ('copy' | 'undone' | 'deleted')[]): void => {
    mkdirSync(join(person.state, 'runs', name), { recursive: true });
    const at = new Date(Date.now() - days * DAY).toISOString();
    const copy = { service: 'hotpass-bootstrap/w', user: `.journal/${name}/1` };
    const change = { step: 'secrets', key: 'auth', action: 'add', target: '', certain: true };
    const records: object[] = [{ kind: 'open' }];
    if (kinds.includes('copy')) records.push({ kind: 'saved', step: 'secrets', change, after: { item: {}, copy } });
    records.push({ kind: 'close' });
    if (kinds.includes('undone')) records.push({ kind: 'undone' });
    if (kinds.includes('deleted')) records.push({ kind: 'close', after: { copiesDeleted: true } });
    const lines = records.map((record, seq) => JSON.stringify({ schema: 1, seq, at, run: name, ...record }));
    writeFileSync(join(person.state, 'runs', name, 'journal.jsonl'), `${lines.join('\n')}\n`);
  };
  run('1', 30, 'copy');
  run('2', 30, 'copy', 'undone');
  run('3', 30, 'copy', 'deleted');
  run('4', 30);
  run('5', 13, 'copy');
  expect(await left()).toEqual([
    'HB334 info Your keychain still holds 2 former values from changes that were undone or are more than 14 days old. / hotpass-bootstrap secrets repair',
  ]);
  run('7', 1, 'copy', 'undone');
  expect(await left()).toEqual([expect.stringContaining('holds 3 former values')]);
  // As written by the program itself.
  Journal.create(person.state, '6', {}).append({ kind: 'close' });
  expect(await left()).toEqual([expect.stringContaining('holds 3 former values')]);
});

describe('.env files', () => {
  it('with secrets are told by the names of the variables; worse when git tracks them', async () => {
    const person = new Person({
      '.env': `# mine\nAUTH=${CANARY}\nexport SERVICE_TOKEN="${CANARY}"\nDEBUG=1\nURL=https://ada:${CANARY}@db.example\n`,
      '.env.example': `AUTH=${CANARY}\n`,
      '.env.local': 'API_KEY=changeme\nOTHER_TOKEN=${TOKEN}\nKEY_TOKEN=\n',
      '.envrc': `export AUTH=${CANARY}\n`,
    });
    person.secrets = [secret('auth')];
    expect(await person.see(secretsInFiles)).toEqual([
      'HB335 warn .env holds values for AUTH, SERVICE_TOKEN, URL in plain text. / hotpass-bootstrap secrets import .env --rewrite --env local',
    ]);
    const git = (...args: string[]) => execFileSync('git', args, { cwd: person.root, stdio: 'pipe' });
    git('init', '-q');
    expect((await secretsInFiles.run(person.look()))[0]?.cause).toContain('git does not ignore the file either');
    writeFileSync(join(person.root, '.gitignore'), '.env\n');
    expect((await secretsInFiles.run(person.look()))[0]?.cause).not.toContain('git');
    git('add', '-f', '.env');
    expect(await person.see(secretsInFiles)).toEqual([
      'HB336 fail .env is tracked by git and holds values for AUTH, SERVICE_TOKEN, URL. / git rm --cached .env',
    ]);
    git('rm', '-q', '--cached', '.env');
    writeFileSync(join(person.root, '.env.mine'), `PREFECT_API_KEY=pnu_${CANARY.replace('-', '')}\n`);
    expect((await person.see(secretsInFiles))[1]).toContain('.env.mine holds values for PREFECT_API_KEY');
    rmSync(join(person.root, '.env.mine'));
    // In the file that Prefect reads its check tells it.
    writeFileSync(join(person.root, '.env'), `PREFECT_API_KEY=pnu_${CANARY.replace('-', '')}\n`);
    expect(await person.see(secretsInFiles)).toEqual([]);
    writeFileSync(join(person.root, '.env'), `AUTH=${CANARY}\n`);
    expect(await person.see(secretsInFiles)).toEqual([expect.stringContaining('HB335 warn')]);
  });

  it('that are links, folders or huge are left alone', () => {
    const person = new Person({
      real: `A_TOKEN=${CANARY}\n`,
      '.env.big': `A_TOKEN=${CANARY}\n${'#'.repeat(100_001)}`,
    });
    symlinkSync('real', join(person.root, '.env.link'));
    mkdirSync(join(person.root, '.env.d'));
    for (const name of ['.env.big', '.env.link', '.env.d', '.env.none']) {
      expect(secretNames(join(person.root, name), [])).toEqual([]);
    }
    expect(secretNames(join(person.root, 'real'), [])).toEqual(['A_TOKEN']);
  });

  it('never show a value, whatever it is', async () => {
    const person = new Person();
    const value = fc.stringMatching(/^[A-Za-z0-9+=_.:@-]{7,40}[0-9]$/);
    await fc.assert(
      fc.asyncProperty(value, async text => {
        writeFileSync(join(person.root, '.env'), `MY_TOKEN=${text}\nMY_URL='https://${text}@x.example'\n`);
        const [found] = await secretsInFiles.run(person.look());
        expect(found?.message).toContain('MY_URL');
        expect(JSON.stringify(found)).not.toContain(text);
      }),
      { numRuns: 15 },
    );
  });
});

describe('files of the home folder', () => {
  it('that hold passwords of indexes', async () => {
    const person = new Person();
    const folder = join(person.home, '.local', 'share', 'uv', 'credentials');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'credentials.toml'), `password = "${CANARY}"\n`);
    expect(await person.see(credentialsAtHome)).toEqual([expect.stringMatching(/^HB337 info uv keeps passwords/)]);
    expect(
      await said(credentialsAtHome, { ...person.look(), env: { ...person.env, UV_CREDENTIALS_DIR: '/none' } }),
    ).toEqual([]);
  });

  it('that others can read', async () => {
    const person = new Person();
    const netrc = join(person.home, '.netrc');
    writeFileSync(netrc, `machine x.example login ada password ${CANARY}\n`);
    chmodSync(netrc, 0o644);
    expect(await person.see(credentialsAtHome)).toEqual([
      `HB338 warn Others on this machine can read ${netrc}. / chmod 600 ${netrc}`,
    ]);
    chmodSync(netrc, 0o600);
    expect(await person.see(credentialsAtHome)).toEqual([]);
  });
});

describe('a session without a keychain', () => {
  it('reads variables, and says which', async () => {
    const person = new Person();
    person.secrets = [secret('auth'), secret('given')];
    person.env['GIVEN'] = CANARY;
    person.store = environmentStore(person.env);
    const [found] = await chosenStore.run(person.look());
    expect(found).toMatchObject({ id: 'HB340', level: 'info' });
    expect(found?.cause).toBe('Nothing is stored. auth is read from AUTH.');
    expect(found?.fix?.command).toMatch(/^dbus-run-session/);
    person.ci = true;
    expect(await person.see(chosenStore)).toEqual([]);
    person.ci = false;
    mkdirSync(userPaths(person.env).config, { recursive: true });
    writeFileSync(join(userPaths(person.env).config, 'config.toml'), 'store = "environment"\n');
    expect(await person.see(chosenStore)).toEqual([]);
  });

  it('is told apart: SSH, WSL, a Mac over SSH', () => {
    const ssh = { SSH_CONNECTION: '10.0.0.1 50000 10.0.0.2 22' };
    expect(surroundings('absent', ssh, 'Linux version 6.1')[0]).toContain('over SSH');
    expect(surroundings('absent', {}, 'Linux version 5.15.167.4-microsoft-standard-WSL2')[0]).toContain('WSL');
    expect(surroundings('locked', ssh, '')).toEqual([]);
    expect(remoteMac(ssh)).toMatchObject([{ id: 'HB339', fix: { command: 'security unlock-keychain' } }]);
    expect(remoteMac({})).toEqual([]);
  });

  it('or with a keychain of another desktop', () => {
    expect(otherProvider('gnome-keyring-d')).toEqual([]);
    expect(otherProvider(undefined)).toEqual([]);
    for (const [name, words] of [
      ['kwalletd5', 'KWallet'],
      ['ksecretd', 'KWallet'],
      ['keepassxc', 'KeePassXC'],
      ['oo7-daemon', 'oo7-daemon'],
    ] as const) {
      expect(otherProvider(name)[0]).toContain(words);
    }
  });
});
