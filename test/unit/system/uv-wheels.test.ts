import { describe, expect, it } from 'vitest';
import { DEFAULT_UV, UV_HASHES } from '../../../src/system/uv-hashes.ts';
import { type Machine, parseWheelName, wheelScore, wheelsFor } from '../../../src/system/uv-wheels.ts';

const files = Object.keys(UV_HASHES).map(filename => ({
  filename,
  url: new URL(`https://files.test/${filename}`),
  sha256: UV_HASHES[filename],
  yanked: false,
}));
const glibc = (version: string): Machine['libc'] => ({ kind: 'glibc', version });
const musl: Machine['libc'] = { kind: 'musl' };

/** The platform tags of the wheels a machine gets, best first. */
function tags(platform: NodeJS.Platform, arch: NodeJS.Architecture, libc?: Machine['libc']): string[] {
  return wheelsFor(files, DEFAULT_UV, { platform, arch, libc }).map(({ filename }) =>
    filename.replace(/^uv-[\d.]+-py3-none-(.*)\.whl$/, '$1'),
  );
}

describe('the wheels of the default version', () => {
  it('have a hash each', () => {
    expect(files.length).toBeGreaterThan(10);
    for (const { filename, sha256 } of files) {
      expect(parseWheelName(filename)?.version).toBe(DEFAULT_UV);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it('are chosen by machine, the static one last on Linux (facts uv §1)', () => {
    expect(tags('linux', 'x64', glibc('2.36'))).toEqual([
      'manylinux_2_17_x86_64.manylinux2014_x86_64',
      'musllinux_1_1_x86_64',
    ]);
    expect(tags('linux', 'x64', musl)).toEqual(['musllinux_1_1_x86_64']);
    const old = 'manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64';
    expect(tags('linux', 'arm64', glibc('2.28'))).toEqual(['manylinux_2_28_aarch64', old]);
    expect(tags('linux', 'arm64', glibc('2.17'))).toEqual([old]);
    expect(tags('linux', 'arm64', musl)).toEqual([old]);
    expect(tags('linux', 'riscv64', glibc('2.28'))[0]).toContain('musllinux');
    expect(tags('darwin', 'arm64')).toEqual(['macosx_11_0_arm64']);
    expect(tags('darwin', 'x64')).toEqual(['macosx_10_12_x86_64']);
    expect(tags('win32', 'x64')).toEqual(['win_amd64']);
    expect(tags('win32', 'arm64')).toEqual(['win_arm64']);
    expect(tags('win32', 'ia32')).toEqual(['win32']);
    expect(tags('sunos', 'x64')).toEqual([]);
    expect(tags('linux', 'mips')).toEqual([]);
  });

  it('are told apart from other files', () => {
    for (const name of ['uv-0.13.9.tar.gz', 'uv_build-0.13.9-py3-none-win32.whl', 'uv-0.13.9-py3-none.whl', '']) {
      expect(parseWheelName(name)).toBeUndefined();
    }
    const build = parseWheelName('uv-0.13.9-1-py3-none-win32.whl');
    expect(build && wheelScore(build, { platform: 'win32', arch: 'ia32', libc: undefined })).toBe(1);
  });
});
