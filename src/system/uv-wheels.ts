import type { libc } from './platform.ts';
import type { IndexFile } from './simple-index.ts';

/** A wheel's file name, taken apart (binary distribution format). */
export interface WheelName {
  version: string;
  /** Platform tags, e.g. `manylinux_2_17_x86_64` and `manylinux2014_x86_64`. */
  platforms: readonly string[];
}

/** Reads `uv-0.13.9-py3-none-<tags>.whl`; undefined for any other file. */
export function parseWheelName(filename: string): WheelName | undefined {
  const match = /^uv-([^-]+)(?:-\d[^-]*)?-[^-]+-none-([^-]+)\.whl$/.exec(filename);
  return match?.[1] && match[2] ? { version: match[1], platforms: match[2].split('.') } : undefined;
}

export interface Machine {
  platform: NodeJS.Platform;
  arch: NodeJS.Architecture;
  libc: ReturnType<typeof libc> | undefined;
}

const LINUX: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  ia32: 'i686',
  arm: 'armv7l',
  ppc64: 'ppc64le',
  riscv64: 'riscv64',
  s390x: 's390x',
};

/** How well a wheel fits a machine: 0 not at all, else more is better. */
export function wheelScore(wheel: WheelName, machine: Machine): number {
  return Math.max(...wheel.platforms.map(tag => tagScore(tag, machine)));
}

/**
 * A wheel made for the very C library is best; on Linux the statically linked musl one runs everywhere and comes last
 * (facts uv §1).
 */
function tagScore(tag: string, machine: Machine): number {
  const { platform, arch, libc } = machine;
  if (platform === 'win32') {
    return tag === { x64: 'win_amd64', arm64: 'win_arm64', ia32: 'win32' }[arch as 'x64'] ? 1 : 0;
  }
  if (platform === 'darwin') {
    const cpu = arch === 'arm64' ? 'arm64' : 'x86_64';
    return /^macosx_\d+_\d+_/.test(tag) && (tag.endsWith(`_${cpu}`) || tag.endsWith('_universal2')) ? 1 : 0;
  }
  const cpu = LINUX[arch];
  if (platform !== 'linux' || cpu === undefined || !tag.endsWith(`_${cpu}`)) return 0;
  if (tag.startsWith('musllinux_')) return libc?.kind === 'musl' ? 1000 : 1;
  const needed = /^manylinux_(\d+)_(\d+)_/.exec(tag);
  if (!needed || libc?.kind !== 'glibc') return 0;
  const [have = 0, minor = 0] = libc.version.split('.').map(Number);
  const [major, least] = [Number(needed[1]), Number(needed[2])];
  return have > major || (have === major && minor >= least) ? 10 + least : 0;
}

/** The wheels of one version that this machine can run, best first. */
export function wheelsFor(files: readonly IndexFile[], version: string, machine: Machine): IndexFile[] {
  return files
    .flatMap(file => {
      const wheel = parseWheelName(file.filename);
      const score = wheel?.version === version ? wheelScore(wheel, machine) : 0;
      return score > 0 ? [{ file, score }] : [];
    })
    .sort((a, b) => b.score - a.score)
    .map(({ file }) => file);
}
