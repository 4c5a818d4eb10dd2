import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inContainer } from '../../src/system/platform.ts';
import { lay, PLAIN, programs, smallClone, traced, trap } from '../support/hostile.ts';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine, snapshot } from '../support/machine.ts';
import { installedBin } from '../support/pack.ts';
import { temporary } from '../support/tools.ts';

const PREFECT = `schema = 1
workspace = "small"
[environments.local]
prefect = { profile = "small-local", api-url = "http://127.0.0.1:4200/api" }
`;
const SECRET = `schema = 1
workspace = "small"
[environments.local]
prefect = { profile = "small-local", api-url = "https://prefect.example.com/api" }
secrets = ["key"]
[secrets.key]
env = "PREFECT_API_KEY"
description = "a key"
`;
const VALUE = 'small-hostile-test-Vw2kT9qR';
const asRoot = process.getuid?.() === 0;

/** A server of an API on the loopback that keeps what it is sent. */
async function listener(): Promise<{ url: string; seen: string[]; close: () => void }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    response.setHeader('content-type', 'application/json');
    response.end(request.url?.endsWith('/version') ? '"3.9.1"' : '{}');
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/api`, seen, close: () => server.close() };
}

/** Items of the registry by root. */
function registry(machine: Machine): Record<string, { id: string; namespace: string; approval?: { items: string[] } }> {
  const file = join(machine.home, '.local', 'state', 'hotpass-bootstrap', 'workspaces.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).workspaces : {};
}

describe('§1 a workspace is a folder this user linked', () => {
  const machine = new Machine();
  let keyring: Keyring;
  let first: string;
  beforeAll(async () => {
    keyring = await withKeyring(machine.home);
    machine.env = { ...machine.env, ...keyring.env };
    first = smallClone(machine, 'first', SECRET);
    machine.run(first, ['setup', '--yes', '--no-input']);
    expect(machine.run(first, ['secrets', 'set', 'key'], { input: VALUE }).code).toBe(0);
    expect(machine.run(first, ['setup', '--yes']).code).toBe(0);
  });
  afterAll(() => keyring.stop());

  it('starts no worker for a second clone of the same name', () => {
    const second = smallClone(machine, 'second', SECRET);
    for (const args of [
      ['plan'],
      ['doctor', '--offline', '--json'],
      ['run', '--', 'printenv', 'PREFECT_API_KEY'],
      ['env', '--secrets'],
      ['secrets', 'get', 'key'],
      ['secrets', 'list'],
      ['secrets', 'where'],
      ['secrets', 'remove', 'key'],
    ]) {
      const result = traced(machine, second, args);
      expect(result.started.join('\n'), args.join(' ')).not.toContain('keychain-worker');
      expect(result.stdout + result.stderr).not.toContain(VALUE);
      expect(result.code, args.join(' ')).toBe(
        { plan: 2, doctor: 2, run: 125, env: 3, secrets: args[1] === 'where' ? 0 : 3 }[args[0] as 'plan'],
      );
    }
    expect(machine.run(second, ['setup', '--yes', '--no-input']).code).toBe(3);
    expect(machine.run(second, ['run', '--', 'printenv', 'PREFECT_API_KEY']).stdout).toBe('');
    expect(registry(machine)[second]?.namespace).toMatch(/^small~[0-9a-f]{8}$/);
    expect(machine.run(first, ['secrets', 'get', 'key']).stdout).toBe(`${VALUE}\n`);
  });

  it('lets another clone use them with --link alone, never with --yes', () => {
    const third = smallClone(machine, 'third', SECRET);
    expect(machine.run(third, ['setup', '--yes', '--no-input']).code).toBe(3);
    expect(machine.run(third, ['setup', '--yes', '--link', '0000']).code).toBe(64);
    expect(machine.run(third, ['setup', '--yes', '--link', registry(machine)[first]?.id ?? '']).code).toBe(0);
    expect(machine.run(third, ['run', '--', 'printenv', 'PREFECT_API_KEY']).stdout).toBe(`${VALUE}\n`);
  });

  it('follows a renamed folder, but not a copy in its place', () => {
    const former = smallClone(machine, 'former', SECRET.replaceAll('small', 'renamed'));
    machine.run(former, ['setup', '--yes', '--no-input']);
    machine.run(former, ['secrets', 'set', 'key'], { input: VALUE });
    const moved = join(machine.home, 'moved');
    renameSync(former, moved);
    const get = machine.run(moved, ['secrets', 'get', 'key']);
    expect(get.stdout).toBe(`${VALUE}\n`);
    expect(get.stderr).toContain('moved here from');
    const copy = smallClone(machine, 'copy', SECRET.replaceAll('small', 'renamed'));
    expect(machine.run(copy, ['secrets', 'get', 'key']).code).toBe(3);
  });

  it('links a git worktree silently only when both pointers agree', () => {
    const git = (...args: string[]): void => {
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
        cwd: first,
        env: machine.env,
        stdio: 'ignore',
      });
    };
    git('add', 'pyproject.toml', 'uv.lock', 'hotpass-bootstrap.toml');
    git('commit', '-q', '-m', 'x');
    const tree = join(machine.home, 'tree');
    git('worktree', 'add', '-q', tree);
    const pointer = readFileSync(join(tree, '.git'), 'utf8');
    const forged = smallClone(machine, 'forged', SECRET);
    rmSync(join(forged, '.git'), { recursive: true });
    writeFileSync(join(forged, '.git'), pointer);
    expect(machine.run(forged, ['setup', '--yes', '--no-input']).code).toBe(3);
    expect(machine.run(tree, ['setup', '--yes', '--no-input']).code).toBe(0);
    expect(machine.run(tree, ['run', '--', 'printenv', 'PREFECT_API_KEY']).stdout).toBe(`${VALUE}\n`);
  });

  it('adopts items from before the link only after a question', () => {
    const store = ['store', '--label=x', 'service', 'hotpass-bootstrap/before', 'username', 'local/key'];
    execFileSync('secret-tool', store, { env: machine.env, input: VALUE });
    const clone = smallClone(machine, 'before', SECRET.replaceAll('small', 'before'));
    const setup = machine.run(clone, ['setup', '--yes', '--no-input']);
    expect(setup.code).toBe(3);
    expect(setup.stderr).toContain('key');
    const run = machine.run(clone, ['run', '--', 'printenv', 'PREFECT_API_KEY']);
    expect(run.code).toBe(125);
    expect(run.stdout).toBe('');
  });

  it('refuses, naming setup, while the manifest has grown; shrinkage asks nothing', () => {
    const clone = smallClone(machine, 'grows', SECRET.replaceAll('small', 'grows'));
    machine.run(clone, ['setup', '--yes', '--no-input']);
    machine.run(clone, ['secrets', 'set', 'key'], { input: VALUE });
    expect(machine.run(clone, ['setup', '--yes']).code).toBe(0);
    const task = '\n[[tasks]]\nname = "new"\nrun = ["true"]\n';
    appendFileSync(join(clone, 'hotpass-bootstrap.toml'), task);
    for (const args of [
      ['run', '--', 'true'],
      ['env', '--secrets'],
      ['secrets', 'get', 'key'],
      ['secrets', 'list'],
    ]) {
      const result = traced(machine, clone, args);
      expect(result.code, args.join(' ')).toBe(args[0] === 'run' ? 125 : 3);
      expect(result.stderr).toMatch(/Next: .*setup/);
      expect(result.started.join('\n')).not.toContain('keychain-worker');
    }
    const plan = traced(machine, clone, ['plan']);
    expect(plan.code).toBe(2);
    expect(plan.stdout).toContain('task new runs: true');
    expect(programs(plan.started)).toEqual([]);
    expect(machine.run(clone, ['setup', '--yes']).code).toBe(0);
    writeFileSync(join(clone, 'hotpass-bootstrap.toml'), SECRET.replaceAll('small', 'grows'));
    expect(machine.run(clone, ['run', '--', 'true']).code).toBe(0);
  });

  it('refuses run while a manifest without secrets has grown', () => {
    const plain = PLAIN.replaceAll('small', 'bare');
    const clone = smallClone(machine, 'bare', plain);
    expect(machine.run(clone, ['setup', '--yes']).code).toBe(0);
    expect(machine.run(clone, ['run', '--', 'echo', 'ran']).stdout).toBe('ran\n');
    for (const more of [
      'variables = { PS9 = "x" }\n',
      'prefect = { profile = "other", api-url = "http://127.0.0.1:4200/api" }\n',
      '[[tasks]]\nname = "new"\nrun = ["true"]\n',
      '[[readiness]]\nname = "new"\nrun = ["true"]\n',
    ]) {
      writeFileSync(join(clone, 'hotpass-bootstrap.toml'), `${plain}${more}`);
      const run = traced(machine, clone, ['run', '--', 'echo', 'ran']);
      expect(run.code, more).toBe(125);
      expect(run.stdout).toBe('');
      expect(run.stderr).toMatch(/Next: .*setup/);
      expect(programs(run.started)).toEqual([]);
    }
    writeFileSync(join(clone, 'hotpass-bootstrap.toml'), plain);
    expect(machine.run(clone, ['run', '--', 'echo', 'ran']).stdout).toBe('ran\n');
  });

  it('sends a stored secret to a new origin with --approve-origin alone, never with --yes', () => {
    const manifest = SECRET.replaceAll('small', 'origin').replace('prefect.example.com', 'old.example.com');
    const clone = smallClone(machine, 'origin', manifest);
    machine.run(clone, ['setup', '--yes', '--no-input']);
    machine.run(clone, ['secrets', 'set', 'key'], { input: VALUE });
    expect(machine.run(clone, ['setup', '--yes']).code).toBe(0);
    writeFileSync(join(clone, 'hotpass-bootstrap.toml'), manifest.replace('old.example.com', 'evil.example.com'));
    const setup = machine.run(clone, ['setup', '--yes', '--no-input']);
    expect(setup.code).toBe(3);
    expect(setup.stderr).toContain('--approve-origin https://evil.example.com');
    expect(machine.run(clone, ['run', '--', 'printenv', 'PREFECT_API_KEY']).stdout).toBe('');
    const approved = machine.run(clone, ['setup', '--yes', '--approve-origin', 'https://evil.example.com']);
    expect(approved.code).toBe(0);
    expect(machine.run(clone, ['run', '--', 'printenv', 'PREFECT_API_KEY']).stdout).toBe(`${VALUE}\n`);
  });

  it('gives a key of Prefect Cloud to Prefect Cloud only', () => {
    const clone = smallClone(machine, 'cloud', SECRET.replaceAll('small', 'cloud'));
    machine.run(clone, ['setup', '--yes', '--no-input']);
    machine.run(clone, ['secrets', 'set', 'key'], { input: 'pnu_Vw2kT9qRVw2kT9qRVw2kT9qRVw2kT9qR1234' });
    const run = machine.run(clone, ['run', '--', 'printenv', 'PREFECT_API_KEY']);
    expect(run.code).toBe(125);
    expect(run.stdout).toBe('');
  });

  it.each([
    ['.env', 'PREFECT_CLIENT_CUSTOM_HEADERS={"X-Copy": "1"}\n'],
    ['.env', 'PREFECT_API_TLS_INSECURE_SKIP_VERIFY=true\n'],
    ['.env', 'PREFECT_API={"url": "https://evil.example.com/api"}\n'],
    ['flows/.env', 'PREFECT_API_TLS_INSECURE_SKIP_VERIFY=true\n'],
    ['prefect.toml', '[client]\ncustom_headers = { X-Copy = "1" }\n'],
  ])('hands out nothing where %s sets headers or switches TLS checks off', (file, text) => {
    mkdirSync(join(first, 'flows'), { recursive: true });
    writeFileSync(join(first, file), text);
    try {
      // Prefect reads these files in the folder it is started in.
      const run = machine.run(join(first, dirname(file)), ['run', '--', 'printenv', 'PREFECT_API_KEY']);
      expect(run.code).toBe(125);
      expect(run.stderr).toContain(file);
      expect(run.stdout).toBe('');
    } finally {
      rmSync(join(first, file));
    }
  });

  it.each([
    ['NODE_DEBUG', 'child_process'],
    ['NODE_DEBUG', 'net,stream,http,tls,fs'],
    ['NODE_OPTIONS', '--trace-warnings --heapsnapshot-signal=SIGUSR2'],
    ['NODE_OPTIONS', '--report-on-fatalerror'],
    ['NODE_OPTIONS', '--import=data:text/javascript,1'],
  ])('opens no store while %s is %s', (name, value) => {
    const other = 'another-value-Xq7mN3pL8';
    for (const args of [
      ['secrets', 'get', 'key'],
      ['secrets', 'set', 'key'],
      ['run', '--', 'true'],
      ['setup', '--recheck', '--yes'],
    ]) {
      const result = machine.run(first, args, { env: { [name]: value }, input: other });
      expect(result.code, args.join(' ')).toBe(args[0] === 'run' ? 125 : 78);
      expect(result.stderr).toContain(`unset ${name}`);
      expect(result.stdout + result.stderr).not.toContain(VALUE);
      expect(result.stdout + result.stderr).not.toContain(other);
    }
  });

  it('hands its own credentials to no child, and gives a program the rest of the environment as it is', () => {
    const env = { HOTPASS_BOOTSTRAP_PASSPHRASE: 'p-Vw2kT9qR', HOTPASS_BOOTSTRAP_VAULT_TOKEN: 't-Vw2kT9qR', MINE: 'x' };
    const run = machine.run(first, ['run', '--', 'env'], { env });
    expect(run.stdout).toContain('MINE=x');
    expect(run.stdout).not.toMatch(/HOTPASS_BOOTSTRAP_(PASSPHRASE|VAULT_TOKEN)/);
    expect(run.stdout).toContain(`PREFECT_API_URL=https://prefect.example.com/api`);
    expect(run.stdout).toContain('PREFECT_CLOUD_API_URL=https://api.prefect.cloud/api');
  });
});

describe('§2 approval', () => {
  const machine = new Machine();
  const commands = `${PLAIN}
[[tasks]]
name = "task"
check = ["sh", "-c", "exit 1"]
run = ["sh", "-c", "true"]
undo = ["true"]
[[readiness]]
name = "ready"
run = ["true"]
`;

  it('lets plan start nothing in a root that is not approved', () => {
    const clone = smallClone(machine, 'unapproved', commands);
    const before = snapshot(machine.home);
    const plan = traced(machine, clone, ['plan']);
    expect(plan.code).toBe(2);
    // Whether uv can be started, and git's own answer about ignored files, are no commands of the project.
    for (const line of plan.started) expect(line).not.toMatch(/python|"sync"|"lock"|"sh"|"true"/);
    for (const text of ['task task runs: sh -c true', 'task task undoes: true', 'readiness ready runs: true']) {
      expect(plan.stdout).toContain(text);
    }
    expect(snapshot(machine.home)).toEqual(before);
    const dry = traced(machine, clone, ['setup', '--dry-run']);
    expect(dry.code).toBe(2);
    for (const line of dry.started) expect(line).not.toMatch(/python|"sync"|"lock"|"sh"|"true"/);
    expect(registry(machine)[clone]).toBeUndefined();
  });

  it('says no for whoever cannot be asked', () => {
    const clone = smallClone(machine, 'unasked', commands);
    const setup = machine.run(clone, ['setup']);
    expect(setup.code).toBe(3);
    expect(setup.stderr).toContain('setup --yes');
    expect(existsSync(join(clone, '.venv'))).toBe(false);
    expect(registry(machine)[clone]).toBeUndefined();
  });

  const pull = (head: string): string => {
    const file = join(temporary(), 'event.json');
    const event = {
      pull_request: { head: { repo: { full_name: head } }, base: { repo: { full_name: 'team/small' } } },
    };
    writeFileSync(file, JSON.stringify(event));
    return file;
  };
  it.each([
    ['pull_request_target', pull('team/small')],
    ['workflow_run', ''],
    ['issue_comment', ''],
    ['pull_request', pull('stranger/small')],
  ])('approves nothing new under %s', (event, path) => {
    const clone = smallClone(machine, `event-${event}`, commands);
    const env = { CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: event, GITHUB_EVENT_PATH: path };
    const setup = traced(machine, clone, ['setup', '--yes', '--no-input'], env);
    expect(setup.code).toBe(3);
    for (const line of setup.started) expect(line).not.toMatch(/python|"sync"|"sh"|"true"/);
    expect(existsSync(join(clone, '.venv'))).toBe(false);
    expect(registry(machine)[clone]).toBeUndefined();
  });

  it.each([
    ['push', ''],
    ['', ''],
    ['pull_request', pull('team/small')],
  ])('goes ahead under the event "%s" of the repository itself', (event, path) => {
    const clone = smallClone(machine, `own-${event}`, PLAIN);
    const env = { CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: event, GITHUB_EVENT_PATH: path };
    expect(machine.run(clone, ['setup', '--no-input'], { env }).code).toBe(0);
  });
});

describe('§3 a Prefect profile that somebody else made', () => {
  const table =
    '[profiles.small-local]\nPREFECT_API_KEY = "my-plaintext-key-Vw2kT9"\nPREFECT_API_URL = "https://mine.example.com/api"\n';
  it.each([
    ['holds a plaintext key', table],
    ['holds none', table.replace(/PREFECT_API_KEY.*\n/, '')],
  ])('is left alone when it %s', (_, text) => {
    const machine = new Machine();
    const clone = smallClone(machine, 'small', PREFECT.replace('http://127.0.0.1:4200', 'https://evil.example.com'));
    mkdirSync(join(machine.home, '.prefect'));
    const profiles = join(machine.home, '.prefect', 'profiles.toml');
    writeFileSync(profiles, text);
    const setup = machine.run(clone, ['setup', '--yes']);
    expect(setup.code).toBe(78);
    expect(setup.stderr).toContain('https://mine.example.com/api');
    expect(setup.stderr).toContain('https://evil.example.com/api');
    expect(setup.stderr).not.toContain('my-plaintext-key');
    expect(readFileSync(profiles, 'utf8')).toBe(text);
    expect(existsSync(join(clone, '.venv'))).toBe(false);
  });

  it.each([
    ['prefect.toml', 'profiles_path = "evil.toml"\n'],
    ['prefect.toml', 'home = "evil"\n'],
    ['.env', 'PREFECT_PROFILES_PATH=evil.toml\n'],
    ['.env', 'export prefect_home=evil\n'],
    [
      'pyproject.toml',
      '[project]\nname = "small"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n[tool.prefect]\nhome = "evil"\n',
    ],
  ])('is not sought where %s says', (file, text) => {
    const machine = new Machine();
    const clone = smallClone(machine, 'small', PREFECT, { [file]: text });
    const setup = machine.run(clone, ['setup', '--yes']);
    expect(setup.code).toBe(78);
    expect(setup.stderr).toContain(file);
    expect(existsSync(join(machine.home, '.prefect'))).toBe(false);
    expect(readdirSync(clone).filter(name => name.startsWith('evil'))).toEqual([]);
  });
});

describe('§3 a credential has an audience', () => {
  it('goes to the Prefect API of the manifest, not to the one that a .env of the clone names', async () => {
    const machine = new Machine();
    const keyring = await withKeyring(machine.home);
    const [right, evil] = [await listener(), await listener()];
    try {
      machine.env = { ...machine.env, ...keyring.env };
      const clone = machine.clone();
      const manifest = `schema = 1
workspace = "harbour"
[environments.local]
prefect = { profile = "harbour-local", api-url = "${right.url}" }
secrets = ["key"]
[secrets.key]
env = "PREFECT_API_KEY"
description = "a key"
`;
      writeFileSync(join(clone, 'hotpass-bootstrap.toml'), manifest);
      writeFileSync(join(clone, '.env'), `PREFECT_API_URL=${evil.url}\n`);
      machine.run(clone, ['setup', '--yes', '--no-input']);
      expect(machine.run(clone, ['secrets', 'set', 'key'], { input: VALUE }).code).toBe(0);
      expect((await machine.start(clone, ['setup', '--yes']).done).code).toBe(0);
      expect([...right.seen, ...evil.seen].join()).not.toContain(VALUE);
      const ask = `import asyncio
from prefect.client.orchestration import get_client
async def main():
    async with get_client() as client:
        print(await client.api_healthcheck())
        await client.hello()
asyncio.run(main())
`;
      await machine.start(clone, ['run', '--', 'python', '-c', ask]).done;
      expect(right.seen.join()).toContain(VALUE);
      expect(evil.seen).toEqual([]);
      // The attack is a real one: without us the key goes where the clone says.
      const [python, env] = [join(clone, '.venv', 'bin', 'python'), { ...machine.env, PREFECT_API_KEY: VALUE }];
      const child = spawn(python, ['-c', ask], { cwd: clone, env, stdio: 'ignore' });
      await new Promise(done => child.on('close', done));
      expect(evil.seen.join()).toContain(VALUE);
    } finally {
      right.close();
      evil.close();
      await keyring.stop();
    }
  });
});

describe('§4 names and paths from a manifest', () => {
  const machine = new Machine();
  const telemetry = (file: string): string =>
    `${PLAIN}[environments.local.telemetry]\nendpoint = "https://otel.example.com:4317"\nexporters = ["otlp"]\nfile = "${file}"\n`;
  const secret = (lines: string): string => `${PLAIN}secrets = ["s"]\n[secrets.s]\ndescription = "x"\n${lines}\n`;
  const refused: [string, string][] = [
    ['a workspace with dots', 'schema = 1\nworkspace = "../x"\n[environments.local]\n'],
    ['a workspace that is a device', 'schema = 1\nworkspace = "con"\n[environments.local]\n'],
    ['an environment with a slash', 'schema = 1\n[environments."a/b"]\n'],
    ['an environment file elsewhere', `env-file = "../.env"\n${PLAIN}`],
    ['an environment file that is another file', `env-file = ".envrc/../.bashrc"\n${PLAIN}`],
    ['a telemetry file outside', telemetry('../evil.toml')],
    ['a telemetry file under .git', telemetry('.git/config.toml')],
    ['a telemetry file under .GIT', telemetry('.GIT/hooks/x.toml')],
    ['an absolute telemetry file', telemetry('/tmp/evil.toml')],
    ['a climbing Vault path', secret('env = "S"\nvault = "../../../other/team#x"')],
    ['an encoded Vault path', secret('env = "S"\nvault = "a/%2e%2e/b#x"')],
    ['a task name with an escape', `${PLAIN}[[tasks]]\nname = "a\\u001b[2J"\nrun = ["true"]\n`],
    ['a description with bidi', `${PLAIN}secrets = ["s"]\n[secrets.s]\nenv = "S"\ndescription = "a\\u202eb"\n`],
    ['a URL with user info', `${PREFECT.replace('http://127', 'http://u:p@127')}`],
    ['a server that is not encrypted', `${PREFECT.replace('127.0.0.1', 'prefect.example.com')}`],
    ['a long pattern', secret(`env = "S"\npattern = "${'a'.repeat(201)}"`)],
  ];
  const accepted = [
    telemetry('config/telemetry.toml'),
    secret('env = "S"\nvault = "team/app#x"\npattern = "a+"'),
    `env-file = ".env.x"\n${PLAIN}variables = { A = "1" }\n`,
    PREFECT,
  ];
  const variables =
    'PATH HOME SHELL ENV BASH_ENV IFS PROMPT_COMMAND PS4 PAGER EDITOR BROWSER CI LD_PRELOAD DYLD_INSERT_LIBRARIES NODE_OPTIONS PYTHONPATH PERL5LIB RUBYOPT JAVA_TOOL_OPTIONS GIT_SSH_COMMAND SSH_ASKPASS UV_INDEX_URL PIP_INDEX_URL npm_config_registry https_proxy SSL_CERT_FILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE XDG_STATE_HOME DBUS_SESSION_BUS_ADDRESS VAULT_ADDR BAO_ADDR HOTPASS_BOOTSTRAP_ENV ACTIONS_RUNTIME_TOKEN GITHUB_ENV';
  const settings =
    'PREFECT_API_KEY PREFECT_PROFILES_PATH PREFECT_HOME PREFECT_LOGGING_SETTINGS_PATH PREFECT_API_TLS_INSECURE_SKIP_VERIFY PREFECT_API_SSL_CERT_FILE PREFECT_CLIENT_CUSTOM_HEADERS PREFECT_CLOUD_API_URL';

  it.each([
    [
      'a variable',
      variables,
      (names: string[]) => `${PLAIN}[environments.local.variables]\n${names.map(name => `${name} = "x"`).join('\n')}\n`,
    ],
    [
      'a Prefect setting',
      settings,
      (names: string[]) =>
        `${PLAIN}[environments.local.prefect]\nprofile = "p"\napi-url = "http://127.0.0.1:4200/api"\n[environments.local.prefect.settings]\n${names.map(name => `${name === 'HARMLESS' ? 'PREFECT_LOGGING_LEVEL' : name} = "INFO"`).join('\n')}\n`,
    ],
    [
      'the variable of a secret',
      variables,
      (names: string[]) =>
        `${PLAIN}secrets = [${names.map((_, at) => `"s${at}"`)}]\n${names.map((name, at) => `[secrets.s${at}]\ndescription = "x"\nenv = "${name}"`).join('\n')}\n`,
    ],
  ])('refuses as %s whatever changes how programs run', (what, text, manifest) => {
    const names = text.split(' ');
    const clone = smallClone(machine, 'names', manifest(['HARMLESS']));
    expect(machine.run(clone, ['plan']).code).toBe(2);
    writeFileSync(join(clone, 'hotpass-bootstrap.toml'), manifest(names));
    const plan = machine.run(clone, ['plan']);
    expect(plan.code).toBe(78);
    // The variable of a secret is told by the place where it stands.
    const places = names.map((name, at) => (what === 'the variable of a secret' ? `secrets.s${at}.env` : name));
    expect(
      places.filter(place => !plan.stderr.split(/[^\w.]+/).some(word => word === place || word.endsWith(`.${place}`))),
    ).toEqual([]);
  });

  it('refuses each with 78, before anything is written', () => {
    const clone = smallClone(machine, 'rules', PLAIN);
    const before = snapshot(machine.home);
    const manifest = readFileSync(join(clone, 'hotpass-bootstrap.toml'));
    const wrong: string[] = [];
    for (const [what, text] of refused) {
      writeFileSync(join(clone, 'hotpass-bootstrap.toml'), text);
      const plan = machine.run(clone, ['plan']);
      if (plan.code !== 78) wrong.push(`${what}: ${plan.code}`);
      if (/[\x1b\u202e]/.test(plan.stderr)) wrong.push(`${what}: raw text`);
    }
    expect(wrong).toEqual([]);
    for (const text of accepted) {
      writeFileSync(join(clone, 'hotpass-bootstrap.toml'), text);
      expect(machine.run(clone, ['plan']).code).toBe(2);
    }
    writeFileSync(join(clone, 'hotpass-bootstrap.toml'), manifest);
    expect(snapshot(machine.home)).toEqual(before);
  });

  it('accepts GITHUB_TOKEN as a secret, and only as a secret', () => {
    const clone = smallClone(machine, 'token', secret('env = "GITHUB_TOKEN"'));
    expect(machine.run(clone, ['plan']).code).toBe(2);
    writeFileSync(join(clone, 'hotpass-bootstrap.toml'), `${PLAIN}variables = { GITHUB_TOKEN = "x" }\n`);
    expect(machine.run(clone, ['plan']).code).toBe(78);
  });

  const settingA = `${PLAIN}variables = { A = "1" }\n`;
  it('writes no environment file that is a link, a hard link or a folder', () => {
    const target = join(machine.home, 'precious');
    writeFileSync(target, 'precious\n');
    for (const make of [
      (path: string) => symlinkSync(target, path),
      (path: string) => symlinkSync(join(machine.home, 'nowhere'), path),
      (path: string) => linkSync(target, path),
      (path: string) => mkdirSync(path),
    ]) {
      const clone = smallClone(machine, 'env-file', settingA);
      make(join(clone, '.env.small'));
      expect(machine.run(clone, ['setup', '--yes']).code).toBe(78);
      expect(readFileSync(target, 'utf8')).toBe('precious\n');
      expect(existsSync(join(machine.home, 'nowhere'))).toBe(false);
      rmSync(clone, { recursive: true });
    }
  });

  it('follows no link on the way to a managed file', () => {
    const outside = join(machine.home, 'outside');
    mkdirSync(outside);
    const clone = smallClone(machine, 'managed', telemetry('config/telemetry.toml'));
    symlinkSync(outside, join(clone, 'config'));
    const setup = machine.run(clone, ['setup', '--yes']);
    expect(setup.code).toBe(78);
    expect(setup.stderr).toContain('through a link');
    expect(readdirSync(outside)).toEqual([]);
  });

  it('does not touch the environment a hostile .venv leads to', () => {
    const victim = smallClone(machine, 'victim', PLAIN);
    expect(machine.run(victim, ['setup', '--yes']).code).toBe(0);
    const before = snapshot(join(victim, '.venv'));
    for (const make of [
      (path: string) => symlinkSync(join(victim, '.venv'), path),
      (path: string) => writeFileSync(path, `${join(victim, '.venv')}\n`),
    ]) {
      const clone = smallClone(machine, 'thief', PLAIN);
      make(join(clone, '.venv'));
      const setup = machine.run(clone, ['setup', '--yes']);
      expect(setup.code).toBe(78);
      expect(setup.stderr).toContain('.venv');
      expect(snapshot(join(victim, '.venv'))).toEqual(before);
      rmSync(clone, { recursive: true });
    }
    const clone = smallClone(machine, 'elsewhere', PLAIN);
    const setup = machine.run(clone, ['setup', '--yes'], { env: { UV_PROJECT_ENVIRONMENT: join(victim, '.venv') } });
    expect(setup.code).toBe(0);
    expect(snapshot(join(victim, '.venv'))).toEqual(before);
    expect(existsSync(join(clone, '.venv'))).toBe(true);
  });

  it('never starts the Python of a .venv that came with the repository', () => {
    const evil = trap();
    const clone = smallClone(machine, 'tracked', PLAIN, {
      '.venv/pyvenv.cfg': 'home = /usr/bin\nversion_info = 3.11.2\n',
    });
    lay(join(clone, '.venv', 'bin', 'python'), evil);
    lay(join(clone, '.venv', 'bin', 'python3'), evil);
    execFileSync('git', ['add', '-f', '.venv'], { cwd: clone, env: machine.env });
    expect(machine.run(clone, ['plan']).code).not.toBe(0);
    const setup = machine.run(clone, ['setup', '--yes']);
    expect(setup.code).toBe(78);
    expect(setup.stderr).toContain('.venv is tracked by git');
    expect(evil.sprung()).toBe(false);
  });
});

describe('§5 starting programs', () => {
  const machine = new Machine();
  it('takes no program from the workspace, from relative or empty entries, or from node_modules/.bin', () => {
    const evil = trap();
    const task = `${PLAIN}[[tasks]]\nname = "t"\nrun = ["git", "--version"]\n`;
    const clone = smallClone(machine, 'path', task);
    const link = join(machine.home, 'link');
    symlinkSync(clone, link);
    const modules = join(machine.home, 'other', 'node_modules', '.bin');
    const names = ['uv', 'git', 'python', 'python3', 'sh', 'node', 'secret-tool'];
    for (const folder of [clone, join(clone, 'bin'), join(clone, 'node_modules', '.bin'), modules]) {
      for (const name of names) lay(join(folder, name), evil);
    }
    const path = [
      '',
      '.',
      'bin',
      './bin',
      clone,
      join(clone, 'bin'),
      join(link, 'bin'),
      join(clone, 'node_modules', '.bin'),
      modules,
      machine.env['PATH'],
    ].join(':');
    for (const args of [
      ['plan'],
      ['setup', '--yes'],
      ['plan'],
      ['setup', '--recheck', '--yes'],
      ['env'],
      ['run', '--', 'git', '--version'],
      ['undo', '--yes'],
    ]) {
      const result = machine.run(clone, args, { env: { PATH: path } });
      expect(result.code, `${args.join(' ')}: ${result.stderr}`).toBe(args[0] === 'plan' && result.code === 2 ? 2 : 0);
    }
    const seen = machine
      .run(clone, ['run', '--', 'printenv', 'PATH'], { env: { PATH: path } })
      .stdout.trim()
      .split(':');
    expect(seen.filter(entry => entry.startsWith(clone) || entry.startsWith(link) || entry === modules)).toEqual(
      seen.filter(entry => entry === join(clone, '.venv', 'bin')),
    );
    expect(evil.sprung()).toBe(false);
  });

  it('refuses a .python-version with a slash', () => {
    const evil = trap();
    const clone = smallClone(machine, 'pin', PLAIN, { '.python-version': './evil\n' });
    lay(join(clone, 'evil'), evil);
    expect(machine.run(clone, ['setup', '--yes']).code).toBe(78);
    expect(evil.sprung()).toBe(false);
  });

  it('lets git start nothing that the clone configures', () => {
    const evil = trap();
    const clone = smallClone(machine, 'git', `${PLAIN}variables = { A = "1" }\n`);
    const program = join(clone, 'evil.sh');
    lay(program, evil);
    for (const [key, value] of [
      ['core.fsmonitor', program],
      ['core.hooksPath', clone],
      ['core.pager', program],
      ['diff.external', program],
      ['core.sshCommand', program],
      ['core.askPass', program],
      ['credential.helper', program],
      ['gpg.program', program],
      ['alias.ls-files', `!${program}`],
      ['alias.check-ignore', `!${program}`],
      ['alias.rev-parse', `!${program}`],
      ['filter.evil.clean', program],
      ['diff.evil.textconv', program],
    ]) {
      execFileSync('git', ['config', key ?? '', value ?? ''], { cwd: clone, env: machine.env });
    }
    writeFileSync(join(clone, '.gitattributes'), '* filter=evil diff=evil\n');
    for (const hook of ['post-index-change', 'pre-commit', 'post-checkout'])
      lay(join(clone, '.git', 'hooks', hook), evil);
    expect(machine.run(clone, ['plan']).code).toBe(2);
    expect(machine.run(clone, ['setup', '--yes']).code).toBe(0);
    expect(machine.run(clone, ['setup', '--recheck', '--yes']).code).toBe(0);
    expect(evil.sprung()).toBe(false);
  });

  it('starts Python probes so that modules of the workspace are not imported', () => {
    const mark = join(temporary(), 'mark');
    const evil = `open(${JSON.stringify(mark)}, 'w')\n`;
    const clone = smallClone(machine, 'shadow', PREFECT, {
      'sitecustomize.py': evil,
      'usercustomize.py': evil,
      'json.py': evil,
      'prefect.py': evil,
      'typing.py': evil,
      'encodings/__init__.py': evil,
    });
    expect(
      machine.run(clone, ['setup', '--yes'], { env: { PYTHONPATH: clone, PYTHONSTARTUP: join(clone, 'json.py') } })
        .code,
    ).toBe(0);
    expect(existsSync(mark)).toBe(false);
  });

  it('gives tasks the allow-listed environment, without anything secret', () => {
    const dump = join(temporary(), 'dump');
    const task = `${PLAIN}[[tasks]]\nname = "dump"\nrun = ["sh", "-c", "env > ${dump}"]\n`;
    const clone = smallClone(machine, 'dump', task);
    const env = {
      PREFECT_API_KEY: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      GITHUB_TOKEN: 'x',
      VAULT_TOKEN: 'x',
      UV_INDEX_PRIVATE_PASSWORD: 'x',
      UV_PUBLISH_TOKEN: 'x',
      HOTPASS_BOOTSTRAP_PASSPHRASE: 'x',
      LD_PRELOAD: '',
      NODE_OPTIONS: '--no-warnings',
      PYTHONPATH: clone,
      BASH_ENV: '/dev/null',
      GIT_DIR: join(clone, '.git'),
      UV_HTTP_TIMEOUT: '31',
    };
    const address = { UV_EXTRA_INDEX_URL: 'http://someone:pass-Vw2kT9@127.0.0.1:9/simple' };
    expect(machine.run(clone, ['setup', '--yes'], { env: { ...env, ...address } }).code).toBe(0);
    expect(readFileSync(dump, 'utf8')).toContain('UV_EXTRA_INDEX_URL=http://127.0.0.1:9/simple\n');
    const names = readFileSync(dump, 'utf8')
      .split('\n')
      .map(line => line.split('=')[0]);
    expect(names.filter(name => name !== undefined && name !== 'UV_HTTP_TIMEOUT' && name in env)).toEqual([]);
    expect(names).toContain('UV_HTTP_TIMEOUT');
  });
});

describe('§7 what people see', () => {
  const machine = new Machine();
  const ugly = '\x1b]0;owned\x07\x1b[2J\x9b31m\u202eevil\u200b';
  const raw = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/;

  it('keeps escape sequences of children, names and paths off the terminal', () => {
    const script = `#!/bin/sh\nprintf '%b' '\\033]0;owned\\007\\033[2J\\0302\\033[31mchild\\n' >&2\nexit 1\n`;
    const folder = `a${ugly}b`;
    const clone = smallClone(machine, folder, `${PLAIN}variables = { A = "x\\u001b[2Jy" }\n`);
    const shown = (args: string[], env: Record<string, string> = {}): string => {
      const result = machine.run(clone, args, { env: { NO_COLOR: '1', ...env } });
      return result.stdout + result.stderr;
    };
    for (const args of [
      ['plan'],
      ['plan', '--env', ugly],
      [ugly],
      ['setup', `--${ugly}`],
      ['secrets', ugly],
      ['secrets', 'get', ugly],
      ['secrets', 'where'],
      ['setup', '--only', ugly],
      ['init'],
      ['setup', '--template', ugly],
      ['undo', ugly],
      ['setup', '-C', ugly],
      ['setup', '--answers', ugly],
      ['setup', '--manifest', ugly],
    ]) {
      expect(shown(args), args.join(' ')).not.toMatch(raw);
    }
    const tasks = `${PLAIN}[[tasks]]\nname = "t"\nrun = ["sh", "./fails.sh", "${'\\u202e'}"]\n`;
    writeFileSync(join(clone, 'hotpass-bootstrap.toml'), tasks);
    writeFileSync(join(clone, 'fails.sh'), script);
    const failed = shown(['setup', '--yes']);
    expect(failed).toContain('child');
    expect(failed).not.toMatch(raw);
    expect(shown(['undo', '--list'])).not.toMatch(raw);
    expect(shown(['undo', '--dry-run'])).not.toMatch(raw);
    expect(shown(['secrets', 'where'])).not.toMatch(raw);
  });

  it('lets no line of a child or a manifest command the CI service', () => {
    const commands = [
      '::set-env name=PATH::evil',
      '  ::add-path::evil',
      '##[set-env name=A]x',
      '##vso[task.setvariable variable=A]x',
      'section_start:1:x',
    ];
    const script = `${commands.map(line => `echo '${line}'; echo '${line}' >&2`).join('\n')}\nexit 1\n`;
    const description = `${'word '.repeat(13)}::set-env name=PATH::evil ##vso[task.setvariable variable=A]x`;
    const manifest = `schema = 1\nworkspace = "small"\n[environments.local]\nsecrets = ["s"]\n[secrets.s]\nrequired = false\nenv = "S"\ndescription = "${description}"\n[[tasks]]\nname = "t"\nrun = ["sh", "./fails.sh"]\n[[tasks]]\nname = "::set-env name=A::b"\nrun = ["true"]\n`;
    const clone = smallClone(machine, 'ci', manifest, { 'fails.sh': script });
    const env = { CI: 'true', GITHUB_ACTIONS: 'true' };
    for (const args of [
      ['plan'],
      ['setup', '--no-input'],
      ['setup', '--no-input', '-q'],
      ['setup', '--no-input', '-v'],
      ['setup', '--no-input', '--json'],
      ['secrets', 'list'],
    ]) {
      const result = machine.run(clone, args, { env });
      for (const line of `${args.includes('--json') ? '' : result.stdout}\n${result.stderr}`.split('\n')) {
        // Its own folds and annotations are all that a line may command.
        const others = line.replace(/^::(group|endgroup|error|warning|notice)( [^:]*)?::/, '');
        expect(others, args.join(' ')).not.toMatch(/^\s*::|##\[|##vso\[|section_(start|end):\d/);
      }
    }
  });
});

describe('§8 people and machines', () => {
  it('refuses a workspace, manifest or folder above that everybody may write', () => {
    const machine = new Machine();
    for (const part of ['', 'hotpass-bootstrap.toml']) {
      const clone = smallClone(machine, 'open', PLAIN);
      chmodSync(join(clone, part), 0o777);
      expect(machine.run(clone, ['setup', '--yes']).code).toBe(78);
      rmSync(clone, { recursive: true });
    }
    mkdirSync(join(machine.home, 'above'));
    const clone = smallClone(machine, 'above/clone', PLAIN);
    chmodSync(join(machine.home, 'above'), 0o777);
    expect(machine.run(clone, ['plan']).code).toBe(78);
    chmodSync(join(machine.home, 'above'), 0o1777);
    expect(machine.run(clone, ['plan']).code).toBe(2);
  });

  it('refuses a manifest that leads to a place where everybody may write', () => {
    const machine = new Machine();
    const clone = smallClone(machine, 'clone', PLAIN);
    const shared = join(machine.home, 'shared');
    mkdirSync(shared);
    renameSync(join(clone, 'hotpass-bootstrap.toml'), join(shared, 'bootstrap.toml'));
    symlinkSync('../shared/bootstrap.toml', join(clone, 'hotpass-bootstrap.toml'));
    expect(machine.run(clone, ['plan']).code).toBe(2);
    for (const mode of [0o777, 0o1777]) {
      chmodSync(shared, mode);
      const plan = machine.run(clone, ['plan']);
      expect(plan.code).toBe(78);
      expect(plan.stderr).toContain(`chmod o-w ${shared}`);
    }
  });

  it('lets root work with the home or the workspace of somebody else only in a container or CI, and says so', () => {
    const machine = new Machine();
    const clone = smallClone(machine, 'clone', PLAIN);
    if (!asRoot) {
      // What belongs to root is nobody's that this user need fear.
      expect(machine.run(clone, ['plan'], { env: { HOME: '/' } }).code).toBe(2);
      return;
    }
    const theirs = join(machine.home, 'theirs');
    mkdirSync(theirs);
    chownSync(theirs, 12345, 12345);
    const foreign = smallClone(machine, 'foreign', PLAIN);
    chownSync(foreign, 12345, 12345);
    const contained = inContainer();
    for (const [folder, home, path] of [
      [clone, theirs, theirs],
      [foreign, machine.home, foreign],
    ] as const) {
      const there = machine.run(folder, ['plan', '--no-input'], { env: { HOME: home, CI: 'true' } });
      expect(there.code).toBe(2);
      expect(there.stdout + there.stderr).toContain(`${path} belongs to another user`);
      const here = machine.run(folder, ['setup', '--yes'], { env: { HOME: home } });
      expect(here.stdout + here.stderr).toContain(path);
      expect(here.code).toBe(contained ? 0 : 78);
      expect(existsSync(join(folder, '.venv'))).toBe(contained);
    }
  });

  it('refuses a state folder inside the workspace, also through a link', () => {
    const machine = new Machine();
    const clone = smallClone(machine, 'clone', PLAIN);
    mkdirSync(join(clone, 'state'));
    const link = join(machine.home, 'link');
    symlinkSync(join(clone, 'state'), link);
    for (const folder of [join(clone, 'state'), join(clone, 'new'), link]) {
      const setup = machine.run(clone, ['setup', '--yes'], { env: { XDG_STATE_HOME: folder } });
      expect(setup.code).toBe(78);
      expect(setup.stderr).toContain('inside the workspace');
    }
    expect(readdirSync(join(clone, 'state'))).toEqual([]);
  });

  it('refuses a state folder or a file of somebody else', () => {
    const other = new Machine();
    const state = join(other.home, 'state');
    mkdirSync(state);
    if (!asRoot) {
      // The file system's root belongs to root on every machine.
      symlinkSync('/', join(state, 'hotpass-bootstrap'));
      const theirs = smallClone(other, 'clone', PLAIN);
      expect(other.run(theirs, ['plan'], { env: { XDG_STATE_HOME: state } }).code).toBe(78);
      return;
    }
    const machine = new Machine();
    const clone = smallClone(machine, 'clone', `${PLAIN}variables = { A = "1" }\n`);
    const folder = join(machine.home, '.local', 'state', 'hotpass-bootstrap');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'workspaces.json'), '{"schema":1,"workspaces":{}}');
    chownSync(folder, 12345, 12345);
    for (const args of [['plan'], ['setup', '--yes'], ['env'], ['undo', '--list']]) {
      expect(machine.run(clone, args).code, args.join(' ')).toBe(78);
    }
    expect(machine.run(clone, ['run', '--', 'true']).code).toBe(125);
    rmSync(folder, { recursive: true });
    writeFileSync(join(clone, '.env.small'), 'MINE=1\n');
    chownSync(join(clone, '.env.small'), 12345, 12345);
    expect(machine.run(clone, ['setup', '--yes']).code).toBe(78);
    expect(readFileSync(join(clone, '.env.small'), 'utf8')).toBe('MINE=1\n');
  });

  it('keeps its records private, whatever the umask', () => {
    const machine = new Machine();
    const clone = smallClone(machine, 'clone', PLAIN);
    execFileSync('sh', ['-c', 'umask 000; exec "$@"', 'sh', process.execPath, installedBin(), 'setup', '--yes'], {
      cwd: clone,
      env: machine.env,
      stdio: 'ignore',
    });
    const state = join(machine.home, '.local', 'state', 'hotpass-bootstrap');
    const open = [...snapshot(state)].filter(([, text]) => !/^(600|700)\b/.test(text)).map(([path]) => path);
    expect(open).toEqual([]);
  });
});
