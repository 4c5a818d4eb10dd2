import { join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { sitePackages, venvFolder } from '../engine/fingerprint.ts';
import { namesIn, readText, statOf } from '../system/files.ts';
import { libc } from '../system/platform.ts';
import type { WorkspaceCheck } from './check.ts';

/** What a machine runs: `libc` is `glibc` or `musl` on Linux. */
export interface Machine {
  platform: NodeJS.Platform;
  arch: string;
  libc: () => string;
}

/** The names wheels have for an architecture (PEP 425 tags). */
const ARCHITECTURES: Record<string, RegExp> = {
  x64: /(x86_64|amd64)$/,
  arm64: /(aarch64|arm64)$/,
  ia32: /(i[3-6]86|win32)$/,
  arm: /armv[678]l$/,
};

/** A `.venv` that was copied, or is shared with a container or another system (facts uv §5, uv#13124). */
export const foreignVenv: WorkspaceCheck = {
  title: '.venv is made for this machine',
  about: 'workspace',
  run: async ({ root, wanted }) => foreignFindings(root, HERE, wanted.python.exact),
};

const HERE: Machine = { platform: process.platform, arch: process.arch, libc: () => libc().kind };

/**
 * Looks at names and at the tags that wheels leave behind; starts nothing.
 * @param safe may setup replace it without being told?
 */
export function foreignFindings(root: string, machine: Machine, safe: boolean): Finding[] {
  const made = otherLayout(root, machine.platform) ?? otherTags(root, machine);
  if (made === undefined) return [];
  return [
    finding(
      'HB280',
      'fail',
      `.venv was made on another kind of machine: ${made}.`,
      'It was copied, or is shared with a container or another system, and does not start here. setup replaces what does not fit, and then the other machine has the same trouble: each needs a .venv of its own.',
      { command: 'hotpass-bootstrap setup --only python', safe },
    ),
  ];
}

/** Windows has `Scripts`, everybody else `bin`. */
function otherLayout(root: string, platform: NodeJS.Platform): string | undefined {
  const venv = venvFolder(root);
  const has = (name: string): boolean => statOf(join(venv, name))?.isDirectory() ?? false;
  if (!statOf(join(venv, 'pyvenv.cfg'))) return undefined;
  if (platform !== 'win32' && has('Scripts') && !has('bin')) return 'it has the folders of Windows';
  if (platform === 'win32' && has('bin') && !has('Scripts')) return 'it has the folders of Linux or macOS';
  return undefined;
}

function otherTags(root: string, machine: Machine): string | undefined {
  const folder = sitePackages(root);
  if (folder === undefined) return undefined;
  for (const name of namesIn(folder)) {
    if (!name.endsWith('.dist-info')) continue;
    const platforms = platformsIn(readText(join(folder, name, 'WHEEL')) ?? '');
    if (platforms.length === 0 || platforms.some(tag => runsHere(tag, machine))) continue;
    return `${name.split('-')[0]} in it is for ${platforms[0]}`;
  }
  return undefined;
}

/** The last part of each line `Tag: cp312-cp312-manylinux_2_17_x86_64`. */
function platformsIn(wheel: string): string[] {
  const tags = wheel.split('\n').filter(line => line.startsWith('Tag:'));
  return tags.flatMap(line => line.slice(4).trim().split('-')[2] ?? []);
}

/** Wheels of macOS may run under its emulation, so there only the system counts. */
function runsHere(tag: string, { platform, arch, libc: kind }: Machine): boolean {
  if (tag === 'any') return true;
  if (platform === 'darwin') return tag.startsWith('macosx');
  const known = ARCHITECTURES[arch];
  if (known && !known.test(tag)) return false;
  if (platform === 'win32') return tag.startsWith('win');
  if (platform !== 'linux') return true;
  if (tag.startsWith('musllinux')) return kind() === 'musl' || tag.includes('manylinux');
  if (tag.startsWith('manylinux')) return kind() === 'glibc' || tag.includes('musllinux');
  return tag.startsWith('linux');
}
