import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Check, WorkspaceLook } from '../../../src/doctor/check.ts';
import { PREFECT_CHECKS } from '../../../src/doctor/prefect.ts';
import { prefectBeside } from '../../../src/doctor/prefect-beside.ts';
import { prefectCredentials } from '../../../src/doctor/prefect-credentials.ts';
import { prefectFile } from '../../../src/doctor/prefect-file.ts';
import { prefectHome } from '../../../src/doctor/prefect-home.ts';
import { prefectInForce } from '../../../src/doctor/prefect-in-force.ts';
import { prefectOverrides } from '../../../src/doctor/prefect-overrides.ts';
import { prefectProfiles } from '../../../src/doctor/prefect-profiles.ts';
import { lookFrom, said } from '../../support/doctor-look.ts';
import { API, PrefectHome } from '../../support/prefect-home.ts';
import { temporary, unpackedPrograms } from '../../support/tools.ts';

const PATH = [...unpackedPrograms(), '/usr/local/bin', '/usr/bin', '/bin'].join(':');
const OURS = `[profiles.ours]\nPREFECT_API_URL = "${API}"\n`;
let box: PrefectHome;
beforeEach(() => {
  box = new PrefectHome({ PATH });
});

const see = (check: Check, more: Partial<WorkspaceLook> = {}): Promise<string[]> =>
  said(check, lookFrom(box.read(), more));
const ids = async (check: Check): Promise<string> => (await see(check)).map(line => line.slice(0, 10)).join(', ');

test('a machine that is in order, and one that has nothing: not a word', async () => {
  for (const text of [undefined, `active = "ours"\n\n${OURS}`]) {
    if (text !== undefined) box.write(text);
    box.env['PREFECT_PROFILE'] = 'ours';
    for (const check of PREFECT_CHECKS)
      expect([check.title, await see(check, { offline: true })]).toEqual([check.title, []]);
  }
});

describe('the file', () => {
  test('in the moment in which Prefect has emptied it and not yet written it', async () => {
    for (const half of ['', '[profiles.ours', `active = "ours"\n\n${OURS}[profiles.mi`]) {
      box.write(half);
      const written = setTimeout(
        () => box.write(`active = "ours"\n\n${OURS}[profiles.mine]\nPREFECT_API_KEY = "k"\n`),
        60,
      );
      const [file, other] = await Promise.all([see(prefectFile), see(prefectInForce)]);
      clearTimeout(written);
      expect(file, half).toEqual([]);
      expect(other.join(), half).toMatch(/^HB269 info .*: PREFECT_API_KEY of mine\.$/);
    }
  });

  test('moved by the environment', async () => {
    box.env['PREFECT_HOME'] = join(box.home, 'elsewhere');
    expect(await see(prefectFile)).toEqual([
      'HB272 info PREFECT_HOME is set in your environment: profiles.toml is looked for in another place, and there is none yet.',
    ]);
    mkdirSync(join(box.home, 'elsewhere'));
    writeFileSync(join(box.home, 'elsewhere', 'profiles.toml'), OURS, { mode: 0o600 });
    expect((await see(prefectFile))[0]).toContain(`is read from ${box.home}/elsewhere/profiles.toml`);
  });

  test('open to others: worse with a key in it', async () => {
    box.write(OURS);
    chmodSync(box.profiles, 0o644);
    expect(await see(prefectFile)).toEqual([
      `HB273 info ${box.profiles} can be read or changed by other users of this machine (mode 0644). / chmod 600 ${box.profiles}`,
    ]);
    box.write(`${OURS}[profiles.cloud]\nPREFECT_API_KEY = "pnu_canary_canary"\n`);
    chmodSync(box.profiles, 0o660);
    const [line] = await see(prefectFile);
    expect(line).toContain('HB273 warn');
    expect(line).not.toContain('canary');
  });

  test('tracked by git, behind a link', async () => {
    const repository = temporary();
    const git = (...args: string[]) => execFileSync('git', ['-C', repository, ...args], { env: box.env });
    git('init', '-q');
    writeFileSync(join(repository, 'profiles.toml'), OURS, { mode: 0o600 });
    mkdirSync(join(box.home, '.prefect'));
    symlinkSync(join(repository, 'profiles.toml'), box.profiles);
    expect(await see(prefectFile)).toEqual([]);
    git('add', 'profiles.toml');
    const [line] = await see(prefectFile);
    expect(line).toBe(`HB275 warn ${box.profiles} is tracked by git. / git -C ${repository} rm --cached profiles.toml`);
    execFileSync('sh', ['-c', line?.split(' / ')[1] ?? 'false'], { env: box.env });
    expect(await see(prefectFile)).toEqual([]);
  });

  test('one that Prefect cannot read is told once', async () => {
    for (const bytes of [
      Buffer.from('\ufeff[profiles]\n', 'utf16le'),
      Buffer.from('a = "\xfc"', 'latin1'),
      'x =',
      '\ufeffa = 1',
    ]) {
      box.write(bytes);
      await expect(prefectFile.run(lookFrom(box.read()))).rejects.toMatchObject({ id: 'HB201' });
      for (const check of PREFECT_CHECKS) {
        if (check !== prefectFile) expect(await see(check, { offline: true })).toEqual([]);
      }
    }
  });
});

describe('the folder', () => {
  test('a server that was killed', async () => {
    box.write(OURS);
    const file = join(box.home, '.prefect', 'server.pid');
    writeFileSync(file, String(process.pid));
    expect(await see(prefectHome)).toEqual([]);
    writeFileSync(file, '4194999');
    const [line] = await see(prefectHome);
    expect(line).toBe(`HB271 warn ${file} names a Prefect server that is not running any more. / rm ${file}`);
    for (const text of ['', 'x', '-1', '0']) {
      writeFileSync(file, text);
      expect(await see(prefectHome)).toEqual([]);
    }
  });

  test('a folder of another user, where it matters: root may write everywhere', async () => {
    box.env['PREFECT_HOME'] = '/etc';
    const found = process.getuid?.() === 0 ? '' : 'HB274 warn';
    expect(await ids(prefectHome)).toBe(found);
  });
});

describe('the profiles', () => {
  test('a value that Prefect refuses: fatal in the profile in force, a warning elsewhere', async () => {
    box.write(
      `active = "ours"\n${OURS}PREFECT_LOGGING_LEVEL = "chatty"\n[profiles.b]\nPREFECT_API_ENABLE_HTTP2 = ""\n`,
    );
    expect(await see(prefectProfiles)).toEqual([
      `HB264 fail PREFECT_LOGGING_LEVEL of the profile ours in ${box.profiles} must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL. / \${EDITOR:-vi} ${box.profiles}`,
      `HB264 warn PREFECT_API_ENABLE_HTTP2 of the profile b in ${box.profiles} must be a value. / \${EDITOR:-vi} ${box.profiles}`,
    ]);
    box.env['PREFECT_PROFILE'] = 'b';
    expect(await ids(prefectProfiles)).toBe('HB264 warn, HB264 fail');
  });

  test.each<[string, string, string]>([
    ['an unknown name', 'PREFECT_ORION_HOST = "x"', 'HB276 info'],
    ['a former name is fine', 'PREFECT_SERVER_ALLOW_EPHEMERAL_MODE = "true"', ''],
    ['a list', 'PREFECT_LOGGING_EXTRA_LOGGERS = ["a", "b"]', 'HB276 warn'],
    ['a backslash that spoils', String.raw`PREFECT_LOCAL_STORAGE_PATH = 'C:\xyz'`, 'HB276 warn'],
    ['one that does not', String.raw`PREFECT_LOCAL_STORAGE_PATH = 'C:\abc'`, ''],
    ['not ASCII', 'PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME = "größer"', 'HB276 warn'],
    ['a file that moves itself', 'PREFECT_HOME = "/elsewhere"', 'HB276 warn'],
    ['true and 5 without quotes are fine', 'PREFECT_DEBUG_MODE = true\nPREFECT_CLIENT_MAX_RETRIES = 5', ''],
  ])('%s', async (_what, line, expected) => {
    box.write(`[profiles.b]\n${line}\n`);
    expect(await ids(prefectProfiles)).toBe(expected);
  });

  test('the value of a secret is looked at by nobody', async () => {
    box.write('[profiles.b]\nPREFECT_API_KEY = "pnu_canary\\\\xü"\n');
    expect(await see(prefectProfiles)).toEqual([]);
  });
});

describe('in force in this shell', () => {
  const other = '[profiles.b]\nPREFECT_API_URL = "http://b/api"\n';
  const empty = '[profiles.c]\nPREFECT_SERVER_ALLOW_EPHEMERAL_MODE = "yes"\n';
  test.each<[string, string | undefined, Record<string, string>, string]>([
    ['ours by active', `active = "ours"\n${OURS}`, {}, ''],
    ['ours by PREFECT_PROFILE', `active = "b"\n${OURS}${other}`, { PREFECT_PROFILE: 'ours' }, ''],
    ['another by active', `active = "b"\n${OURS}${other}`, {}, 'HB266 info'],
    [
      'an empty PREFECT_PROFILE leaves it to active',
      `active = "b"\n${OURS}${other}`,
      { PREFECT_PROFILE: '' },
      'HB266 info',
    ],
    ['another by PREFECT_PROFILE', `${OURS}${other}`, { PREFECT_PROFILE: 'b' }, 'HB266 info'],
    ['a name that is gone', `active = "gone"\n${OURS}`, {}, 'HB267 warn'],
    ['a name there never was', OURS, { PREFECT_PROFILE: 'nosuch' }, 'HB267 warn'],
    ['a profile of Prefect that is not in the file', OURS, { PREFECT_PROFILE: 'local' }, 'HB267 warn'],
    ['the same without a file', undefined, { PREFECT_PROFILE: 'local' }, 'HB266 info'],
    ['no active', OURS, {}, 'HB268 warn'],
    ['no file', undefined, {}, 'HB268 warn'],
    ['ephemeral by a former name', `active = "c"\n${OURS}${empty}`, {}, 'HB268 warn'],
    ['ephemeral with a URL in the shell', OURS, { PREFECT_API_URL: 'http://c/api' }, 'HB266 info'],
  ])('%s', async (_what, text, env, expected) => {
    if (text !== undefined) box.write(text);
    Object.assign(box.env, env);
    expect(await ids(prefectInForce)).toBe(expected);
  });

  test('a file of the workspace that gives the URL', async () => {
    box.write(OURS);
    box.file('prefect.toml', '[api]\nurl = "http://placeholder/api"\n');
    expect(await ids(prefectInForce)).toBe('HB266 info');
  });

  test('what `setup` would select is mended by it, a choice is not', async () => {
    box.write(OURS);
    expect((await see(prefectInForce))[0]).toMatch(/ \/ hotpass-bootstrap setup --only prefect$/);
    box.write(`active = "gone"\n${OURS}`);
    expect((await see(prefectInForce))[0]).toMatch(/ \/ hotpass-bootstrap setup --only prefect$/);
    box.write(`active = "ephemeral"\n${OURS}`);
    expect((await see(prefectInForce))[0]).toMatch(/ \/ export PREFECT_PROFILE=ours$/);
  });

  test('keys of other profiles, by name alone', async () => {
    box.write(`active = "ours"\n${OURS}[profiles.cloud]\nPREFECT_API_KEY = "pnu_canary"\n`);
    expect(await see(prefectInForce)).toEqual([
      `HB269 info Other profiles in ${box.profiles} hold keys in the clear: PREFECT_API_KEY of cloud.`,
    ]);
  });
});

describe('settings outside the profile', () => {
  test.each<[string, string, string]>([
    ['.env', 'PREFECT_LOGGING_LEVEL=chatty\n', '.env line 1'],
    ['prefect.toml', '[logging]\n\nlevel = "chatty"\n', 'prefect.toml line 3'],
    ['pyproject.toml', '[tool.prefect]\nlogging.level = "chatty"\n', 'pyproject.toml line 2'],
  ])('a refused value in %s is fatal, with its line', async (file, text, where) => {
    box.file(file, text);
    const [line] = await see(prefectOverrides);
    expect(line).toContain('HB265 fail PREFECT_LOGGING_LEVEL must be one of DEBUG');
    expect(line).toContain(`(${where})`);
    expect(line).not.toContain('chatty');
    rmSync(join(box.root, file));
    expect(await see(prefectOverrides)).toEqual([]);
  });

  test('a refused value in the shell, and a former name of it', async () => {
    box.env['prefect_logging_server_level'] = '5';
    expect((await see(prefectOverrides))[0]).toMatch(
      /^HB265 fail PREFECT_SERVER_LOGGING_LEVEL .* \/ unset prefect_logging_server_level$/,
    );
  });

  test('checks of certificates that are off', async () => {
    box.env['PREFECT_API_TLS_INSECURE_SKIP_VERIFY'] = 'true';
    box.file('.env', 'PREFECT_API_TLS_INSECURE_SKIP_VERIFY=1\n');
    box.file('prefect.toml', '[client]\ncustom_headers = \'{"Authorization": "canary"}\'\n');
    expect(await ids(prefectOverrides)).toBe('HB277 warn, HB277 warn, HB277 warn');
    expect((await see(prefectOverrides)).join()).not.toContain('canary');
    box.env['PREFECT_API_TLS_INSECURE_SKIP_VERIFY'] = 'false';
    expect(await ids(prefectOverrides)).toBe('HB277 warn, HB277 warn');
  });

  test('names that mean nothing', async () => {
    Object.assign(box.env, { PREFECT_ORION_API_URL: 'x', PREFECT_CLOUD_URL: 'y', PREFECT_PROFILE: 'ours' });
    box.file('prefect.toml', '[api]\nurll = "x"\n');
    expect(await see(prefectOverrides)).toEqual([
      'HB278 info Prefect 3.9 knows no setting PREFECT_ORION_API_URL, PREFECT_CLOUD_URL (your environment).',
      'HB278 info Prefect 3.9 knows no setting api.urll (prefect.toml).',
    ]);
  });
});

describe('credentials', () => {
  test.each<[string, Record<string, string>, string]>([
    ['a key of Cloud for another server', { PREFECT_API_KEY: 'pnu_canary' }, 'is a key of Prefect Cloud'],
    ['two at once', { PREFECT_API_KEY: 'canary', PREFECT_API_AUTH_STRING: 'u:canary' }, 'are both set'],
    ['quotes of a compose file', { PREFECT_API_AUTH_STRING: '"u:canary"' }, 'not written as user:password'],
    ['no user', { PREFECT_API_AUTH_STRING: 'canary' }, 'not written as user:password'],
  ])('%s', async (_what, env, expected) => {
    Object.assign(box.env, env);
    const lines = await see(prefectCredentials);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(expected);
    expect(JSON.stringify(await prefectCredentials.run(lookFrom(box.read())))).not.toContain('canary');
  });

  test('a key in a file of the workspace, with its line', async () => {
    box.file('.env', 'A=1\nPREFECT_API_KEY=pnu_canary\n');
    const [line] = await see(prefectCredentials);
    expect(line).toBe('HB279 warn PREFECT_API_KEY stands in .env line 2. / git check-ignore -v .env');
  });
});

describe('other copies', () => {
  function copy(folder: string, version: string): void {
    mkdirSync(join(folder, 'bin'), { recursive: true });
    mkdirSync(join(folder, 'lib', 'python3.11', 'site-packages', `prefect-${version}.dist-info`), { recursive: true });
    writeFileSync(join(folder, 'bin', 'prefect'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  }

  test('Prefect 2, installed as a tool, reads the same profiles', async () => {
    const tool = join(box.home, 'tools', 'prefect');
    const bin = join(box.home, 'bin');
    copy(tool, '2.20.4');
    mkdirSync(bin);
    symlinkSync(join(tool, 'bin', 'prefect'), join(bin, 'prefect'));
    box.env['PATH'] = `${bin}:${PATH}`;
    expect((await see(prefectBeside))[0]).toContain(`HB270 warn ${bin}/prefect is Prefect 2.20.4`);
  });

  test('another Prefect 3 comes first, unless .venv is activated', async () => {
    copy(join(box.home, 'other'), '3.1.0');
    copy(join(box.root, '.venv'), '3.9.1');
    box.env['PATH'] = `${join(box.home, 'other', 'bin')}:${PATH}`;
    expect((await see(prefectBeside))[0]).toContain('version 3.1.0; this workspace has 3.9.1');
    box.env['VIRTUAL_ENV'] = join(box.root, '.venv');
    expect(await see(prefectBeside)).toEqual([]);
  });
});
