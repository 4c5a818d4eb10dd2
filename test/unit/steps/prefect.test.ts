import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/core/errors.ts';
import type { Step } from '../../../src/engine/step.ts';
import { adoptStep } from '../../../src/steps/prefect/adopt.ts';
import { useStep } from '../../../src/steps/prefect/use.ts';
import { prefectStep } from '../../../src/steps/prefect.ts';
import { API, PrefectHome } from '../../support/prefect-home.ts';
import { unpackedPrograms } from '../../support/tools.ts';

const PATH = [...unpackedPrograms(), '/usr/local/bin', '/usr/bin', '/bin'].join(':');
const OURS = `[profiles.ours]\nPREFECT_API_URL = "${API}"\n`;
let box: PrefectHome;
beforeEach(() => {
  box = new PrefectHome({ PATH });
});

async function refusal(work: Promise<unknown>): Promise<UserError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof UserError) return error;
  throw error ?? new Error('It was not refused.');
}

describe('a machine without Prefect in its environment', () => {
  test('gets the profile, selected and private, and is in order the second time', async () => {
    const first = await box.setup();
    expect(first.keys).toEqual(['profile', 'active', 'verify']);
    expect(first.findings.map(({ id }) => id)).toEqual(['HB210']);
    expect(box.text()).toBe(`active = "ours"\n\n${OURS}`);
    expect(statSync(box.profiles).mode & 0o777).toBe(0o600);
    expect(statSync(join(box.home, '.prefect')).mode & 0o777).toBe(0o700);
    const second = await box.plan();
    expect(second.changes).toEqual([]);
    expect(second.findings.map(({ id }) => id)).toEqual(['HB210']);
    expect(box.started).toEqual([]);
  });
  test('without approval the question to Prefect is uncertain', async () => {
    box.approved = false;
    expect((await box.plan()).changes.map(({ key, certain }) => [key, certain])).toEqual([
      ['profile', true],
      ['active', true],
      ['verify', false],
    ]);
    expect(existsSync(box.profiles)).toBe(false);
  });
  test('undo leaves nothing behind', async () => {
    await box.setup();
    await box.undo();
    expect(existsSync(box.profiles)).toBe(false);
  });
  test('a wanted environment without Prefect does nothing', async () => {
    const read = box.read();
    const { prefectStep } = await import('../../../src/steps/prefect.ts');
    const wanted = { ...read.wanted, prefect: undefined };
    const { state, findings } = await prefectStep.inspect({ ...read, wanted });
    expect([prefectStep.plan(state, wanted), findings]).toEqual([[], []]);
  });
});

describe("a person's file", () => {
  const mine = '# mine\r\nactive = \'work\'\r\n\r\n[ profiles.work ] # w\r\nPREFECT_API_URL="http://w/api"\r\n';
  test('keeps every other byte and its active profile; undo brings back the bytes and the mode', async () => {
    box.write(mine, 0o644);
    expect((await box.setup()).keys).toEqual(['profile', 'verify']);
    expect(box.text()).toBe(`${mine}\r\n[profiles.ours]\r\nPREFECT_API_URL = "${API}"\r\n`);
    expect(statSync(box.profiles).mode & 0o777).toBe(0o600);
    await box.undo();
    expect(box.text()).toBe(mine);
    expect(statSync(box.profiles).mode & 0o777).toBe(0o644);
  });
  test('what others write after us survives undo; an active profile they chose stays', async () => {
    await box.setup();
    const later = box.text().replace('active = "ours"', 'active = "z"');
    writeFileSync(box.profiles, `${later}\n[profiles.z]\nPREFECT_API_URL = "http://z/api"\n`);
    await box.undo();
    expect(box.text()).toBe('active = "z"\n\n\n[profiles.z]\nPREFECT_API_URL = "http://z/api"\n');
  });
  test('active that names a missing profile becomes ours; one that is `ephemeral` stays', async () => {
    box.write('active = "gone"\n');
    await box.setup();
    expect(box.text()).toContain('active = "ours"');
    box.write(`active = "ephemeral"\n${OURS}`);
    expect((await box.plan()).changes.map(({ key }) => key)).toEqual(['verify']);
  });
  test('mode 0644 alone is tightened, and undone', async () => {
    box.write(`active = "ours"\n${OURS}`, 0o644);
    expect((await box.setup()).keys).toEqual(['mode', 'verify']);
    expect(statSync(box.profiles).mode & 0o777).toBe(0o600);
    await box.undo();
    expect(statSync(box.profiles).mode & 0o777).toBe(0o644);
  });
  test('a symbolic link is followed and stays one', async () => {
    const real = join(box.home, 'dotfiles.toml');
    writeFileSync(real, mine);
    mkdirSync(join(box.home, '.prefect'));
    symlinkSync(real, box.profiles);
    await box.setup();
    expect(lstatSync(box.profiles).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8')).toContain('[profiles.ours]');
    await box.undo();
    expect(readFileSync(real, 'utf8')).toBe(mine);
  });
  test('extra settings of our profile stay and are told', async () => {
    box.write(`active = "ours"\n${OURS}PREFECT_CLI_COLORS = "false"\n`);
    const { changes, findings } = await box.plan();
    expect(changes.map(({ key }) => key)).toEqual(['verify']);
    expect(findings.map(({ id, message }) => [id, message])).toEqual([
      ['HB204', 'The profile ours also sets PREFECT_CLI_COLORS.'],
    ]);
  });
});

describe('the manifest changes', () => {
  test("our own profile follows, a dropped setting goes, the person's extras stay", async () => {
    box.wanted = { ...box.wanted, settings: { PREFECT_API_URL: API, PREFECT_LOGGING_LEVEL: 'INFO' } };
    await box.setup();
    writeFileSync(box.profiles, `${box.text()}PREFECT_CLI_COLORS = "false" # mine\n`);
    const url = 'http://127.0.0.1:8/api';
    box.wanted = { profile: 'ours', apiUrl: url, settings: { PREFECT_API_URL: url } };
    const { changes } = await box.plan();
    expect(changes[0]).toMatchObject({ key: 'profile', action: 'change', from: API, to: url });
    expect(changes[0]?.detail).toContain('PREFECT_LOGGING_LEVEL: removed');
    await box.setup();
    expect(box.text()).toBe(
      `active = "ours"\n\n[profiles.ours]\nPREFECT_API_URL = "${url}"\nPREFECT_CLI_COLORS = "false" # mine\n`,
    );
    await box.undo();
    expect(box.text()).toContain(`PREFECT_API_URL = "${API}"\nPREFECT_LOGGING_LEVEL = "INFO"`);
    // It is still ours, with what the first run wrote: the next run changes it again and is not refused.
    expect((await box.plan()).changes[0]?.detail).toContain('PREFECT_LOGGING_LEVEL: removed');
  });
  test('undo refuses when our table was changed since, and says so', async () => {
    await box.setup();
    writeFileSync(box.profiles, box.text().replace(API, 'http://other/api'));
    const before = box.text();
    const error = await refusal(box.undo());
    expect(error.why).toContain('changed since');
    expect(box.text()).toContain(before.slice(before.indexOf('[profiles.ours]')));
  });
});

describe('undo --force of a profile that was changed since', () => {
  test('takes the whole table out, and keeps it beside the file', async () => {
    const mine = 'active = "w"\n\n[profiles.w]\nA = "1"\n';
    box.write(mine);
    await box.setup();
    const later = box.text().replace(API, 'http://other/api').concat('MINE = "2" # last\n\n[profiles.z]\nB = "3"\n');
    writeFileSync(box.profiles, later);
    await refusal(box.undo());
    await box.undo(true);
    expect(box.text()).toBe(`${mine}\n[profiles.z]\nB = "3"\n`);
    expect(readFileSync(`${box.profiles}.kept`, 'utf8')).toBe(
      '[profiles.ours]\nPREFECT_API_URL = "http://other/api"\nMINE = "2" # last\n',
    );
    expect(statSync(`${box.profiles}.kept`).mode & 0o777).toBe(0o600);
  });
  test('puts the former table back where there was one', async () => {
    await box.setup();
    const former = box.text();
    const url = 'http://127.0.0.1:8/api';
    box.wanted = { profile: 'ours', apiUrl: url, settings: { PREFECT_API_URL: url } };
    await box.setup();
    writeFileSync(box.profiles, box.text().replace(url, 'http://other/api'));
    await box.undo(true);
    expect(box.text()).toBe(former);
  });
  test('keeps no second copy of a key: it is refused all the same', async () => {
    await box.setup();
    writeFileSync(box.profiles, `${box.text()}PREFECT_API_KEY = "pnu_canary0123456789"\n`.replace(API, 'http://o/api'));
    const before = box.text();
    await refusal(box.undo(true));
    expect(box.text()).toBe(before);
    expect(readdirSync(join(box.home, '.prefect')).filter(name => name.includes('kept'))).toEqual([]);
  });
});

describe('profile adopt', () => {
  const foreign = 'active = "ours"\n[profiles.ours]\n# mine\nPREFECT_API_URL = "http://old/api" # odd\nMINE = "1"\n';
  beforeEach(() => {
    box.step = adoptStep as Step;
  });
  test('changes what is wanted and nothing else, and setup goes on with the profile as with its own', async () => {
    box.write(foreign);
    expect((await box.setup()).keys).toEqual(['profile']);
    expect(box.text()).toBe(foreign.replace('http://old/api', API));
    box.step = prefectStep as Step;
    expect((await box.plan()).changes.map(({ key }) => key)).toEqual(['verify']);
    box.wanted = { ...box.wanted, settings: { PREFECT_API_URL: 'http://127.0.0.1:8/api' } };
    expect((await box.plan()).changes.map(({ key }) => key)).toEqual(['profile', 'verify']);
  });
  test('is taken back byte for byte, and then the profile is nobody\u2019s again', async () => {
    box.write(foreign, 0o644);
    await box.setup();
    await box.undo();
    expect(box.text()).toBe(foreign);
    box.step = prefectStep as Step;
    expect((await refusal(box.plan())).id).toBe('HB202');
  });
  test('of one that says the same already writes nothing; it is looked after from then on', async () => {
    box.write(`active = "ours"\n${OURS}`);
    expect((await box.setup()).keys).toEqual(['profile']);
    expect(box.text()).toBe(`active = "ours"\n${OURS}`);
    expect((await box.plan()).changes).toEqual([]);
    box.step = prefectStep as Step;
    box.wanted = { ...box.wanted, settings: { PREFECT_API_URL: 'http://127.0.0.1:8/api' } };
    expect((await box.plan()).changes.map(({ key }) => key)).toContain('profile');
    await box.undo();
    expect((await refusal(box.plan())).id).toBe('HB202');
  });
  test('with a key in it leaves the key where it is, and never puts it into the journal', async () => {
    const text = `${foreign}PREFECT_API_KEY = "pnu_canary0123456789"\nPREFECT_SERVER_DATABASE_PASSWORD = "x"\n`;
    box.write(text);
    expect((await box.plan()).findings.map(({ id }) => id)).toContain('HB205');
    await box.setup();
    expect(box.text()).toBe(text.replace('http://old/api', API));
    const kept = spawnSync('grep', ['-rE', 'canary|DATABASE_PASSWORD', box.state], { encoding: 'utf8' });
    expect(kept.stdout).toBe('');
    await box.undo();
    expect(box.text()).toBe(text);
  });
});

describe('profile use', () => {
  test('makes the profile and makes it active, whatever was active; undo gives both back', async () => {
    const mine = '[profiles.w]\nA = "1"\n';
    box.write(`active = "w"\n${mine}`);
    box.step = useStep({ environment: undefined, keep: false }) as Step;
    expect((await box.setup()).keys).toEqual(['profile', 'active']);
    expect(box.text()).toBe(`active = "ours"\n${mine}\n${OURS}`);
    expect((await box.plan()).changes).toEqual([]);
    await box.undo();
    expect(box.text()).toBe(`active = "w"\n${mine}`);
  });
  test('undo gives back an active profile that needs no table, and leaves ours rather than one that is gone', async () => {
    box.write('active = "ephemeral"\n');
    box.step = useStep({ environment: undefined, keep: false }) as Step;
    await box.setup();
    expect(box.text()).toContain('active = "ours"');
    await box.undo();
    expect(box.text()).toBe('active = "ephemeral"\n');
    box.write('active = "gone"\n');
    await box.setup();
    await box.undo();
    expect(box.text()).toMatch(/^active = "ours"\n/);
  });
  test('does not touch a profile that somebody else made', async () => {
    box.write('active = "w"\n[profiles.w]\n[profiles.ours]\nPREFECT_API_URL = "http://old/api"\n');
    box.step = useStep({ environment: undefined, keep: false }) as Step;
    expect((await refusal(box.plan())).next).toBe('hotpass-bootstrap profile adopt ours');
  });
});

describe('a profile that was not made here', () => {
  test('is not edited: old and new URL and the command that takes it over', async () => {
    const text = '[profiles.ours]\nPREFECT_API_URL = "http://old/api"\n';
    box.write(text);
    const error = await refusal(box.plan());
    expect([error.exit, error.id, error.next]).toEqual([78, 'HB202', 'hotpass-bootstrap profile adopt ours']);
    expect(error.why).toContain(`from http://old/api to ${API}`);
    expect(box.text()).toBe(text);
  });
  test('with a key in it is not edited even when we made it, and the key is not shown', async () => {
    await box.setup();
    writeFileSync(box.profiles, `${box.text()}PREFECT_API_KEY = "pnu_canary0123456789"\n`);
    const { findings } = await box.plan();
    expect(findings.find(({ id }) => id === 'HB205')?.message).toContain('PREFECT_API_KEY');
    const url = 'http://127.0.0.1:8/api';
    box.wanted = { profile: 'ours', apiUrl: url, settings: { PREFECT_API_URL: url } };
    const error = await refusal(box.plan());
    expect(error.exit).toBe(78);
    expect(JSON.stringify([findings, error, error.message, error.why])).not.toContain('canary');
    const kept = spawnSync('grep', ['-r', 'canary', box.state], { encoding: 'utf8' });
    expect(kept.stdout).toBe('');
  });
  test('is in order when it says the same', async () => {
    box.write(`active = "x"\n[profiles.x]\n[profiles.ours]\nPREFECT_API_URL = '${API}'\n`);
    expect((await box.plan()).changes.map(({ key }) => key)).toEqual(['verify']);
  });
  test('a user name in its URL is not shown', async () => {
    box.write('[profiles.ours]\nPREFECT_API_URL = "http://me:canary@old/api"\n');
    expect((await refusal(box.plan())).why).not.toContain('canary');
  });
});

describe('refused before anything is written', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['a byte order mark', `\ufeff${OURS}`, 'tail -c +4'],
    ['a corrupt file', '[profiles.a\n', 'EDITOR'],
    ['UTF-16', Buffer.from('\ufeff[profiles.a]\n', 'utf16le'), 'iconv -f UTF-16'],
    ['another form', 'profiles.other.PREFECT_API_URL = "x"\n', 'EDITOR'],
  ])('%s', async (_what, text, next) => {
    box.write(text);
    const before = readFileSync(box.profiles);
    const error = await refusal(box.setup());
    expect(error.exit).toBe(78);
    expect(error.next).toContain(next);
    expect(readFileSync(box.profiles).equals(before)).toBe(true);
  });
  test('the command for a byte order mark mends the file', async () => {
    box.write(`\ufeff[profiles.a]\n`);
    const { next = '' } = await refusal(box.plan());
    expect(spawnSync('sh', ['-c', next]).status).toBe(0);
    expect((await box.setup()).keys).toContain('profile');
  });
  test('a link that leads nowhere, a second name, a folder, a write-protected file', async () => {
    mkdirSync(join(box.home, '.prefect'));
    symlinkSync(join(box.home, 'nowhere'), box.profiles);
    expect((await refusal(box.plan())).message).toContain('leads nowhere');
    renameSync(box.profiles, `${box.profiles}.old`);
    writeFileSync(box.profiles, '', { mode: 0o400 });
    expect(await refusal(box.plan())).toMatchObject({ exit: 1, next: `chmod u+w ${box.profiles}` });
    chmodSync(box.profiles, 0o600);
    linkSync(box.profiles, `${box.profiles}.two`);
    expect((await refusal(box.plan())).message).toContain('second name');
  });
  test('a file that git tracks', async () => {
    const git = (...args: string[]): void => {
      expect(spawnSync('git', ['-C', box.root, ...args]).status).toBe(0);
    };
    git('init', '-q');
    box.env['PREFECT_HOME'] = box.root;
    box.file('profiles.toml', '');
    git('add', 'profiles.toml');
    expect(await refusal(box.plan())).toMatchObject({
      id: 'HB218',
      exit: 78,
      next: `cd ${box.root} && git rm --cached profiles.toml`,
    });
  });
  test.each([
    ['.env', 'PREFECT_PROFILES_PATH=/x/profiles.toml\n', '.env line 1'],
    ['.env', 'A=1\nexport prefect_home=/x\n', '.env line 2'],
    ['prefect.toml', 'home = "x"\n', 'prefect.toml line 1'],
    ['prefect.toml', '# c\nprofiles_path = "x"\n', 'prefect.toml line 2'],
    ['pyproject.toml', '[tool.prefect]\nprofiles_path = "x"\n', 'pyproject.toml line 2'],
    ['pyproject.toml', '[tool]\nprefect = { home = "x" }\n', 'pyproject.toml line 2'],
  ])('%s that moves the profiles: %s', async (file, text, place) => {
    box.file(file, text);
    const error = await refusal(box.plan());
    expect([error.exit, error.id]).toEqual([78, 'HB200']);
    expect(error.message).toContain(place);
    box.env['PREFECT_PROFILES_PATH'] = box.profiles;
    expect((await box.plan()).changes).not.toEqual([]);
  });
  test('a relative PREFECT_HOME', async () => {
    box.env['PREFECT_HOME'] = 'state';
    expect((await refusal(box.plan())).exit).toBe(78);
  });
  test('Prefect 2 in the environment or the lock file, but not one that is about to go', async () => {
    const site = join(box.root, '.venv', 'lib', 'python3.11', 'site-packages');
    mkdirSync(join(site, 'prefect-2.20.3.dist-info'), { recursive: true });
    expect((await refusal(box.plan())).id).toBe('HB211');
    box.file('uv.lock', '[[package]]\nname = "prefect"\nversion = "3.9.1"\n');
    expect((await box.plan()).changes).not.toEqual([]);
    box.file('uv.lock', '[[package]]\nname = "prefect"\nversion = "2.20.3"\n');
    expect((await refusal(box.plan())).exit).toBe(78);
  });
});

describe('under our hands', () => {
  test('a file that is empty only for a moment is read again', async () => {
    box.write('[profiles.a]\n');
    const text = box.text();
    truncateSync(box.profiles);
    setTimeout(() => writeFileSync(box.profiles, text), 100);
    await box.setup();
    expect(box.text()).toContain('[profiles.a]');
    expect(box.text()).toContain('[profiles.ours]');
  });
  test('another profile written between plan and apply survives', async () => {
    await box.setup(() => box.write('[profiles.late]\n'));
    expect(box.text()).toBe(`active = "ours"\n\n[profiles.late]\n\n${OURS}`);
  });
  test('emptied for good between plan and apply: ours is written, nothing else can be known', async () => {
    box.write('[profiles.a]\n');
    await box.setup(() => truncateSync(box.profiles));
    expect(box.text()).toBe(`active = "ours"\n\n${OURS}`);
  });
  test('what a slower writer still put into the replaced file is merged', async () => {
    box.write('# gone, as Prefect does\nactive = "a"\n[profiles.a]\n');
    const theirs = 'active = "a"\n\n[profiles.a]\nPREFECT_API_URL = "http://late/api"\n';
    let first = true;
    const { changes, read } = await box.plan();
    await box.applyOnly(read, changes, files => ({
      ...files,
      replaceRegions(path, edit) {
        if (!first) return files.replaceRegions(path, edit);
        first = false;
        const fd = openSync(path, 'r+');
        files.replaceRegions(path, edit);
        ftruncateSync(fd); // Opened for writing before the rename; the text comes later.
        setTimeout(() => {
          writeSync(fd, theirs, 0);
          closeSync(fd);
        }, 60);
      },
    }));
    expect(box.text()).toBe(`${theirs}\n${OURS}`);
  });
  test('a file that changes at every attempt is left alone after the third', async () => {
    box.write('[profiles.a]\n');
    const { changes, read } = await box.plan();
    let attempts = 0;
    const work = box.applyOnly(read, changes, files => ({
      ...files,
      replaceRegions(path, edit) {
        attempts += 1;
        writeFileSync(box.profiles, `[profiles.a${attempts}]\n`);
        files.replaceRegions(path, edit);
      },
    }));
    expect(await refusal(work)).toMatchObject({ id: 'HB219', exit: 1 });
    expect([attempts, box.text()]).toEqual([3, '[profiles.a3]\n']);
  });
  test('made by somebody else between plan and apply: refused', async () => {
    const theirs = '[profiles.ours]\nPREFECT_API_URL = "http://old/api"\n';
    expect((await refusal(box.setup(() => box.write(theirs)))).id).toBe('HB202');
    expect(box.text()).toBe(theirs);
  });
});

describe('what beats the profile', () => {
  const ids = async (): Promise<[string, string][]> =>
    (await box.plan()).findings.map(({ id, message }) => [id, message]);
  test('names, files and lines; equal values are no news', async () => {
    box.env['prefect_api_url'] = 'http://elsewhere/api';
    box.file('prefect.toml', 'x = 1\n[api]\nurl = "http://placeholder/api"\n');
    expect(await ids()).toEqual([
      [
        'HB207',
        `The environment variable prefect_api_url sets PREFECT_API_URL to http://elsewhere/api, which beats ${API} of the profile ours.`,
      ],
    ]);
    box.env = { PATH, HOME: box.home };
    expect((await ids())[0]?.[1]).toMatch(/^prefect\.toml line 3 sets PREFECT_API_URL/);
    box.file('prefect.toml', `api.url = "${API}"\n`);
    expect(await ids()).toEqual([]);
    box.file('prefect.toml', '');
    box.file('pyproject.toml', '[tool.prefect]\napi = { url = "<placeholder>" }\n');
    expect((await ids())[0]?.[1]).toMatch(/^pyproject\.toml line 2 sets PREFECT_API_URL to <placeholder>/);
    box.file('.env', '\ufeff# x\r\nPREFECT_API_URL="http://dot/api"\r\n');
    expect((await ids())[0]?.[1]).toContain('.env line 2');
  });
  test('an empty value and another PREFECT_PROFILE', async () => {
    box.env['PREFECT_LOGGING_LEVEL'] = '';
    box.env['PREFECT_PROFILE'] = 'other';
    expect((await ids()).map(([id]) => id).sort()).toEqual(['HB206', 'HB208']);
  });
  test.each<[string, string | Uint8Array, string]>([
    ['.env', Buffer.from('\ufeffA=1', 'utf16le'), 'HB208'],
    ['.env', Buffer.from('A=\xfc', 'latin1'), 'HB208'],
    ['.env', 'PREFECT_LOGGING_LEVEL=\n', 'HB208'],
    ['prefect.toml', 'x = ', 'HB209'],
  ])('%s that keeps Prefect from starting', async (file, text, id) => {
    box.file(file, text);
    expect(await ids()).toMatchObject([[id, expect.any(String)]]);
  });
  test('secret values are neither shown nor kept, not even as a digest', async () => {
    box.file('.env', 'PREFECT_API_KEY=pnu_canary0123456789\nPREFECT_API_URL=http://u:canary@h/api\n');
    expect(JSON.stringify(await ids())).not.toContain('canary');
    await box.setup();
    const stamp = (): string => readFileSync(join(box.state, 'stamps.json'), 'utf8');
    const before = JSON.parse(stamp()).stamps.prefect.digest;
    box.file('.env', 'PREFECT_API_KEY=pnu_another9876543210\nPREFECT_API_URL=http://u:canary@h/api\n');
    expect((await box.plan()).changes).toEqual([]);
    box.file('.env', 'PREFECT_LOGGING_LEVEL=INFO\n');
    expect((await box.plan()).changes.map(({ key }) => key)).toEqual(['verify']);
    expect(before).toMatch(/^[0-9a-f]{64}$/);
  });
});
