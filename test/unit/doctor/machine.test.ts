import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MachineLook, WorkspaceLook } from '../../../src/doctor/check.ts';
import { clock } from '../../../src/doctor/machine-clock.ts';
import { fullDisk } from '../../../src/doctor/machine-disk.ts';
import { foreignIn, home } from '../../../src/doctor/machine-home.ts';
import { endOfLife } from '../../../src/doctor/machine-node.ts';
import {
  cloudFolder,
  letterCase,
  onWindows,
  otherMachine,
  place,
  windowsDrive,
} from '../../../src/doctor/machine-place.ts';
import { activeEnvironment, localeFindings, maskFindings } from '../../../src/doctor/machine-shell.ts';
import { environmentStore } from '../../../src/secrets/environment.ts';
import { mountOf, parseMounts } from '../../../src/system/mounts.ts';
import { userPaths } from '../../../src/system/paths.ts';
import { testCertificates } from '../../support/certificates.ts';
import { temporary } from '../../support/tools.ts';

function machine(env: Record<string, string>, more: Partial<MachineLook> = {}): MachineLook {
  return {
    env,
    path: '/usr/bin:/bin',
    paths: userPaths(env, 'linux'),
    ci: false,
    offline: false,
    deep: false,
    store: environmentStore(env),
    signal: new AbortController().signal,
    ...more,
  };
}

const workspaceAt = (root: string, env: Record<string, string>): WorkspaceLook =>
  ({ ...machine(env), root }) as unknown as WorkspaceLook;
const ids = (findings: readonly { id: string }[]): string[] => findings.map(({ id }) => id);

describe('Node', () => {
  const day = (text: string): number => Date.parse(text);

  it.each([
    ['v20.19.0', '2026-04-29', []],
    ['v20.19.0', '2026-05-01', ['HB150']],
    ['v25.1.0', '2026-07-01', ['HB150']],
    ['v22.12.0', '2026-07-01', []],
    ['v99.0.0', '2099-01-01', []],
  ])('%s on %s', (version, when, expected) => {
    const findings = endOfLife(version, day(when));
    expect(ids(findings)).toEqual(expected);
    // It is a note: this tool runs on it.
    for (const one of findings) expect(one.level).toBe('info');
  });

  it('names versions that live on', () => {
    expect(endOfLife('v20.19.0', day('2026-11-01'))[0]?.cause).toContain('Node 22 or 24');
    expect(endOfLife('v20.19.0', day('2031-11-01'))[0]?.cause).toContain('a newer one');
  });
});

describe('the clock', () => {
  /** Looks with a package index whose clock is so many milliseconds ahead. */
  async function against(ahead: number | undefined, more: Partial<MachineLook> = {}) {
    const requests: http.IncomingMessage[] = [];
    const server = http.createServer((request, response) => {
      requests.push(request);
      response.sendDate = false;
      if (ahead !== undefined) response.setHeader('Date', new Date(Date.now() + ahead).toUTCString());
      response.end();
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    const port = (server.address() as AddressInfo).port;
    const env = { HOME: temporary(), UV_DEFAULT_INDEX: `http://me:canary-4711@127.0.0.1:${port}/simple/` };
    try {
      return { findings: await clock.run(machine(env, more)), requests };
    } finally {
      server.close();
    }
  }

  it.each([
    [-3_600_000, '1 h ahead of'],
    [200_000, /3 min 20 s behind|3 min 19 s behind/],
  ])('is %d ms wrong', async (ahead, said) => {
    const { findings, requests } = await against(ahead);
    expect(findings).toMatchObject([{ id: 'HB151', level: 'warn', message: expect.stringMatching(said) }]);
    expect(requests.map(({ method }) => method)).toEqual(['HEAD']);
    expect(requests[0]?.headers.authorization).toBeUndefined();
    expect(JSON.stringify(findings)).not.toContain('canary');
  });

  it.each([[0], [30_000], [undefined]])('says nothing of %s ms', async ahead => {
    expect((await against(ahead)).findings).toEqual([]);
  });

  it('is the first suspect where a certificate is out of date', async () => {
    for (const ends of [-0.5, 1]) {
      const { ca, cert, key } = testCertificates(ends);
      const server = https.createServer({ cert, key }, (_, response) => response.end());
      await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
      const file = join(temporary(), 'ca.pem');
      writeFileSync(file, ca);
      const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/simple/`;
      const findings = await clock.run(machine({ HOME: temporary(), UV_DEFAULT_INDEX: url, SSL_CERT_FILE: file }));
      server.close();
      expect(ids(findings)).toEqual(ends < 0 ? ['HB151'] : []);
    }
  });

  it('asks nobody offline, and blames nothing on an index that is down', async () => {
    const { findings, requests } = await against(3_600_000, { offline: true });
    expect([findings, requests]).toEqual([[], []]);
    const down = machine({ HOME: temporary(), UV_DEFAULT_INDEX: 'http://127.0.0.1:1/simple/' });
    expect(await clock.run(down)).toEqual([]);
  });
});

describe('a disk', () => {
  const place = { name: 'the workspace', path: '/', needs: { little: 1e9, none: 1e8 } };
  const files = { free: 1e6, all: 2e6 };

  it.each([
    ['room', { free: 2e9, files }, []],
    ['little', { free: 5e8, files }, ['HB152 warn']],
    ['hardly any', { free: 5e7, files }, ['HB152 fail']],
    ['few inodes', { free: 2e9, files: { free: 19_000, all: 2e6 } }, ['HB153 warn']],
    ['no inodes', { free: 2e9, files: { free: 0, all: 2e6 } }, ['HB153 fail']],
    ['a small file system with most of its inodes free', { free: 2e9, files: { free: 9000, all: 10_000 } }, []],
    ['a file system that counts no inodes', { free: 2e9, files: undefined }, []],
  ])('has %s', (_, space, expected) => {
    expect(fullDisk(place, space).map(({ id, level }) => `${id} ${level}`)).toEqual(expected);
  });

  it('says how much there is and how much it takes', () => {
    const [found] = fullDisk(place, { free: 50_500_000, files });
    expect(found?.message).toBe('The disk of the workspace has 50 MB left.');
    expect(found?.cause).toContain('100 MB');
  });
});

describe('HOME', () => {
  it('is a folder that can be written', async () => {
    const there = temporary();
    expect(await home.run(machine({ HOME: there }))).toEqual([]);
    writeFileSync(join(there, 'file'), '');
    for (const path of [join(there, 'none'), join(there, 'file')]) {
      expect(await home.run(machine({ HOME: path }))).toMatchObject([{ id: 'HB160', level: 'fail' }]);
    }
  });
});

describe('files of somebody else in HOME', () => {
  const there = temporary();
  for (const path of ['.npm/_cacache', '.config/uv', '.local/share', 'projects/x'])
    mkdirSync(join(there, path), { recursive: true });
  const look = { paths: userPaths({ HOME: there }, 'linux'), deep: false };
  const mine = process.getuid?.() ?? 0;

  it('are told once for a tree, with the exact command, and only where tools keep things', () => {
    const [found, ...others] = foreignIn(look, mine + 1);
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      id: 'HB161',
      level: 'warn',
      message: 'Not yours, but in your HOME: ~/.npm, ~/.config, ~/.local.',
    });
    expect(found?.fix?.command).toBe(
      `sudo chown -R "$(id -u):$(id -g)" ${['.npm', '.config', '.local'].map(name => join(there, name)).join(' ')}`,
    );
  });

  it('are none when all is ours, or we are root', () => {
    expect(foreignIn(look, mine)).toEqual([]);
    expect(foreignIn(look, 0)).toEqual([]);
    expect(foreignIn(look, undefined)).toEqual([]);
  });
});

describe('the shell', () => {
  it('has another environment active', async () => {
    const root = temporary();
    mkdirSync(join(root, '.venv'));
    const other = temporary();
    const active = async (env: Record<string, string>) =>
      ids(await activeEnvironment.run(workspaceAt(root, { HOME: root, ...env })));
    expect(await active({})).toEqual([]);
    expect(await active({ VIRTUAL_ENV: other })).toEqual(['HB154']);
    expect(await active({ VIRTUAL_ENV: join(other, 'gone') })).toEqual(['HB154']);
    expect(await active({ VIRTUAL_ENV: join(root, '.venv') })).toEqual([]);
    symlinkSync(root, join(other, 'link'));
    expect(await active({ VIRTUAL_ENV: join(other, 'link', '.venv') })).toEqual([]);
    expect(await active({ CONDA_PREFIX: '/opt/conda', CONDA_DEFAULT_ENV: 'base' })).toEqual(['HB155']);
    expect(await active({ CONDA_PREFIX: '/opt/conda', VIRTUAL_ENV: join(root, '.venv') })).toEqual([]);
  });

  it.each([
    [0o022, []],
    [0o077, []],
    [0o002, []],
    [0o000, ['HB164 warn']],
    [0o020, ['HB164 warn']],
    [0o777, ['HB164 fail']],
    [0o122, ['HB164 fail']],
  ])('has umask %o', (mask, expected) => {
    expect(maskFindings(mask).map(({ id, level }) => `${id} ${level}`)).toEqual(expected);
  });

  it.each([
    [{}, 'linux', []],
    [{ LANG: 'C' }, 'linux', []],
    [{ LANG: 'de_DE.UTF-8' }, 'linux', []],
    [{ LANG: 'de_DE.utf8' }, 'linux', []],
    [{ LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE@euro' }, 'linux', ['export LC_ALL=de_DE.UTF-8']],
    [{ LANG: 'ru_RU.KOI8-R' }, 'linux', ['export LANG=ru_RU.UTF-8']],
    [{ LANG: 'odd' }, 'linux', ['export LANG=C.UTF-8']],
    [{ LANG: 'ru_RU.KOI8-R', PYTHONUTF8: '1' }, 'linux', []],
    [{ LANG: 'ru_RU.KOI8-R' }, 'win32', []],
  ] as const)('has the locale %j on %s', (env, platform, expected) => {
    expect(localeFindings(env, platform).map(({ fix }) => fix?.command)).toEqual(expected);
  });
});

describe('the place of a workspace', () => {
  it.each([
    ['/home/me/src/hotpass', 'linux', undefined],
    ['/home/me/OneDrive/hotpass', 'linux', 'OneDrive'],
    ['/home/me/Dropbox (Work)/hotpass', 'linux', 'Dropbox'],
    ['/home/me/Google Drive/hotpass', 'linux', 'Google Drive'],
    ['/home/me/dropbox-client', 'linux', undefined],
    ['/home/me/src/dropbox', 'linux', undefined],
    ['/srv/box', 'linux', undefined],
    ['/Users/me/Library/CloudStorage/OneDrive-Firm/x', 'darwin', 'OneDrive'],
    ['G:\\My Drive\\x', 'win32', 'Google Drive'],
    ['/Users/me/Library/Mobile Documents/com~apple~CloudDocs/x', 'darwin', 'iCloud Drive'],
    ['/Users/me/Library/CloudStorage/GoogleDrive-me@example.com/My Drive/x', 'darwin', 'Google Drive'],
    ['/home/me/Nextcloud/x', 'linux', 'a program that synchronises it'],
    ['C:\\Users\\me\\OneDrive - Firm\\x', 'win32', 'OneDrive'],
  ] as const)('%s on %s', (root, platform, service) => {
    const home = platform === 'win32' ? 'C:\\Users\\me' : platform === 'darwin' ? '/Users/me' : '/home/me';
    const findings = cloudFolder(root, home, {}, platform);
    expect(ids(findings)).toEqual(service === undefined ? [] : ['HB156']);
    if (service) expect(findings[0]?.message).toContain(service);
  });

  it('is in the folder that a variable of OneDrive names', () => {
    const env = { OneDrive: 'D:\\Cloud' };
    expect(ids(cloudFolder('D:\\Cloud\\x', 'C:\\Users\\me', env, 'win32'))).toEqual(['HB156']);
    expect(cloudFolder('D:\\Clouds\\x', 'C:\\Users\\me', env, 'win32')).toEqual([]);
  });

  // Lines of /proc/self/mountinfo as the kernel writes them.
  const RECORDED = [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro',
    '60 22 0:51 / /home/net rw,relatime shared:29 - nfs4 server:/export/home rw,vers=4.2,rsize=1048576,hard,proto=tcp,sec=sys',
    '61 22 0:52 / /mnt/share rw,relatime - cifs //server/share rw,vers=3.1.1,cache=strict,username=me',
    '62 22 0:53 / /home/me/remote rw,nosuid,nodev,relatime - fuse.sshfs me@server: rw,user_id=1000,group_id=1000',
    '63 22 0:54 / /mnt/c rw,noatime - 9p C:\\134 rw,dirsync,aname=drvfs;path=C:\\;uid=1000;gid=1000,mmap,access=client',
    '64 22 0:55 / /mnt/old rw,noatime - drvfs D: rw,case=off',
    '65 22 0:56 / /workspaces rw,relatime - virtiofs shared rw',
    '66 22 0:57 / /media/my\\040disk rw,relatime - fuseblk /dev/sdb1 rw,user_id=0,allow_other',
    '67 22 0:58 / /vagrant rw,nodev,relatime - vboxsf vagrant rw,iocharset=utf8,uid=1000',
    '68 22 0:59 / /Users rw,relatime - fakeowner grpcfuse rw,user_id=0',
  ].join('\n');
  const all = parseMounts(RECORDED);

  it.each([
    ['/home/me/project', []],
    ['/home/net/me/work', ['HB157 warn']],
    ['/mnt/share/work', ['HB157 warn']],
    ['/home/me/remote/work', ['HB157 warn']],
    ['/home/me/remoteness', []],
    ['/mnt/c/Users/me/work', ['HB158 warn']],
    ['/mnt/old/work', ['HB158 warn']],
    ['/workspaces/work', ['HB157 info']],
    ['/media/my disk/work', []],
    ['/vagrant', ['HB157 info']],
    ['/Users/me/work', ['HB157 info']],
  ])('%s on recorded mounts', (root, expected) => {
    const mount = mountOf(root, all);
    const found = [...windowsDrive(root, mount), ...otherMachine(root, mount)];
    expect(found.map(({ id, level }) => `${id} ${level}`)).toEqual(expected);
  });

  it('is the root of a system that has nothing nearer', () => {
    const mount = mountOf('/srv/harbour', parseMounts('1 0 0:1 / / rw - 9p none rw,trans=fd'));
    expect(otherMachine('/srv/harbour', mount)).toEqual([]);
  });

  it('is deep down on Windows', () => {
    expect(ids(onWindows(`C:\\${'a'.repeat(120)}`, 'win32'))).toEqual(['HB159', 'HB167']);
    expect(ids(onWindows('C:\\a', 'win32'))).toEqual(['HB167']);
    expect(onWindows(`/${'a'.repeat(120)}`, 'linux')).toEqual([]);
  });

  it('is a file system that takes capital letters for small ones', () => {
    const root = temporary();
    expect(letterCase(root, 'linux')).toEqual([]);
    writeFileSync(join(root, 'pyproject.toml'), '');
    expect(letterCase(root, 'linux')).toEqual([]);
    // Two names of one file are what such a file system shows; here both are listed, and so they are two.
    symlinkSync('pyproject.toml', join(root, 'PYPROJECT.TOML'));
    expect(letterCase(root, 'linux')).toEqual([]);
    writeFileSync(join(root, 'readme.md'), '');
    const folding = (path: string): string => path.toLowerCase();
    expect(ids(letterCase(root, 'linux', folding))).toEqual(['HB166']);
    expect(letterCase(root, 'darwin', folding)).toEqual([]);
  });

  it('is fine in an ordinary folder', async () => {
    const root = temporary();
    chmodSync(root, 0o755);
    expect(await place.run(workspaceAt(root, { HOME: '/home/me' }))).toEqual([]);
  });
});
