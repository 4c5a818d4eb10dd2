import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { prefectHome } from '../../src/doctor/prefect-home.ts';
import { prefectOverrides } from '../../src/doctor/prefect-overrides.ts';
import { prefectProfiles } from '../../src/doctor/prefect-profiles.ts';
import { profileInForce, valueInForce } from '../../src/prefect/in-force.ts';
import { readProfiles } from '../../src/prefect/profiles-text.ts';
import { refusedValue } from '../../src/prefect/refused-value.ts';
import shipped from '../../src/prefect/settings-3.9.1.json' with { type: 'json' };
import { readWorkspaceSettings } from '../../src/prefect/workspace-settings.ts';
import { lookFrom, said } from '../support/doctor-look.ts';
import { API, PrefectHome } from '../support/prefect-home.ts';
import { emptyHome, exampleEnvironment, temporary } from '../support/tools.ts';

const OURS = `[profiles.ours]\nPREFECT_API_URL = "${API}"\n`;
const STRIDE = 61;
let bin: string;
let box: PrefectHome;

beforeAll(() => {
  bin = join(exampleEnvironment(), '.venv', 'bin');
});
beforeEach(() => {
  box = new PrefectHome({ ...emptyHome('/nowhere'), DO_NOT_TRACK: '1', COLUMNS: '500' }, temporary());
});

function start(program: string, args: string[], input?: string): { code: number | null; out: string; err: string } {
  const done = spawnSync(join(bin, program), args, { cwd: box.root, env: box.env, encoding: 'utf8', input });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

/** What Prefect itself says is in force; undefined when it does not start. */
function real(): { profile: string; url: string | null; temporary: boolean } | undefined {
  const code = `
import json
from prefect.context import get_settings_context
context = get_settings_context()
settings = context.settings
print(json.dumps({"profile": context.profile.name, "url": settings.api.url, "temporary": settings.server.ephemeral.enabled}))`;
  const done = start('python', ['-c', code]);
  return done.code === 0 ? JSON.parse(done.out.split('\n').at(-2) ?? '') : undefined;
}

const findings = async (check: Parameters<typeof said>[0]): Promise<string> =>
  (await said(check, lookFrom(box.read()))).map(line => line.slice(0, 10)).join(', ');

test('what is called refused, Prefect refuses: every setting, with values of all kinds', () => {
  const values = [
    '',
    ' ',
    '0',
    '1',
    '-1',
    '5',
    ' 5 ',
    '5.0',
    '5.5',
    '1_000',
    '1e3',
    '0x10',
    '29',
    '3601',
    '4000',
    'inf',
    'NaN',
    'true',
    'TRUE',
    ' true',
    'yes',
    'off',
    'maybe',
    'INFO',
    'info',
    'chatty',
    'warn',
    'soon',
    'PT5M',
    '00:05:00',
    '5 min',
    'sqlite+aiosqlite',
    '[]',
    '["a"]',
    '{}',
    'a,b',
    '429,503',
  ];
  const cases = Object.entries(shipped.types)
    .filter(([type]) => type !== 'secret' && type !== 'json')
    .flatMap(([, names]) => names)
    .filter(name => !/^PREFECT_(HOME|PROFILES_PATH)$/.test(name))
    .flatMap(name => values.map(value => [name, value] as const))
    .filter(([name, value]) => refusedValue(name, value) !== undefined);
  expect(cases.length).toBeGreaterThan(1000);
  const code = `
import json, os, sys
from prefect.settings import Settings
accepted = []
for name, value in json.load(sys.stdin):
    os.environ[name] = value
    try:
        Settings()
        accepted.append([name, value])
    except Exception:
        pass
    del os.environ[name]
print(json.dumps(accepted))`;
  // Some of them, other ones each time: all kinds of settings and values come up, and it takes seconds.
  const first = Math.floor(Math.random() * STRIDE);
  const some = cases.filter((_, i) => i % STRIDE === first);
  const done = start('python', ['-c', code], JSON.stringify(some));
  expect(JSON.parse(done.out.trim().split('\n').at(-1) ?? ''), done.err).toEqual([]);
});

describe('what is in force in a shell', () => {
  const other = '[profiles.b]\nPREFECT_API_URL = "http://b/api"\n';
  test.each<[string, string | undefined, Record<string, string>, Record<string, string>]>([
    ['nothing at all', undefined, {}, {}],
    ['a profile of Prefect, no file', undefined, { PREFECT_PROFILE: 'local' }, {}],
    ['a profile of Prefect that is not in the file', OURS, { PREFECT_PROFILE: 'local' }, {}],
    ['active is gone', `active = "gone"\n${OURS}`, {}, {}],
    ['an empty PREFECT_PROFILE', `active = "b"\n${OURS}${other}`, { PREFECT_PROFILE: '' }, {}],
    ['an unknown PREFECT_PROFILE', `active = "b"\n${OURS}${other}`, { PREFECT_PROFILE: 'nosuch' }, {}],
    ['a file of the workspace wins', `active = "b"\n${other}`, {}, { 'prefect.toml': '[api]\nurl = "http://c/api"\n' }],
  ])('%s', async (_what, text, env, files) => {
    if (text !== undefined) box.write(text);
    Object.assign(box.env, env);
    for (const [name, content] of Object.entries(files)) box.file(name, content);
    const found = text === undefined ? undefined : readProfiles(text, 'profiles.toml');
    const beats = await readWorkspaceSettings(box.root, box.env);
    const profile = profileInForce(box.env, found);
    const value = (name: string): string | undefined => valueInForce(name, beats, profile, found?.profiles);
    const truth = real();
    expect(value('PREFECT_API_URL') ?? null).toBe(truth?.url);
    expect(value('PREFECT_SERVER_EPHEMERAL_ENABLED') === 'true').toBe(truth?.temporary);
    // With an empty PREFECT_PROFILE Prefect names one profile and uses another (facts prefect §2).
    if (profile.state === 'there' && env['PREFECT_PROFILE'] !== '') expect(profile.name).toBe(truth?.profile);
  });
});

describe('what keeps Prefect from starting', () => {
  test('a value in the profile in force', async () => {
    box.write(`active = "ours"\n${OURS}PREFECT_CLIENT_MAX_RETRIES = "many"\n`);
    expect(real()).toBeUndefined();
    expect(start('prefect', ['config', 'unset', 'PREFECT_CLIENT_MAX_RETRIES', '-y']).code).toBe(1);
    expect(await findings(prefectProfiles)).toBe('HB264 fail');
  });

  test('a value in a file of the workspace', async () => {
    box.file('prefect.toml', '[client]\nmax_retries = "many"\n');
    expect(real()).toBeUndefined();
    expect(await findings(prefectOverrides)).toBe('HB265 fail');
  });
});

describe('what Prefect spoils when it writes', () => {
  test.each<[string, string]>([
    ['a backslash and x', String.raw`PREFECT_LOCAL_STORAGE_PATH = 'C:\xyz'`],
    ['a list', 'PREFECT_LOGGING_EXTRA_LOGGERS = ["a", "b"]'],
  ])('%s', async (_what, line) => {
    box.write(`active = "ours"\n${OURS}${line}\n`);
    expect(await findings(prefectProfiles)).toBe('HB276 warn');
    const before = box.text();
    start('prefect', ['config', 'set', 'PREFECT_CLI_COLORS=false']);
    const read = (text: string): unknown => {
      try {
        return readProfiles(text, 'x').profiles.get('ours')?.[line.split(' ')[0] ?? ''];
      } catch {
        return 'no TOML';
      }
    };
    expect(read(box.text())).not.toEqual(read(before));
  });

  test('a profile that moves its own file is not found', async () => {
    box.write(`active = "ours"\n${OURS}PREFECT_HOME = "${join(box.home, 'elsewhere')}"\n`);
    expect(await findings(prefectProfiles)).toBe('HB276 warn');
    expect(start('prefect', ['profile', 'ls']).out).not.toContain('ours');
  });

  test('letters beyond ASCII, where the locale is not UTF-8', async () => {
    box.write(`active = "ours"\n${OURS}PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME = "größer"\n`);
    expect(await findings(prefectProfiles)).toBe('HB276 warn');
    Object.assign(box.env, { LC_ALL: 'POSIX', PYTHONUTF8: '0', PYTHONCOERCECLOCALE: '0' });
    expect(start('prefect', ['profile', 'ls']).code).not.toBe(0);
  });
});

test('a server that was killed keeps the next one from starting in the background', async () => {
  box.write(OURS);
  const file = join(box.home, '.prefect', 'server.pid');
  mkdirSync(join(box.home, '.prefect'), { recursive: true });
  writeFileSync(file, '4194999');
  const refused = start('prefect', ['server', 'start', '--background', '--port', '48211']);
  expect(refused.code, refused.out).toBe(1);
  const [line = ''] = await said(prefectHome, lookFrom(box.read()));
  spawnSync('sh', ['-c', line.split(' / ')[1] ?? 'false'], { env: box.env });
  expect(existsSync(file)).toBe(false);
  rmSync(box.home, { recursive: true, force: true });
});
