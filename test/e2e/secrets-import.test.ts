import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Canary, canary, Detector } from '../support/canary.ts';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine } from '../support/machine.ts';
import { Terminal } from '../support/pty.ts';

const KEY = canary('value in .env');
const HEADER = canary('header in .env');
const PROFILE = canary('key in profiles.toml');
const TEXT = `\uFEFF# mine\r\nexport PREFECT_API_AUTH_STRING="user:${KEY.value}"\r\nA=1\r\nOTEL_EXPORTER_OTLP_HEADERS=Authorization=Basic%20${HEADER.value} # the header\r\nDB_PASSWORD=hunter2hunter2\r\nLAST=2`;

const machine = new Machine();
const workspace = machine.clone();
const file = join(workspace, '.env');
let keyring: Keyring;

beforeAll(async () => {
  keyring = await withKeyring(machine.home);
  machine.env = { ...machine.env, ...keyring.env };
  git('add', '-A');
  git('-c', 'user.name=n', '-c', 'user.email=a@b', 'commit', '-q', '-m', 'first');
  expect(run('setup', '--env', 'staging', '--no-input').code).toBe(3);
});
afterAll(() => keyring.stop());

function run(...args: string[]) {
  const told = machine.run(workspace, args);
  expect(told.stdout + told.stderr, args.join(' ')).not.toMatch(/Cn[0-9a-f]{30}/);
  return told;
}

function git(...args: string[]): void {
  expect(spawnSync('git', args, { cwd: workspace, env: machine.env }).status).toBe(0);
}

function stored(name: string): string {
  return machine.run(workspace, ['secrets', 'get', name]).stdout.replace(/\n$/, '');
}

/** Files of the person in which a canary shows up in any disguise; the keyring itself is encrypted. */
function traces(...canaries: Canary[]): string[] {
  const found = new Detector(canaries).below(machine.home, /\.keyring$|\.git\/objects\//);
  return [...new Set(found.map(one => one.replace(/: .*$/, '')))];
}

describe('secrets import', () => {
  it('asks first, moves what the manifest declares, and undo puts the file back byte for byte', async () => {
    writeFileSync(file, TEXT, { mode: 0o640 });
    const terminal = new Terminal(workspace, ['secrets', 'import', '.env'], machine.env);
    await terminal.sees(/DB_PASSWORD \(line 5\)/);
    await terminal.sees(/Move them\?/);
    terminal.type('\r');
    await terminal.sees(/Take them out of \.env too\?/);
    terminal.type('\r');
    expect((await terminal.exit).exitCode).toBe(0);
    expect(terminal.text).not.toMatch(/Cn[0-9a-f]{30}|hunter2/);
    expect(terminal.text).toContain('[secrets.db-password]');

    expect(stored('prefect-auth')).toBe(`user:${KEY.value}`);
    expect(stored('otlp-headers')).toBe(`Authorization=Basic%20${HEADER.value}`);
    expect(readFileSync(file, 'utf8')).toBe(
      '\uFEFF# mine\r\n# PREFECT_API_AUTH_STRING is in the secret store: hotpass-bootstrap run\r\nA=1\r\n# OTEL_EXPORTER_OTLP_HEADERS is in the secret store: hotpass-bootstrap run\r\nDB_PASSWORD=hunter2hunter2\r\nLAST=2',
    );
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(traces(KEY, HEADER)).toEqual([]);
    expect(run('secrets', 'import', '.env', '--yes').stderr).toMatch(/Nothing of .env was moved/);

    expect(run('undo', '--yes').code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(TEXT);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(traces(KEY, HEADER)).toEqual([file]);
    expect(stored('prefect-auth')).toBe('');
  });

  it('leaves everything as it is for a no, and where programs would disagree', async () => {
    const terminal = new Terminal(workspace, ['secrets', 'import', '.env'], machine.env);
    await terminal.sees(/Move them\?/);
    terminal.type('n\r');
    expect((await terminal.exit).exitCode).toBe(3);
    writeFileSync(file, `${TEXT}\r\nPREFECT_API_AUTH_STRING=other:value-of-it\r\n`);
    const refused = run('secrets', 'import', '.env', '--rewrite', '--yes');
    expect([refused.code, refused.stderr]).toEqual([78, expect.stringContaining('line 7, PREFECT_API_AUTH_STRING')]);
    expect(stored('prefect-auth')).toBe('');
    writeFileSync(file, TEXT);
  });

  it('takes a key out of profiles.toml, whose other bytes stay', () => {
    const profiles = join(machine.home, '.prefect', 'profiles.toml');
    const table = '[profiles.harbour-staging]\nPREFECT_API_URL="https://prefect.staging.example.com/api"   # odd\n';
    const elsewhere = '\n[profiles.other]\nPREFECT_API_URL = "https://elsewhere.example.com/api"\n';
    const text = `${table}PREFECT_API_AUTH_STRING = "user:${PROFILE.value}"\n${elsewhere}`;
    mkdirSync(join(machine.home, '.prefect'), { recursive: true });
    writeFileSync(profiles, text);
    const told = run('secrets', 'import', profiles, '--rewrite', '--json');
    expect(told.code).toBe(0);
    expect(JSON.parse(told.stdout)).toMatchObject({
      kind: 'secrets',
      action: 'import',
      moved: [{ secret: 'prefect-auth', environment: 'staging', line: 3, state: 'new' }],
      rewritten: true,
    });
    expect(readFileSync(profiles, 'utf8')).toBe(table + elsewhere);
    expect(stored('prefect-auth')).toBe(`user:${PROFILE.value}`);
    expect(traces(PROFILE)).toEqual([]);
    expect(run('undo', '--yes').code).toBe(0);
    expect(readFileSync(profiles, 'utf8')).toBe(text);
  });
});

describe('secrets scan', () => {
  it('finds what is stored wherever it stands as well, tells file and line, and ends with 2', () => {
    expect(run('secrets', 'import', '.env', '--rewrite', '--yes').code).toBe(0);
    mkdirSync(join(workspace, 'conf'));
    writeFileSync(join(workspace, 'conf', 'dev.ini'), `[api]\nurl = https://user:${KEY.value}@prefect.test/api\n`);
    git('add', '-A');
    git('-c', 'user.name=n', '-c', 'user.email=a@b', 'commit', '-q', '-m', 'ini');
    git('rm', '-q', 'conf/dev.ini');
    const basic = Buffer.from(`user:${KEY.value}`).toString('base64');
    writeFileSync(join(machine.home, '.bash_history'), `ls\ncurl -H 'Authorization: Basic ${basic}' https://x\n`);
    const told = run('secrets', 'scan');
    expect(told.code).toBe(2);
    for (const line of ['.env:5', 'conf/dev.ini:2', '~/.bash_history:2', 'profiles.toml:3'])
      expect(told.stdout).toContain(line);
    const sarif = join(machine.home, 'out.sarif');
    const json = run('secrets', 'scan', '--json', '--sarif', sarif);
    expect(json.code).toBe(2);
    const { found } = JSON.parse(json.stdout) as { found: { place: string; secret: string | null; line: number }[] };
    expect(
      found.filter(({ secret }) => secret === 'prefect-auth').map(({ place, line }) => `${place} ${line}`),
    ).toEqual(['shell 2', 'history 2']);
    expect(traces(KEY, HEADER)).toEqual([join(machine.home, '.bash_history')]);
    expect(readFileSync(sarif, 'utf8')).toContain('"uri": "conf/dev.ini"');
  });

  it('looks for shapes where the store does not open, says what it did not look for, and is not done with that', async () => {
    await keyring.restart(undefined);
    try {
      const told = run('secrets', 'scan');
      expect(told.code).toBe(2);
      expect(told.stdout).toContain('.env:5');
      expect(told.stdout).not.toContain('.bash_history');
      expect(told.stderr).toContain('The values of the store were not looked for');
      expect(told.stderr).toContain('Next: ');
      const { trouble } = JSON.parse(run('secrets', 'scan', '--json').stdout) as { trouble: { message: string } };
      expect(told.stderr).toContain(trouble.message.slice(0, 20));
      for (const file of ['.bash_history', '.prefect']) rmSync(join(machine.home, file), { recursive: true });
      for (const file of ['.env', '.git']) rmSync(join(workspace, file), { recursive: true });
      const clean = run('secrets', 'scan');
      expect([clean.code, clean.stdout]).toEqual([69, '']);
      expect(clean.stderr).toContain('were not looked for');
    } finally {
      await keyring.restart('pw');
    }
  });

  it('ends with 0 where nothing is left, and asks for setup in a clone that is not linked', () => {
    const other = machine.clone('other');
    const told = machine.run(other, ['secrets', 'scan']);
    expect([told.code, told.stderr]).toEqual([3, expect.stringContaining('setup')]);
    const ci = machine.run(other, ['secrets', 'scan'], { env: { CI: 'true', HOME: join(machine.home, 'other') } });
    expect([ci.code, ci.stderr]).toEqual([0, expect.stringContaining('Nothing was found')]);
  });
});
