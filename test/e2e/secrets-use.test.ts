import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine, type Outcome } from '../support/machine.ts';
import { installedBin } from '../support/pack.ts';
import { Terminal } from '../support/pty.ts';

const OLD = 'admin:canary-old-Xq7Vw2kT9';
const NEW = 'admin:canary-new-Hz81Lm40Qp';
const TOKEN = 'canary-token-Jc52Rr83';

const machine = new Machine();
const workspace = join(machine.home, 'harbour');
let keyring: Keyring;
let server: Server;
let asked: string[] = [];
/** The password that the Prefect API of the workspace accepts now. */
let accepted = OLD;

beforeAll(async () => {
  keyring = await withKeyring(machine.home);
  machine.env = { ...machine.env, ...keyring.env };
  server = createServer((request, response) => {
    const { authorization = '' } = request.headers;
    asked.push(authorization);
    const good = authorization === `Basic ${Buffer.from(accepted).toString('base64')}`;
    response.writeHead(good ? 200 : 401).end(good ? '"3.9.1"' : '{}');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  mkdirSync(workspace);
  // What the manifest says is shown: it must not hold the value itself.
  writeFileSync(join(workspace, '..', 'expected'), TOKEN);
  writeFileSync(join(workspace, 'pyproject.toml'), '[project]\nname = "harbour"\nversion = "0"\n');
  writeFileSync(
    join(workspace, 'hotpass-bootstrap.toml'),
    `schema = 1
workspace = "harbour"
[environments.staging]
secrets = ["prefect-auth", "token", "plain"]
variables = { COLOUR = "blue" }
[environments.staging.prefect]
profile = "harbour-staging"
api-url = "http://127.0.0.1:${port}/api"
[secrets.prefect-auth]
env = "PREFECT_API_AUTH_STRING"
max-age = "90d"
[secrets.token]
env = "HARBOUR_TOKEN"
required = false
check = ["sh", "-c", "echo $HARBOUR_TOKEN; env > seen.txt; test \\"$HARBOUR_TOKEN\\" = \\"$(cat ../expected)\\""]
[secrets.plain]
env = "HARBOUR_PLAIN"
required = false
`,
  );
  expect(hb(['secrets', 'list']).code).toBe(3);
  // Linked and approved; the password is missing, so it ends there.
  expect(hb(['setup', '--only', 'secrets', '--no-input']).code).toBe(3);
  expect(hb(['secrets', 'set', 'prefect-auth'], { input: OLD }).code).toBe(0);
  expect(hb(['secrets', 'set', 'token'], { input: TOKEN }).code).toBe(0);
});
afterAll(async () => {
  await keyring.stop();
  server.close();
});

const said: Outcome[] = [];

function hb(args: string[], options: { input?: string; env?: Record<string, string> } = {}): Outcome {
  const result = machine.run(workspace, args, options);
  said.push(result);
  return result;
}

/** The server answers from this process, so it must go on while the command runs. */
async function hbLive(args: string[], input = ''): Promise<Outcome> {
  const child = spawn(process.execPath, [installedBin(), ...args], { cwd: workspace, env: machine.env });
  const result: Outcome = { code: null, signal: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    result.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    result.stderr += chunk.toString();
  });
  child.stdin.end(input);
  result.code = await new Promise<number | null>(resolve => child.on('close', resolve));
  said.push(result);
  return result;
}

/** Every item of this machine's keyring, by the names it has. */
function stored(user: string): string {
  const args = ['lookup', 'service', 'hotpass-bootstrap/harbour', 'username', user];
  return spawnSync('secret-tool', args, { env: machine.env, encoding: 'utf8' }).stdout;
}

describe('secrets check', () => {
  it('says of each stored secret what its service says, and remembers it', async () => {
    const check = await hbLive(['secrets', 'check', '--json']);
    const { secrets } = JSON.parse(check.stdout);
    expect(secrets.map((row: { name: string; answer: string }) => [row.name, row.answer])).toEqual([
      ['prefect-auth', 'accepted'],
      ['token', 'accepted'],
      ['plain', 'missing'],
    ]);
    expect(check.code).toBe(0);
    const list = hb(['secrets', 'list']).stdout;
    expect(list).toMatch(/prefect-auth .*stored just now, to be renewed in 90 days, accepted just now/);
  });

  it('gives the command of the manifest its own secret and no other', () => {
    const seen = readFileSync(join(workspace, 'seen.txt'), 'utf8');
    expect(seen).toContain(`HARBOUR_TOKEN=${TOKEN}`);
    expect(seen).toContain('COLOUR=blue');
    expect(seen).not.toMatch(/PREFECT_API_AUTH_STRING|canary-old/);
    writeFileSync(join(workspace, 'seen.txt'), '');
  });

  it('ends with 2 when one is refused, which doctor then knows', async () => {
    accepted = NEW;
    const check = await hbLive(['secrets', 'check', 'prefect-auth']);
    expect(check.stdout).toMatch(/^prefect-auth +not accepted: 127\.0\.0\.1:\d+ does not accept it\.\n$/);
    expect(check.code).toBe(2);
    const doctor = JSON.parse(hb(['doctor', '--json', '--offline']).stdout);
    const finding = doctor.findings.find(({ id }: { id: string }) => id === 'HB391');
    expect(finding.fix.command).toContain('secrets rotate prefect-auth');
    expect(hb(['secrets', 'list']).stdout).toContain('not accepted just now');
  });

  it('asks nobody with --offline', () => {
    asked = [];
    expect(hb(['secrets', 'check', 'prefect-auth', '--offline']).code).toBe(69);
    expect(asked).toEqual([]);
  });
});

describe('secrets rotate', () => {
  it('keeps the former value when the service refuses the new one', async () => {
    const rotate = await hbLive(['secrets', 'rotate', 'prefect-auth'], 'admin:canary-wrong-1234');
    expect(rotate.code).toBe(78);
    expect(rotate.stderr).toContain('does not accept it. The former value is still in its place.');
    expect(stored('staging/prefect-auth')).toBe(OLD);
    expect((await hbLive(['secrets', 'rotate', 'prefect-auth'], OLD)).stderr).toContain('has already');
    const token = await hbLive(['secrets', 'rotate', 'token'], 'canary-other-token');
    expect([token.code, stored('staging/token')]).toEqual([78, TOKEN]);
  });

  it('puts the new value in its place once it is accepted, and keeps no copy of any former one', async () => {
    // A run of setup that stored another value keeps the one before for undo.
    const setup = hb(['setup', '--only', 'secrets', '--yes', '--json']);
    expect(setup.code).toBe(0);
    const rotate = await hbLive(['secrets', 'rotate', 'prefect-auth'], `${NEW}\n`);
    expect(rotate.stderr).toMatch(
      /renewed: keychain item .*Its service accepts it\. No copy of the former one is kept\./,
    );
    expect(rotate.code).toBe(0);
    expect(stored('staging/prefect-auth')).toBe(NEW);
    const all = execFileSync('secret-tool', ['search', '--all', '--unlock', 'service', 'hotpass-bootstrap/harbour'], {
      env: machine.env,
      encoding: 'utf8',
    });
    expect(all).toContain(NEW);
    expect(all).not.toContain(OLD);
    expect(hb(['doctor', '--json', '--offline']).stdout).not.toContain('HB391');
  });

  it('does not speak of a former value where there was none', async () => {
    const rotate = hb(['secrets', 'rotate', 'plain'], { input: 'canary-first-2468' });
    expect([rotate.code, rotate.stderr]).toEqual([
      0,
      expect.stringMatching(/plain is stored: .*There was none before/),
    ]);
    expect(rotate.stderr).not.toMatch(/renewed|former/);
    expect(hb(['secrets', 'remove', 'plain']).code).toBe(0);
  });

  it('changes nothing when the service does not answer', async () => {
    const manifest = join(workspace, 'hotpass-bootstrap.toml');
    const before = readFileSync(manifest, 'utf8');
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
    const rotate = await hbLive(['secrets', 'rotate', 'prefect-auth'], 'admin:canary-next-5678');
    expect([rotate.code, stored('staging/prefect-auth')]).toEqual([69, NEW]);
    // Another address in the manifest is another origin: nothing is sent there.
    writeFileSync(manifest, before.replace('http://127.0.0.1:', 'http://localhost:'));
    expect((await hbLive(['secrets', 'rotate', 'prefect-auth'], 'admin:canary-next-5678')).code).toBe(3);
    writeFileSync(manifest, before);
  });
});

describe('run', () => {
  const PRINT = 'echo "$HARBOUR_TOKEN"; printf %s "$PREFECT_API_AUTH_STRING" | base64; echo "$HARBOUR_TOKEN" >&2';

  it('masks output into a pipe with --redact, and in CI without it', () => {
    const redacted = hb(['run', '--redact', '--', 'sh', '-c', PRINT]);
    expect(redacted.stdout).toMatch(/^‹redacted›\n‹redacted›=*\n$/);
    expect(redacted.stderr).toBe('‹redacted›\n');
    const given = { CI: 'true', PREFECT_API_AUTH_STRING: NEW, HARBOUR_TOKEN: TOKEN };
    const ci = hb(['run', '--env', 'staging', '--', 'sh', '-c', `${PRINT}; exit 4`], { env: given });
    expect(ci.stdout).toMatch(/^‹redacted›\n‹redacted›=*\n$/);
    expect(ci.code).toBe(4);
    const plain = machine.run(workspace, ['run', '--', 'sh', '-c', PRINT]);
    expect(plain.stdout).toContain(TOKEN);
  });

  it('is told what to run, not nothing', () => {
    expect(hb(['run', '--', ''])).toMatchObject({ stderr: expect.stringContaining('run needs a command to run') });
    expect(hb(['measure', 'qa', '--', '']).stderr).toContain('measure needs a name and a command to run');
  });

  it('leaves a terminal as it is, and says so', async () => {
    const screen = new Terminal(
      workspace,
      ['run', '--redact', '--', 'sh', '-c', 'test -t 1 && echo "is a terminal: ${#HARBOUR_TOKEN}"'],
      machine.env,
    );
    await screen.exit;
    expect(screen.text).toMatch(/--redact: standard output is a terminal/);
    expect(screen.text).toContain(`is a terminal: ${TOKEN.length}`);
  });
});

describe('env --format github', () => {
  const job = (file: string) => {
    const temp = join(machine.home, 'runner');
    mkdirSync(temp, { recursive: true });
    return { CI: 'true', GITHUB_ACTIONS: 'true', RUNNER_TEMP: temp, GITHUB_ENV: file, PREFECT_API_AUTH_STRING: NEW };
  };

  it('masks first, then appends to the file of the job', () => {
    const file = join(machine.home, 'github_env');
    writeFileSync(file, 'BEFORE=1\n');
    const env = hb(['env', '--env', 'staging', '--format', 'github', '--secrets', '--output', file], {
      env: job(file),
    });
    expect(env.code).toBe(0);
    expect(env.stdout).toBe('');
    expect(env.stderr.split('\n')[0]).toBe(`::add-mask::${NEW}`);
    said.pop();
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^BEFORE=1\n/);
    expect(text).toMatch(new RegExp(`PREFECT_API_AUTH_STRING<<(HB_[0-9a-f]{32})\\n${NEW}\\n\\1\\n`));
    expect(text).toMatch(/COLOUR<<(HB_[0-9a-f]{32})\nblue\n\1\n/);
    expect(text).toMatch(/PREFECT_API_URL<</);
  });

  it('gives no secret where nobody would read the masks', () => {
    const { GITHUB_ACTIONS: _, ...elsewhere } = job('x');
    const args = ['env', '--env', 'staging', '--format', 'github', '--secrets'];
    const env = hb(args, { env: elsewhere });
    expect([env.code, env.stdout]).toEqual([78, '']);
    expect(env.stderr).toContain('only where its runner reads what is said here');
    expect(hb(['env', '--env', 'staging', '--format', 'github']).stdout).toMatch(/COLOUR<</);
  });
});

describe('items of other programs', () => {
  it('written by secret-tool under the documented name are what run uses', () => {
    execFileSync(
      'secret-tool',
      ['store', '--label', 'x', 'service', 'hotpass-bootstrap/harbour', 'username', 'staging/plain'],
      { env: machine.env, input: 'canary-by-secret-tool' },
    );
    expect(machine.run(workspace, ['secrets', 'get', 'plain']).stdout).toBe('canary-by-secret-tool\n');
  });

  it('of keytar are taken once, by their exact names', () => {
    execFileSync('secret-tool', ['store', '--label', 'x', 'service', 'my/tool', 'account', 'me'], {
      env: machine.env,
      input: 'canary-of-keytar-77',
    });
    const none = hb(['secrets', 'set', 'plain', '--from-keytar', 'my/tool/other']);
    expect(none.code).toBe(78);
    const set = hb(['secrets', 'set', 'plain', '--from-keytar', 'my/tool/me']);
    expect(set.stderr).toContain('secret-tool clear service my/tool account me');
    expect(set.code).toBe(0);
    expect(stored('staging/plain')).toBe('canary-of-keytar-77');
    expect(hb(['secrets', 'set', 'plain', '--from-keytar', 'nothing']).code).toBe(64);
  });
});

it('says no value anywhere, and leaves none in a file of its own', () => {
  for (const { stdout, stderr } of said) expect(stdout + stderr).not.toMatch(/canary/);
  const state = join(machine.home, '.local', 'state', 'hotpass-bootstrap');
  expect(existsSync(state)).toBe(true);
  for (const entry of readdirSync(state, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) expect(readFileSync(join(entry.parentPath, entry.name), 'latin1')).not.toContain('canary');
  }
});
