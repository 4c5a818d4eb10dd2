import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectRefusal, expectSetupRefuses, leftovers, ordinaryMachine, smallWorkspace } from '../support/bad-input.ts';
import { Machine } from '../support/machine.ts';
import { temporary } from '../support/tools.ts';

const MINE =
  '# mine\nactive = "mine"\n\n[profiles.mine]   # odd  formatting\nPREFECT_API_URL   =   "http://127.0.0.1:4300/api"\n';

let machine: Machine;
let root: string;
let profiles: string;

function begin(made: Machine): void {
  machine = made;
  root = smallWorkspace(machine);
  mkdirSync(join(machine.home, '.prefect'));
  profiles = join(machine.home, '.prefect', 'profiles.toml');
}
beforeEach(() => begin(new Machine()));

function setUp(env: Record<string, string> = {}) {
  const outcome = machine.run(root, ['setup', '--yes'], { env });
  expect(outcome.stderr).toMatch(/ready in/);
  expect(outcome.code).toBe(0);
  expect(leftovers(machine)).toEqual([]);
  return outcome;
}

describe('a profiles.toml that Prefect cannot read either', () => {
  it.each([
    ['no TOML', `${MINE}[profiles.broken\n`, 'is not valid TOML: line 6'],
    ['a table twice', `${MINE}[profiles.mine]\n`, 'is not valid TOML'],
    ['a profile that is no table', 'active = "mine"\n[profiles]\nmine = 1\n', 'profiles.mine'],
    ['a byte order mark', `\ufeff${MINE}`, 'begins with a byte order mark'],
    ['UTF-16', Buffer.from(`\ufeff${MINE}`, 'utf16le'), 'is not UTF-8 text'],
  ])('%s: 78, and every byte stays', (_, content, says) => {
    writeFileSync(profiles, content, { mode: 0o600 });
    expectSetupRefuses(machine, root, { code: 78, says: [profiles, says] });
    expectRefusal(machine, root, machine.run(root, ['plan']), { code: 78, says: [says] });
    expect(existsSync(join(root, '.venv'))).toBe(false);
  });

  it('a folder in its place: 78', () => {
    mkdirSync(profiles);
    expectSetupRefuses(machine, root, { code: 78, says: [profiles, 'is not a file'] });
  });

  it('a second name: 78, since the other name would keep the old content', () => {
    writeFileSync(profiles, MINE, { mode: 0o600 });
    linkSync(profiles, join(machine.home, 'other-name'));
    expectSetupRefuses(machine, root, { code: 78, says: ['has a second name'] });
  });
});

describe('a profiles.toml in an unusual state', () => {
  it('with CRLF keeps it, in our lines too', () => {
    const crlf = MINE.replaceAll('\n', '\r\n');
    writeFileSync(profiles, crlf, { mode: 0o600 });
    setUp();
    const text = readFileSync(profiles, 'utf8');
    expect(text.startsWith(crlf)).toBe(true);
    expect(text).toContain('[profiles.small-local]\r\n');
    expect(text.replaceAll('\r\n', '')).not.toContain('\n');
  });

  it('as a link is followed, and stays a link', () => {
    const target = join(machine.home, 'dotfiles-profiles.toml');
    writeFileSync(target, MINE, { mode: 0o600 });
    symlinkSync('../dotfiles-profiles.toml', profiles);
    setUp();
    expect(lstatSync(profiles).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8').startsWith(MINE)).toBe(true);
    expect(readFileSync(target, 'utf8')).toContain('[profiles.small-local]');
  });

  it('with mode 0644 is tightened, also when nothing else is due', () => {
    writeFileSync(profiles, MINE, { mode: 0o644 });
    setUp();
    expect(statSync(profiles).mode & 0o777).toBe(0o600);
    const text = readFileSync(profiles, 'utf8');
    chmodSync(profiles, 0o644);
    expect(machine.run(root, ['plan']).stdout).toMatch(/permissions of[\s\S]*0644[\s\S]*0600/);
    setUp();
    expect(statSync(profiles).mode & 0o777).toBe(0o600);
    expect(readFileSync(profiles, 'utf8')).toBe(text);
  });

  it('that is empty gets our profile', () => {
    writeFileSync(profiles, '', { mode: 0o600 });
    setUp();
    expect(readFileSync(profiles, 'utf8')).toContain('[profiles.small-local]');
  });

  it('that another program empties and rewrites all the time loses nothing of either', async () => {
    writeFileSync(profiles, MINE, { mode: 0o600 });
    // As Prefect writes: read, truncate, write; no lock, no rename.
    const writer = spawn('python3', [
      '-c',
      'import sys,time\nfor n in range(80):\n  t=open(sys.argv[1]).read()\n  if "[profiles.mine]" not in t: continue\n  f=open(sys.argv[1],"w"); time.sleep(.05); f.write(t); f.close(); time.sleep(.02)',
      profiles,
    ]);
    const ended = new Promise(done => writer.on('close', done));
    const outcome = await machine.start(root, ['setup', '--yes']).done;
    await ended;
    if (outcome.code !== 0) expectRefusal(machine, root, outcome, { code: 1, says: ['another program'] });
    expect(readFileSync(profiles, 'utf8').startsWith(MINE)).toBe(true);
    machine.run(root, ['setup', '--yes']);
    expect(machine.run(root, ['plan']).code).toBe(0);
    expect(readFileSync(profiles, 'utf8')).toMatch(/\[profiles\.small-local\][\s\S]*4200/);
    expect(readFileSync(profiles, 'utf8').startsWith(MINE)).toBe(true);
  });
});

describe('a profiles.toml that may not be written', () => {
  beforeEach(() => begin(ordinaryMachine()));

  it('write-protected: 1, and how to change that', () => {
    writeFileSync(profiles, MINE, { mode: 0o400 });
    chmodSync(profiles, 0o400);
    expectSetupRefuses(machine, root, { code: 1, says: ['is write-protected', 'Next: chmod u+w'] });
  });

  it('in a folder that is write-protected: 1', () => {
    chmodSync(join(machine.home, '.prefect'), 0o555);
    try {
      expectSetupRefuses(machine, root, { code: 1, says: ['cannot be written', 'Next: chmod u+rwx'] });
    } finally {
      chmodSync(join(machine.home, '.prefect'), 0o755);
    }
  });

  it('of somebody else: 1, and it stays theirs', () => {
    if (process.getuid?.() !== 0) return; // Only root can make such a file.
    const folder = temporary('hb-theirs-');
    const theirs = join(folder, 'profiles.toml');
    writeFileSync(theirs, MINE, { mode: 0o644 });
    chmodSync(folder, 0o777);
    chownSync(folder, 65534, 65534);
    symlinkSync(theirs, profiles);
    expectSetupRefuses(machine, root, { code: 1, says: ['cannot be written', theirs] });
    expect(statSync(theirs)).toMatchObject({ uid: 0, size: MINE.length });
  });

  it('not even readable: 1', () => {
    writeFileSync(profiles, MINE);
    chmodSync(profiles, 0o000);
    const refusal = { code: 1, says: [profiles, 'may not be opened by this user'] };
    expectRefusal(machine, root, machine.run(root, ['setup', '--yes']), refusal);
    expectRefusal(machine, root, machine.run(root, ['plan']), refusal);
    chmodSync(profiles, 0o600);
    expect(readFileSync(profiles, 'utf8')).toBe(MINE);
  });
});

describe('what beats the profile that is written', () => {
  it('PREFECT_PROFILE and PREFECT_API_URL of the caller are named; run gives ours', () => {
    const env = { PREFECT_PROFILE: 'other', PREFECT_API_URL: 'http://127.0.0.1:4999/api' };
    const { stderr } = setUp(env);
    expect(stderr).toMatch(/PREFECT_PROFILE is other in your environment, not\s+small-local/);
    expect(stderr).toMatch(/PREFECT_API_URL\s+sets\s+PREFECT_API_URL\s+to\s+http:\/\/127.0.0.1:4999\/api/);
    const plan = machine.run(root, ['plan', '--json'], { env });
    expect(plan.code).toBe(0);
    expect(JSON.parse(plan.stdout).findings.map((found: { id: string }) => found.id)).toEqual(
      expect.arrayContaining(['HB206', 'HB207']),
    );
    expect(machine.run(root, ['run', '--', 'printenv', 'PREFECT_PROFILE'], { env }).stdout).toBe('small-local\n');
    const url = machine.run(root, ['run', '--', 'printenv', 'PREFECT_API_URL'], { env });
    expect(url.stdout).toBe('http://127.0.0.1:4200/api\n');
  });

  it('a .env of the workspace is named with its line; run gives ours', () => {
    writeFileSync(join(root, '.env'), 'OTHER=1\nPREFECT_API_URL=http://127.0.0.1:4999/api\n');
    const { stderr } = setUp();
    expect(stderr).toMatch(/\.env line 2 sets PREFECT_API_URL/i);
    const url = machine.run(root, ['run', '--', 'printenv', 'PREFECT_API_URL']);
    expect(url.stdout).toBe('http://127.0.0.1:4200/api\n');
  });

  it('a .env that moves the profiles elsewhere: 78, and nothing is changed', () => {
    writeFileSync(join(root, '.env'), 'PREFECT_HOME=/tmp/elsewhere\n');
    expectSetupRefuses(machine, root, { code: 78, says: ['.env line 1', 'PREFECT_HOME'] });
  });
});
