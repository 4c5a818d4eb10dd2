import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine } from '../support/machine.ts';

const AUTH = 'canary-user:Xq7-canary-Vw2kT9-auth';
const HEADERS = 'Authorization=Basic%20canaryHz81Lm40Qp';

const machine = new Machine();
const workspace = machine.clone();
let keyring: Keyring;

beforeAll(async () => {
  keyring = await withKeyring(machine.home);
  machine.env = { ...machine.env, ...keyring.env };
});
afterAll(() => keyring.stop());

/** Files below a folder that hold the value in the clear; the encrypted keyring of the daemon is left aside. */
function filesWith(value: string, folder: string): string[] {
  const hits: string[] = [];
  const needles = [
    value,
    Buffer.from(value).toString('base64').slice(0, -4),
    Buffer.from(value).toString('hex'),
    encodeURIComponent(value),
    value.slice(4, 20),
  ];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if (path.endsWith('.keyring') || statSync(path).size > 50_000_000) continue;
    const text = readFileSync(path, 'latin1');
    if (needles.some(needle => text.includes(needle))) hits.push(path);
  }
  return hits;
}

describe('secrets in the keychain', () => {
  it('are named all at once, with every way to give them, when nobody is there to type', () => {
    const setup = machine.run(workspace, ['setup', '--env', 'staging', '--no-input']);
    expect(setup.code).toBe(3);
    for (const text of [
      'prefect-auth',
      'otlp-headers',
      'PREFECT_API_AUTH_STRING',
      'OTEL_EXPORTER_OTLP_HEADERS',
      'secrets set prefect-auth',
    ]) {
      expect(setup.stderr).toContain(text);
    }
    expect(readdirSync(workspace)).not.toContain('.venv');
  });

  it('are taken from standard input, and never from an argument', () => {
    const argument = machine.run(workspace, ['secrets', 'set', 'prefect-auth', AUTH]);
    expect(argument.code).toBe(64);
    expect(argument.stderr).not.toContain(AUTH);
    expect(argument.stderr).toMatch(
      /a value is never an argument[\s\S]*standard input[\s\S]*Next: .* secrets set prefect-auth$/m,
    );
    const twice = machine.run(workspace, ['secrets', 'rotate', 'sk-ant-canary-Vw2kT9Vw2kT9', AUTH, '--json']);
    expect(twice.code).toBe(64);
    expect(twice.stderr + twice.stdout).not.toMatch(/canary/);
    expect(machine.run(workspace, ['secrets', 'set', 'prefect-auth', '--env', 'staging'], { input: '' }).code).toBe(3);
    const wrong = machine.run(workspace, ['secrets', 'set', 'prefect-auth', '--env', 'staging'], {
      input: 'canary-without-colon',
    });
    expect(wrong.code).toBe(78);
    expect(wrong.stderr).not.toContain('canary-without-colon');
    const set = machine.run(workspace, ['secrets', 'set', 'prefect-auth', '--env', 'staging'], { input: `${AUTH}\n` });
    expect(set.stderr).toContain('https://prefect.staging.example.com');
    expect(set.code).toBe(0);
    expect(
      machine.run(workspace, ['secrets', 'set', 'otlp-headers', '--env', 'staging'], { input: HEADERS }).code,
    ).toBe(0);
  });

  it('can be read by secret-tool', () => {
    const service = 'hotpass-bootstrap/harbour';
    const read = (user: string): string =>
      execFileSync('secret-tool', ['lookup', 'service', service, 'username', user], {
        env: machine.env,
        encoding: 'utf8',
      });
    expect(read('staging/prefect-auth')).toBe(AUTH);
    expect(read('*/otlp-headers')).toBe(HEADERS);
  });

  it('let setup go through, which then stays in that environment', () => {
    const setup = machine.run(workspace, ['setup', '--env', 'staging', '--yes']);
    expect(setup.stderr).toMatch(/ready in/);
    expect(setup.code).toBe(0);
    const bare = machine.run(workspace, ['setup']);
    expect(bare.stderr).toContain('everything in order (staging)');
    expect(bare.code).toBe(0);
    expect(machine.run(workspace, ['plan']).code).toBe(0);
  });

  it('are given to the program together with where they belong', () => {
    const run = machine.run(workspace, ['run', '--', 'printenv', 'PREFECT_API_AUTH_STRING'], {
      env: { PREFECT_API_URL: 'https://elsewhere.example.com/api' },
    });
    expect(run.stdout).toBe(`${AUTH}\n`);
    const url = machine.run(workspace, ['run', '--', 'printenv', 'PREFECT_API_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT'], {
      env: {
        PREFECT_API_URL: 'https://elsewhere.example.com/api',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://elsewhere.example.com',
      },
    });
    expect(url.stdout).toBe('https://prefect.staging.example.com/api\nhttps://otel.staging.example.com:4317\n');
  });

  it('are printed into a pipe or a file of one’s own, listed without their values', () => {
    expect(machine.run(workspace, ['secrets', 'get', 'prefect-auth']).stdout).toBe(`${AUTH}\n`);
    expect(machine.run(workspace, ['env']).stdout).not.toContain(AUTH);
    const shell = machine.run(workspace, ['env', '--secrets']).stdout;
    const back = execFileSync('bash', ['-c', `${shell}\nprintf %s "$PREFECT_API_AUTH_STRING"`], { encoding: 'utf8' });
    expect(back).toBe(AUTH);
    const list = machine.run(workspace, ['secrets', 'list', '--json']);
    expect(JSON.parse(list.stdout).secrets.map((row: { found: string }) => row.found)).toEqual([
      'keychain',
      'keychain',
    ]);
    expect(list.stdout).not.toContain('canary');
    expect(machine.run(workspace, ['secrets', 'where']).stdout).toMatch(
      /keychain[\s\S]*ok[\s\S]*hotpass-bootstrap\/harbour/,
    );
  });

  it('stand in the clear nowhere in HOME, workspace or state', () => {
    expect(filesWith(AUTH, machine.home)).toEqual([]);
    expect(filesWith(HEADERS, machine.home)).toEqual([]);
  });

  it('are no concern of a second clone with the same name', () => {
    const clone = machine.clone('second');
    const run = machine.run(clone, ['run', '--env', 'staging', '--', 'printenv', 'PREFECT_API_AUTH_STRING']);
    expect(run.code).toBe(125);
    expect(run.stdout).toBe('');
    expect(machine.run(clone, ['secrets', 'get', 'prefect-auth', '--env', 'staging']).code).toBe(3);
    expect(machine.run(clone, ['env', '--secrets', '--env', 'staging']).code).toBe(3);
    const setup = machine.run(clone, ['setup', '--env', 'staging', '--yes', '--no-input']);
    expect(setup.code).toBe(3);
    expect(machine.run(clone, ['run', '--env', 'staging', '--', 'true']).code).toBe(125);
    const where = machine.run(clone, ['secrets', 'where', '--json']);
    expect(JSON.parse(where.stdout).service).toMatch(/^hotpass-bootstrap\/harbour~[0-9a-f]{8}$/);
  });

  it('are handed out no more when the manifest has grown, until setup has shown it', () => {
    const clone = machine.clone('grown');
    machine.run(clone, ['setup', '--env', 'local', '--yes']);
    const manifest = readFileSync(join(clone, 'hotpass-bootstrap.toml'), 'utf8');
    spawnSync('sh', ['-c', 'cat > hotpass-bootstrap.toml'], {
      cwd: clone,
      input: manifest.replace('https://prefect.staging', 'https://elsewhere'),
    });
    const run = machine.run(clone, ['run', '--env', 'staging', '--', 'true']);
    expect(run.code).toBe(125);
    expect(run.stderr).toContain('hotpass-bootstrap --env staging setup');
  });

  it('can be removed, and no copy is kept', () => {
    expect(machine.run(workspace, ['secrets', 'remove', 'prefect-auth']).code).toBe(0);
    expect(machine.run(workspace, ['secrets', 'get', 'prefect-auth']).code).toBe(3);
    expect(machine.run(workspace, ['plan']).code).toBe(2);
  });
});

describe('a keychain that is not fine', () => {
  it('absent, with a secret that is needed: exit 3, and what to do', () => {
    const bare = new Machine();
    const clone = bare.clone();
    const setup = bare.run(clone, ['setup', '--env', 'staging', '--yes']);
    expect(setup.code).toBe(3);
    expect(setup.stderr).toContain('PREFECT_API_AUTH_STRING');
    expect(bare.run(clone, ['setup', '--env', 'local', '--yes']).code).toBe(0);
  });

  it('without a password, and so a text file: said before anything is put into it', async () => {
    const plain = new Machine();
    const clone = plain.clone();
    const daemon = await withKeyring(plain.home, { password: '' });
    try {
      plain.env = { ...plain.env, ...daemon.env };
      plain.run(clone, ['setup', '--env', 'staging', '--no-input']);
      const set = plain.run(clone, ['secrets', 'set', 'prefect-auth', '--env', 'staging'], { input: AUTH });
      expect(set.code).toBe(0);
      expect(set.stderr).toMatch(/Default\.keyring is a plain text file.*is stored/s);

      const told = /Default\.keyring is a plain text file/;
      const args = ['rotate', 'otlp-headers', '--env', 'staging'];
      expect(plain.run(clone, ['secrets', ...args], { input: HEADERS }).stderr).toMatch(told);
      expect(plain.run(clone, ['secrets', ...args, '-q'], { input: `${HEADERS}x` }).stderr).not.toMatch(told);
      writeFileSync(join(clone, '.env'), `PREFECT_API_AUTH_STRING=${AUTH}2\n`);
      const moved = plain.run(clone, ['secrets', 'import', '.env', '--env', 'staging', '--yes']);
      expect([moved.code, moved.stderr]).toEqual([0, expect.stringMatching(told)]);
      const again = plain.run(clone, ['secrets', 'import', '.env', '--env', 'staging', '--yes']);
      expect([again.code, again.stderr]).toEqual([0, expect.not.stringMatching(told)]);

      const key = /Default\.keyring is a plain text file.*The key of your sealed file is one of them/;
      const use = plain.run(clone, ['secrets', 'where', '--use', 'sealed-file', '--yes']);
      expect([use.code, use.stderr]).toEqual([0, expect.stringMatching(key)]);
      const sealed = plain.run(clone, ['secrets', 'set', 'prefect-auth', '--env', 'staging'], { input: AUTH });
      expect([sealed.code, sealed.stderr]).toEqual([0, expect.stringMatching(key)]);
      const file = `sealed-file:${join(plain.home, 'key')}`;
      expect(plain.run(clone, ['secrets', 'where', '--use', file, '--yes']).code).toBe(0);
      const apart = plain.run(clone, ['secrets', 'set', 'prefect-auth', '--env', 'staging'], { input: AUTH });
      expect([apart.code, apart.stderr]).toEqual([0, expect.not.stringMatching(told)]);
    } finally {
      await daemon.stop();
    }
  });

  it('frozen: 69 within a few seconds, nothing left behind', async () => {
    const frozen = new Machine();
    const clone = frozen.clone();
    const daemon = await withKeyring(frozen.home);
    try {
      frozen.env = { ...frozen.env, ...daemon.env };
      process.kill(daemon.daemonPid() ?? 0, 'SIGSTOP');
      const started = Date.now();
      const setup = frozen.run(clone, ['setup', '--env', 'staging', '--yes']);
      expect(setup.code).toBe(69);
      expect(Date.now() - started).toBeLessThan(20_000);
      expect(setup.stderr).toMatch(/Next: /);
    } finally {
      process.kill(daemon.daemonPid() ?? 0, 'SIGCONT');
      await daemon.stop();
    }
  });

  it('locked: 69 and how to unlock it', async () => {
    const locked = new Machine();
    const clone = locked.clone();
    const daemon = await withKeyring(locked.home);
    try {
      locked.env = { ...locked.env, ...daemon.env };
      locked.run(clone, ['setup', '--env', 'staging', '--no-input']);
      expect(locked.run(clone, ['secrets', 'set', 'prefect-auth', '--env', 'staging'], { input: AUTH }).code).toBe(0);
      await daemon.restart(undefined);
      const get = locked.run(clone, ['secrets', 'get', 'prefect-auth', '--env', 'staging']);
      expect(get.code).toBe(69);
      expect(get.stderr).toMatch(/locked/);
      expect(get.stderr).toMatch(/unlock/);
    } finally {
      await daemon.stop();
    }
  });
});
