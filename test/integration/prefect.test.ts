import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTcp } from 'node:net';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { diagnose } from '../../src/doctor/diagnose.ts';
import { prefectServer } from '../../src/doctor/prefect-server.ts';
import { writeContext } from '../../src/engine/context.ts';
import type { FilesPort, Step } from '../../src/engine/step.ts';
import { probeApi } from '../../src/prefect/probe.ts';
import { checkSetting } from '../../src/prefect/settings.ts';
import shipped from '../../src/prefect/settings-3.9.1.json' with { type: 'json' };
import { workspaceHazards } from '../../src/secrets/hazards.ts';
import { prefectStep } from '../../src/steps/prefect.ts';
import { API, PrefectHome } from '../support/prefect-home.ts';
import { emptyHome, exampleEnvironment, temporary } from '../support/tools.ts';

let root: string;
let box: PrefectHome;

beforeAll(() => {
  root = temporary();
  const copy = spawnSync('cp', ['-al', join(exampleEnvironment(), '.venv'), join(root, '.venv')], { encoding: 'utf8' });
  expect(copy.stderr).toBe('');
});
beforeEach(() => {
  for (const file of ['.env', 'prefect.toml', 'pyproject.toml']) rmSync(join(root, file), { force: true });
  box = new PrefectHome(emptyHome('/nowhere'), root);
});

/** What the real Prefect says, by a way of its own. */
function prefect(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const result = spawnSync(join(root, '.venv', 'bin', 'prefect'), args, {
    cwd: root,
    env: { ...box.env, PREFECT_PROFILE: 'ours', DO_NOT_TRACK: '1', COLUMNS: '500' },
    encoding: 'utf8',
  });
  return { code: result.status, stdout: result.stdout, stderr: result.stderr };
}

async function failure(work: Promise<unknown>): Promise<UserError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof UserError) return error;
  throw error ?? new Error('It did not fail.');
}

test('whatever makes the real Prefect send the key elsewhere, add headers or trust everybody is known', async () => {
  const evil = '{"url":"http://evil.test/api","tls_insecure_skip_verify":true}';
  const spaces = [' ', '\f', '\x1c', '\x85', '\u00a0', '\u2028', 'export\f'];
  const names = [
    'PREFECT_API',
    "'prefect_api'",
    '"PREFECT_API"',
    'PREFECT_API_URL',
    'PREFECT_API_TLS_INSECURE_SKIP_VERIFY',
  ];
  names.push(
    'PREFECT_API_TLS_INSECURE_S\u212aIP_VERIFY',
    'PREFECT_CLIENT',
    'PREFECT_CLIENT_CUSTOM_HEADERS',
    'PREFECT_CLOUD',
  );
  const json = (name: string): string => {
    if (/VERIFY|URL/u.test(name)) return name.endsWith('URL') ? 'http://evil.test/api' : 'true';
    if (name.endsWith('HEADERS')) return '{"X":"1"}';
    if (name.endsWith('CLOUD')) return '{"api_url":"http://evil.test/api"}';
    return name.endsWith('CLIENT') ? '{"custom_headers":{"X":"1"}}' : evil;
  };
  const line = (name: string, space: string): string =>
    `A=1\r${space}${name}${space.startsWith('export') ? '' : space}=${space}${json(name)}\n`;
  const texts = names.flatMap(name => [line(name, ''), `${name}='\n${json(name)}'\n`]);
  texts.push(...spaces.map(space => line('PREFECT_API_TLS_INSECURE_SKIP_VERIFY', space)));
  const cases = texts.map(text => ['.env', text]);
  const large = 'x = 99999999999999999999\n';
  cases.push(['prefect.toml', `${large}[api]\ntls_insecure_skip_verify = true\n`]);
  cases.push(['prefect.toml', `${large}[client]\n"custom\\u005fheaders" = { X = "1" }\n`]);
  cases.push(['pyproject.toml', `${large}[tool.prefect.api]\ntls_insecure_skip_verify = true\n`]);
  const folders = cases.map(([file = '', text = ''], at) => {
    const folder = join(temporary(), String(at));
    mkdirSync(folder);
    writeFileSync(join(folder, file), text);
    return folder;
  });
  const program = `
import json, os, sys
from prefect.settings import Settings
def moved(folder):
    os.chdir(folder)
    try:
        now = Settings()
    except Exception:
        return False
    good = now.api.url == os.environ["PREFECT_API_URL"] and now.cloud.api_url == os.environ["PREFECT_CLOUD_API_URL"]
    return not good or now.api.tls_insecure_skip_verify or bool(now.client.custom_headers)
print(json.dumps([moved(folder) for folder in json.load(sys.stdin)]))
`;
  const pair = { PREFECT_API_URL: 'https://good.test/api', PREFECT_CLOUD_API_URL: 'https://api.prefect.cloud/api' };
  const asked = spawnSync(join(root, '.venv', 'bin', 'python'), ['-c', program], {
    cwd: root,
    env: { ...box.env, ...pair },
    input: JSON.stringify(folders),
    encoding: 'utf8',
  });
  expect(asked.stderr).toBe('');
  const moved = JSON.parse(asked.stdout) as boolean[];
  const known = await Promise.all(folders.map(async folder => (await workspaceHazards(folder)).length > 0));
  expect(cases.filter((_, at) => moved[at] && !known[at])).toEqual([]);
  expect(moved.filter(Boolean).length).toBeGreaterThan(20);
});

test('doctor asks the real Prefect and its server, each of them once', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(request.url === '/api/health' ? 'true' : '"3.9.1"');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  try {
    const apiUrl = `http://127.0.0.1:${(server.address() as { port: number }).port}/api`;
    box.wanted = { ...box.wanted, apiUrl, settings: { PREFECT_API_URL: apiUrl } };
    await box.setup();
    const read = { ...box.read(true), offline: false };
    const started: string[][] = [];
    const ports = { ask: async () => ({ kind: 'no' }) as const, emit: () => {}, run: '', files: {} as FilesPort };
    const write = writeContext(read, { ...ports, keychain: { set: async () => {} } });
    const spawn: typeof write.spawn = (argv, options) => {
      started.push([...argv]);
      return write.spawn(argv, options);
    };
    const { env, path, paths, ci, offline, store, signal } = read;
    const machine = { env, path, paths, ci, offline, store, signal, deep: false };
    const workspace = { steps: [prefectStep as Step], write: { ...write, spawn }, trusting: box.read(), grown: [] };
    const { findings } = await diagnose([prefectServer], machine, workspace, []);
    expect(findings).toEqual([]);
    expect(asked).toEqual(['/api/health', '/api/admin/version']);
    expect(started).toHaveLength(1);
  } finally {
    server.close();
  }
});

describe('the step', () => {
  test('writes what Prefect confirms, with exactly one process, and none when nothing changed', async () => {
    const settings = {
      PREFECT_API_URL: API,
      PREFECT_LOGGING_LEVEL: 'WARNING',
      PREFECT_SERVER_ANALYTICS_ENABLED: 'no',
      PREFECT_SERVER_API_CSRF_TOKEN_EXPIRATION: 'PT5M',
      PREFECT_CLIENT_RETRY_EXTRA_CODES: '429,503',
      PREFECT_LOGGING_EXTRA_LOGGERS: 'a,b',
      PREFECT_TASKS_DEFAULT_RETRY_DELAY_SECONDS: '1,2.5',
      PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME: 'a "quoted" name',
      PREFECT_API_REQUEST_TIMEOUT: '30',
    };
    box.wanted = { ...box.wanted, settings };
    const first = await box.setup();
    expect(first.findings).toEqual([]);
    expect(box.started.map(([program]) => program)).toEqual([join(root, '.venv', 'bin', 'python')]);
    const view = JSON.parse(prefect('config', 'view', '-o', 'json').stdout) as {
      profile: string;
      settings: { name: string; source: string }[];
    };
    expect(view.profile).toBe('ours');
    const fromProfile = view.settings.filter(({ source }) => source === 'profile').map(({ name }) => name);
    expect(fromProfile.sort()).toEqual(Object.keys(settings).sort());
    expect((await box.plan()).changes).toEqual([]);
    expect(box.started).toHaveLength(1);
    expect((await box.plan(true)).changes.map(({ key }) => key)).toEqual(['verify']);
    // Prefect's own writer keeps the meaning, and undo still finds our part.
    expect(prefect('config', 'set', 'PREFECT_CLI_COLORS=false').code).toBe(0);
    expect((await box.plan()).changes.map(({ key }) => key)).toEqual(['verify']);
    expect(prefect('config', 'unset', 'PREFECT_CLI_COLORS', '-y').code).toBe(0);
    await box.undo();
    expect(existsSync(box.profiles)).toBe(false);
  });

  test('a symbolic link, CRLF and comments: Prefect reads the result', async () => {
    const real = join(box.home, 'real.toml');
    box.write('');
    rmSync(box.profiles);
    writeFileSync(real, '# c\r\nactive = "a b"\r\n[profiles."a b"]\r\nPREFECT_API_URL = "http://a/api"\r\n');
    symlinkSync(real, box.profiles);
    expect((await box.setup()).findings).toEqual([]);
    expect(readFileSync(real, 'utf8')).toContain('\r\n[profiles.ours]\r\n');
  });

  test('PREFECT_HOME elsewhere', async () => {
    box.env['PREFECT_HOME'] = join(box.home, 'elsewhere');
    expect((await box.setup()).findings).toEqual([]);
    expect(existsSync(join(box.home, 'elsewhere', 'profiles.toml'))).toBe(true);
  });

  test('a file of the workspace that beats the profile is named, and does not fail the step', async () => {
    writeFileSync(join(root, 'prefect.toml'), '[api]\nurl = "http://placeholder/api"\n');
    const { findings } = await box.setup();
    expect(findings.map(({ id }) => id)).toEqual(['HB207']);
    expect(findings[0]?.message).toContain('refect.toml line 2');
  });

  test.each<[string, string, string | Uint8Array, string]>([
    ['UTF-16', '.env', Buffer.from('\ufeffA=1\n', 'utf16le'), 'not UTF-8'],
    ['latin-1', '.env', Buffer.from('A=\xfc\n', 'latin1'), 'not UTF-8'],
    ['an empty typed value', '.env', 'PREFECT_LOGGING_LEVEL=\n', '.env line 1 sets PREFECT_LOGGING_LEVEL to nothing'],
    ['no TOML', 'prefect.toml', 'x =\n', 'not valid TOML'],
  ])('%s in %s keeps Prefect from starting: the step fails with the reason', async (_what, file, text, why) => {
    writeFileSync(join(root, file), text);
    const error = await failure(box.setup());
    expect(error.message).toContain(why);
    expect(prefect('config', 'view').code).not.toBe(0);
    expect((await box.plan()).changes.map(({ key }) => key)).toEqual(['verify']);
  });

  test('a value Prefect does not take: no traceback, no value in the sentence', async () => {
    writeFileSync(join(root, '.env'), 'PREFECT_LOGGING_LEVEL=canary-level\n');
    const error = await failure(box.setup());
    expect(error.id).toBe('HB215');
    expect(error.why).toMatch(/^LoggingSettings.level: Input should be 'DEBUG'/);
    expect(error.why).not.toMatch(/Traceback|File "|canary/);
  });

  test('settings that this Prefect does not know are told', async () => {
    box.wanted = { ...box.wanted, settings: { PREFECT_API_URL: API, PREFECT_BRAND_NEW: 'x' } };
    expect((await box.setup()).findings.map(({ id }) => id)).toEqual(['HB214']);
  });

  test('values of another kind than the text are not taken for equal', async () => {
    const { answerFindings, askPrefect } = await import('../../src/prefect/verify.ts');
    const { run } = await import('../../src/system/process.ts');
    const settings = { PREFECT_API_URL: API, PREFECT_LOGGING_LEVEL: 'INFO' };
    box.wanted = { ...box.wanted, settings };
    await box.setup();
    writeFileSync(box.profiles, box.text().replace('"INFO"', '"DEBUG"'));
    const asked = await askPrefect(
      (argv, { env, timeout }) => run(argv, { cwd: root, env: { ...box.env, ...env }, timeout }),
      { executable: join(root, '.venv', 'bin', 'python'), flag: '-P' },
      { profile: 'ours', settings },
      {},
      60_000,
    );
    const findings = answerFindings(
      asked,
      { profile: 'ours', settings },
      { entries: [], broken: [] },
      '3.9.1',
      () => true,
    );
    expect(findings.map(({ id, message }) => [id, message])).toEqual([
      ['HB213', 'PREFECT_LOGGING_LEVEL is DEBUG for Prefect, not INFO.'],
    ]);
  });

  test('while `prefect config set` writes the same file: always TOML, nothing of the person is lost', async () => {
    box.write('active = "mine"\n\n[profiles.mine]\nPREFECT_API_URL = "http://mine/api"\n');
    const writers: Promise<number | null>[] = [];
    for (const n of [1, 2]) writers.push(configSet(`PREFECT_CLIENT_MAX_RETRIES=${n}`));
    let runs = 0;
    let alive = true;
    const done = Promise.all(writers).then(codes => {
      alive = false;
      return codes;
    });
    while (alive && runs < 200) {
      runs += 1;
      const url = `http://127.0.0.1:${1000 + runs}/api`;
      // A profile that Prefect's slower write took back is written again; that is not refused.
      box.wanted = { profile: `p${runs}`, apiUrl: url, settings: { PREFECT_API_URL: url } };
      const { changes, read } = await box.plan();
      await box.applyOnly(read, changes);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    expect(await done).toEqual([0, 0]);
    const python = 'import sys,tomllib,json; print(json.dumps(tomllib.load(open(sys.argv[1],"rb"))))';
    const result = spawnSync('python3', ['-c', python, box.profiles], { encoding: 'utf8' });
    expect(result.stderr).toBe('');
    const document = JSON.parse(result.stdout) as { active: string; profiles: Record<string, Record<string, string>> };
    expect(document.active).toBe('mine');
    expect(document.profiles['mine']?.['PREFECT_API_URL']).toBe('http://mine/api');
    expect(document.profiles['mine']?.['PREFECT_CLIENT_MAX_RETRIES']).toMatch(/^[12]$/);
    expect(runs).toBeGreaterThan(5);
    box.wanted = { profile: 'ours', apiUrl: API, settings: { PREFECT_API_URL: API } };
    expect((await box.setup()).findings).toEqual([]);
  });
});

function configSet(assignment: string): Promise<number | null> {
  const child: ChildProcess = spawn(
    join(root, '.venv', 'bin', 'prefect'),
    ['-p', 'mine', 'config', 'set', assignment],
    {
      cwd: root,
      env: { ...box.env, DO_NOT_TRACK: '1' },
      stdio: 'ignore',
    },
  );
  return new Promise(resolve => child.on('exit', resolve));
}

test('every value that is accepted for a setting is one that Prefect takes from a profile', () => {
  const samples = [
    ...[
      'true',
      'no',
      'ON',
      '1',
      '0',
      '2',
      '-1',
      '+5',
      '5.5',
      '.5',
      '5.',
      '1e3',
      '1e99',
      '429,503',
      '1,2.5',
      'a,b',
      'INFO',
      'debug',
    ],
    ...[
      'warn',
      'WARN',
      'PT5M',
      'P2DT3H',
      'P1D',
      'PT0S',
      'PT1.5S',
      '00:05:00',
      '23:59:59',
      '24:00:00',
      'PT99H',
      '300',
      '3599',
      '3601',
    ],
    ...[
      '',
      ' ',
      '~/x',
      '/x',
      'x y',
      'http://h/api',
      'https://h:1/',
      'http://[::1]:4200/api',
      'sqlite+aiosqlite',
      '{"a": 7200}',
      '{"a": 0}',
      '{}',
      '[]',
    ],
  ];
  const cases: [string, string][] = [];
  for (const name of Object.values(shipped.types).flat()) {
    for (const sample of samples) {
      const checked = checkSetting(name, sample);
      if (checked.ok) cases.push([checked.name, checked.value]);
    }
  }
  const python = `
import inspect, json, sys
from prefect.settings import Settings, sources
from prefect.settings.base import PrefectBaseSettings
where, now = {}, {}
def walk(model):
    for name, field in model.model_fields.items():
        if inspect.isclass(field.annotation) and issubclass(field.annotation, PrefectBaseSettings): walk(field.annotation)
        else: where[model.model_config.get("env_prefix") + name.upper()] = model
walk(Settings)
sources.ProfileSettingsTomlLoader._load_profile_settings = lambda self: dict(now)
bad = []
for name, value in json.load(open(sys.argv[1])):
    now.clear(); now[name] = value
    try: where[name]()
    except Exception as error:
        if "cannot be larger than" not in str(error): bad.append([name, value, str(error)])
# Prefect's own commands check a profile in another way; there every kind of value must pass too.
from prefect.settings.profiles import Profile
for nth in range(3):
    seen, settings = {}, {}
    for name, value in json.load(open(sys.argv[1])):
        seen[name] = seen.get(name, -1) + 1
        if seen[name] <= nth and name != "PREFECT_LOGGING_TO_API_BATCH_SIZE": settings[name] = value
    try: Profile(name="x", settings=settings).validate_settings()
    except Exception as error: bad.append(str(error))
print(json.dumps(bad))
`;
  const file = join(temporary(), 'cases.json');
  writeFileSync(file, JSON.stringify(cases));
  const result = spawnSync(join(root, '.venv', 'bin', 'python'), ['-W', 'ignore', '-c', python, file], {
    cwd: root,
    env: { ...box.env, DO_NOT_TRACK: '1' },
    encoding: 'utf8',
  });
  expect(JSON.parse(result.stdout || result.stderr)).toEqual([]);
  expect(cases.length).toBeGreaterThan(1000);
});

describe('the probe of the API', () => {
  const serve = (answer: (path: string) => [number, string], host = '127.0.0.1'): Promise<[Server, number]> =>
    new Promise(resolve => {
      const server = createServer((request, response) => {
        const [status, text] = answer(request.url ?? '');
        response.writeHead(status).end(text);
      });
      server.listen(0, host, () => resolve([server, (server.address() as { port: number }).port]));
    });
  const real = (path: string): [number, string] =>
    path === '/api/health' ? [200, 'true'] : path === '/api/admin/version' ? [200, '"3.9.1"'] : [404, '{}'];

  test.each<[string, (path: string) => [number, string], unknown]>([
    ['up', real, { kind: 'up', version: '3.9.1' }],
    ['auth', path => (path === '/api/health' ? [200, 'true'] : [401, '{}']), { kind: 'auth' }],
    ['auth of a proxy before it', () => [403, ''], { kind: 'auth' }],
    ['no API', () => [404, 'not here'], { kind: 'no-api', status: 404 }],
    ['a login page', () => [200, '<html>'], { kind: 'no-api', status: 200 }],
    ['a redirect', () => [302, ''], { kind: 'no-api', status: 302 }],
  ])('%s', async (_what, answer, state) => {
    const [server, port] = await serve(answer);
    try {
      const env = { HTTP_PROXY: 'http://127.0.0.1:9' };
      expect(await probeApi(`http://127.0.0.1:${port}/api/`, env)).toEqual(state);
      expect(await probeApi(`http://localhost:${port}/api`, env)).toEqual(state);
    } finally {
      server.close();
    }
  });
  test('a server on ::1 only', async () => {
    const [server, port] = await serve(real, '::1');
    try {
      expect(await probeApi(`http://localhost:${port}/api`, {})).toMatchObject({ kind: 'up' });
    } finally {
      server.close();
    }
  });
  test('down, and a black hole', async () => {
    expect(await probeApi('http://127.0.0.1:9/api', {})).toEqual({ kind: 'down' });
    expect(await probeApi('http://localhost:9/api', {})).toEqual({ kind: 'down' });
    expect(await probeApi('https://no-such-host.invalid/api', {})).toEqual({ kind: 'down' });
    const hole = createTcp(() => {});
    await new Promise<void>(resolve => hole.listen(0, '127.0.0.1', resolve));
    const { port } = hole.address() as { port: number };
    const started = performance.now();
    expect(await probeApi(`http://127.0.0.1:${port}/api`, {}, undefined, 300)).toEqual({ kind: 'hangs' });
    expect(performance.now() - started).toBeLessThan(2000);
    hole.close();
  });
});
