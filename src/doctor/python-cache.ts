import { join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { venvFolder } from '../engine/fingerprint.ts';
import { existing } from '../system/disk-space.ts';
import { realPath, statOf } from '../system/files.ts';
import { isNetwork, type Mount, mountOf, mounts } from '../system/mounts.ts';
import { uvCacheFolder } from '../system/uv-cache.ts';
import type { WorkspaceCheck } from './check.ts';

/** Where uv's cache and `.venv` lie decides how packages get from one to the other (facts uv §2, §5). */
export const linkedPackages: WorkspaceCheck = {
  title: 'uv can link packages from its cache',
  about: 'workspace',
  async run({ root, env, paths, wanted }) {
    const cache = uvCacheFolder(env, root, paths.home);
    const all = mounts();
    return [
      ...onNetwork(cache, all),
      ...otherDisk(cache, root, env['UV_LINK_MODE']),
      ...mountedHere(root, wanted.envFile.path, all),
    ];
  },
};

/** The locks of network file systems do not hold, and every small file is a round trip. */
export function onNetwork(cache: string, all: readonly Mount[]): Finding[] {
  const mount = mountOf(existing(cache), all);
  if (!mount || !isNetwork(mount)) return [];
  return [
    finding(
      'HB283',
      'warn',
      `uv's cache ${cache} lies on a network file system (${mount.type}).`,
      'Locks do not hold there, so two uv at the same time can spoil it, and every sync is slow.',
      { command: 'export UV_CACHE_DIR="/var/tmp/uv-cache-$(id -u)"', safe: false },
    ),
  ];
}

function otherDisk(cache: string, root: string, mode: string | undefined): Finding[] {
  // On purpose, or not by hard links at all.
  if (mode === 'copy' || mode === 'symlink' || process.platform === 'win32') return [];
  const [here, there] = [statOf(existing(venvFolder(root)))?.dev, statOf(existing(cache))?.dev];
  if (here === undefined || there === undefined || here === there) return [];
  return [
    finding(
      'HB283',
      'info',
      `uv's cache ${cache} is on another file system than .venv.`,
      "Packages cannot be linked from one to the other and are copied: about eighteen times slower, and each takes its space twice. A cache on the same file system (UV_CACHE_DIR) mends it; UV_LINK_MODE=copy at least silences uv's warning.",
      { command: 'export UV_LINK_MODE=copy', safe: false },
    ),
  ];
}

/** Dev containers mount a volume there, and single files (facts real-world 11). */
export function mountedHere(root: string, envFile: string, all: readonly Mount[]): Finding[] {
  const mounted = (name: string): boolean => {
    const path = join(root, name);
    const real = realPath(path) ?? path;
    return all.some(({ point }) => point === real);
  };
  const found: Finding[] = [];
  if (mounted('.venv')) {
    const cause =
      'It cannot be renamed: when it has to be made anew it is emptied in place, and no copy of the former one is kept.';
    found.push(finding('HB284', 'info', '.venv is a mount point.', cause));
  }
  if (mounted(envFile)) {
    const cause = 'It cannot be replaced in one instant and is written in place; the journal keeps what stood in it.';
    found.push(finding('HB284', 'info', `${envFile} is a mount point.`, cause));
  }
  return found;
}
