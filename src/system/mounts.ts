import { readText } from './files.ts';

/** A mounted file system (proc(5), mountinfo). */
export interface Mount {
  /** Where it is mounted. */
  point: string;
  /** Its type as the kernel names it, e.g. `ext4`, `nfs4`, `fuse.sshfs`. */
  type: string;
  /** What is mounted, e.g. `/dev/sda1`, `C:\\`, `server:/export`. */
  source: string;
  /** Options of the mount and of the file system, e.g. `noexec`, `aname=drvfs`. */
  options: readonly string[];
}

const NETWORK =
  /^(nfs\d*|cifs|smb\d*|smbfs|afs|9p|ceph|glusterfs|lustre|gpfs|beegfs|fuse\.(sshfs|s3fs|rclone|gcsfuse))$/;

/** What is mounted, in the kernel's order; none where there is no /proc. */
export function mounts(): Mount[] {
  return parseMounts(readText('/proc/self/mountinfo') ?? '');
}

/** Lines of mountinfo; spaces and other odd characters in a path are written as octal escapes. */
export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap(line => {
    const [fixed = '', rest = ''] = line.split(' - ');
    const [, , , , point, options = ''] = fixed.split(' ');
    const [type, source = '', own = ''] = rest.split(' ');
    if (!point || !type) return [];
    return [{ point: plainPath(point), type, source: plainPath(source), options: `${options},${own}`.split(/[,;]/) }];
  });
}

/** The mount a path lies in: the deepest one, of several at one place the last. */
export function mountOf(path: string, all: readonly Mount[] = mounts()): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of all) {
    const inside = path === mount.point || path.startsWith(mount.point === '/' ? '/' : `${mount.point}/`);
    if (inside && mount.point.length >= (found?.point.length ?? 0)) found = mount;
  }
  return found;
}

/** Is it a file system of another machine? */
export function isNetwork(mount: Mount | undefined): boolean {
  return mount !== undefined && NETWORK.test(mount.type);
}

function plainPath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
