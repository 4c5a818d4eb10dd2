import { join, posix, win32 } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import type { Env } from '../system/environment.ts';
import { lstatOf, namesIn, readText } from '../system/files.ts';
import { isNetwork, type Mount, mountOf, mounts } from '../system/mounts.ts';
import type { WorkspaceCheck } from './check.ts';

/** Where the workspace lies: on its own disk, out of reach of programs that move or lock files. */
export const place: WorkspaceCheck = {
  title: 'Place of the workspace',
  about: 'workspace',
  async run({ root, env, paths }) {
    const mount = mountOf(root, mounts());
    return [
      ...cloudFolder(root, paths.home, env, process.platform),
      ...(isWsl() ? windowsDrive(root, mount) : []),
      ...otherMachine(root, mount),
      ...onWindows(root, process.platform),
      ...letterCase(root, process.platform),
    ];
  },
};

/** Names of the top folders of such programs: directly below HOME, a drive, or macOS's own place for them. */
const CLOUDS: readonly [RegExp, string][] = [
  [/^onedrive(-| - |$)/i, 'OneDrive'],
  [/^dropbox( \(.*\))?$/i, 'Dropbox'],
  [/^(google ?drive(-.*)?|my drive)$/i, 'Google Drive'],
  [/^icloud ?drive$/i, 'iCloud Drive'],
  [/^(box( sync)?|nextcloud|owncloud|pcloud ?drive|seafile|syncthing)(-.*)?$/i, 'a program that synchronises it'],
];

/** A folder that a program keeps the same on several machines. */
export function cloudFolder(root: string, home: string, env: Env, platform: NodeJS.Platform): Finding[] {
  const service = cloudOf(root, home, env, platform);
  if (service === undefined) return [];
  const message = `The workspace lies in a folder of ${service}: ${root}`;
  const cause =
    'The thousands of files of .venv are copied, locked meanwhile, and may be replaced by placeholders; syncs fail or packages break. Clone it outside.';
  return [finding('HB156', 'warn', message, cause, cloneElsewhere(root))];
}

function cloudOf(root: string, home: string, env: Env, platform: NodeJS.Platform): string | undefined {
  const { sep: separator } = platform === 'win32' ? win32 : posix;
  const inside = (folder: string | undefined): boolean =>
    folder !== undefined && folder !== '' && `${root}${separator}`.startsWith(`${folder}${separator}`);
  if (['OneDrive', 'OneDriveCommercial', 'OneDriveConsumer'].some(name => inside(env[name]))) return 'OneDrive';
  const parts = (inside(home) ? root.slice(home.length) : root.replace(/^[A-Za-z]:/, '')).split(separator).slice(1);
  const [first = '', second = '', third = ''] = parts;
  if (first === 'Library' && second === 'Mobile Documents') return 'iCloud Drive';
  const top = first === 'Library' && second === 'CloudStorage' ? third : first;
  const known = CLOUDS.find(([shape]) => shape.test(top))?.[1];
  // What macOS mirrors itself has no name of its own in the path.
  const mirrored = platform === 'darwin' && inside(home) && /^(Desktop|Documents)$/.test(first);
  return (
    known ??
    (mirrored && lstatOf(`${home}/Library/Mobile Documents/com~apple~CloudDocs/${first}`) ? 'iCloud Drive' : undefined)
  );
}

/** A command that clones the workspace into HOME; only a clone can be cloned. */
function cloneElsewhere(root: string): Finding['fix'] {
  if (!lstatOf(join(root, '.git'))) return undefined;
  return { command: `git clone ${quoteWord(root)} ~/${nameOf(root)}`, safe: false };
}

function nameOf(root: string): string {
  return quoteWord(root.split(/[\\/]/).at(-1) ?? 'workspace');
}

/** WSL reaches the drives of Windows over a protocol of its own, many times slower than its own disk. */
export function windowsDrive(root: string, mount: Mount | undefined): Finding[] {
  const drvfs = mount && (mount.type === 'drvfs' || mount.options.some(option => option.startsWith('aname=drvfs')));
  if (!drvfs && !(mount?.type === '9p' && /^\/mnt\/[a-z](\/|$)/.test(root))) return [];
  const message = `The workspace lies on a drive of Windows: ${root}`;
  const cause =
    'From WSL every file there takes many times longer, rights are not kept, and links between packages and their cache do not work. Clone it into the file system of Linux.';
  return [finding('HB158', 'warn', message, cause, cloneElsewhere(root))];
}

function isWsl(): boolean {
  return process.platform === 'linux' && /microsoft/i.test(readText('/proc/sys/kernel/osrelease') ?? '');
}

/** A disk of another machine, or of a program. */
export function otherMachine(root: string, mount: Mount | undefined): Finding[] {
  // What the whole system stands on is as near as anything here.
  if (!mount || mount.point === '/' || mount.options.some(option => option.startsWith('aname=drvfs'))) return [];
  if (!isNetwork(mount) && !/^(fuse(blk)?(\.|$)|fakeowner|virtiofs|vboxsf|vmhgfs|prl_fs)/.test(mount.type)) return [];
  // These two are how a local disk is shown: an NTFS partition, and the overlay of a container without root.
  if (/^(fuseblk|fuse\.(fuse-overlayfs|overlayfs|mergerfs|portal))$/.test(mount.type)) return [];
  const far = isNetwork(mount);
  const message = `The workspace lies on ${far ? 'a network file system' : 'a shared folder'} (${mount.type}): ${root}`;
  const cause = far
    ? 'Locks may not hold there and each of the thousands of files of .venv is a round trip: syncs are slow, and two machines must not share one .venv.'
    : mount.type.startsWith('fuse.')
      ? 'A program stands between it and the disk: syncs are slow, and locks or links may not work.'
      : 'It belongs to the machine around this one: syncs are slow, and a .venv made here does not work there.';
  return [finding('HB157', far ? 'warn' : 'info', message, cause, { command: `df ${quoteWord(root)}`, safe: false })];
}

/** Long paths and virus scanners are trouble of Windows alone. */
export function onWindows(root: string, platform: NodeJS.Platform): Finding[] {
  if (platform !== 'win32') return [];
  const found: Finding[] = [];
  // The longest path inside a package of Prefect's closure has about 150 characters; Windows allows 260.
  if (root.length > 100) {
    const command =
      'reg add HKLM\\SYSTEM\\CurrentControlSet\\Control\\FileSystem /v LongPathsEnabled /t REG_DWORD /d 1 /f';
    const message = `The path of the workspace has ${root.length} characters.`;
    const cause = 'Windows allows 260 for a whole path unless long paths are switched on; packages have up to 150.';
    found.push(finding('HB159', 'warn', message, cause, { command, safe: false }));
  }
  const message = 'Virus scanners look at every file of .venv.';
  const cause = 'A sync takes several times longer; a Dev Drive, or an exclusion of this folder, mends it.';
  const command = `powershell Add-MpPreference -ExclusionPath '${root}'`;
  return [...found, finding('HB167', 'info', message, cause, { command, safe: false })];
}

/**
 * On Linux, a file system that takes `A` for `a` is one that others do not have.
 * @param identity tells files apart; undefined for one that is not there.
 */
export function letterCase(
  root: string,
  platform: NodeJS.Platform,
  identity: (path: string) => string | undefined = inode,
): Finding[] {
  if (platform !== 'linux') return [];
  const names = namesIn(root);
  const name = names.find(entry => /^[a-z]/.test(entry) && !names.includes(entry.toUpperCase()));
  if (name === undefined) return [];
  const other = identity(join(root, name.toUpperCase()));
  if (other === undefined || other !== identity(join(root, name))) return [];
  const message = `The file system of ${root} takes capital letters for small ones.`;
  const cause = `${name.toUpperCase()} and ${name} are the same file here. What works here may fail where they are two, in CI for one.`;
  return [finding('HB166', 'info', message, cause)];
}

function inode(path: string): string | undefined {
  const stats = lstatOf(path);
  return stats && `${stats.dev}:${stats.ino}`;
}
