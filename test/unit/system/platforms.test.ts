import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { sitePackages, venvPython } from '../../../src/engine/fingerprint.ts';
import { uvByName } from '../../../src/steps/child-environment.ts';
import { trustedRoots } from '../../../src/system/certificates.ts';
import { allOnPath } from '../../../src/system/environment.ts';
import { machineName } from '../../../src/system/machine-name.ts';
import { userPaths } from '../../../src/system/paths.ts';
import { libcOfReport, startTime } from '../../../src/system/platform.ts';
import { uvFiles } from '../../../src/system/uv-config.ts';
import { programName } from '../../../src/system/uv-copies.ts';
import { temporary } from '../../support/tools.ts';

const real = { platform: process.platform, report: process.report };

/** From here on this process takes itself for one of another system. */
function pretend(platform: NodeJS.Platform): void {
  Object.defineProperty(process, 'platform', { value: platform, configurable: true });
}

afterEach(() => {
  pretend(real.platform);
  Object.defineProperty(process, 'report', { value: real.report, configurable: true });
});

function withFiles(...files: string[]): string {
  const folder = temporary('hb-platform-');
  for (const file of files) {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    chmodSync(path, 0o755);
  }
  return folder;
}

describe('where a person’s files are', () => {
  it.each([
    ['linux', '/h/.local/state', '/h/.config', '/h/.local/share'],
    ['darwin', '/h/Library/Application Support', '/h/Library/Application Support', '/h/Library/Application Support'],
    ['win32', '/h/AppData/Local', '/h/AppData/Local', '/h/AppData/Local'],
  ] as const)('on %s', (platform, state, config, data) => {
    const paths = userPaths({ HOME: '/h' }, platform);
    expect(paths).toEqual({
      home: '/h',
      state: `${state}/hotpass-bootstrap`,
      config: `${config}/hotpass-bootstrap`,
      data: `${data}/hotpass-bootstrap`,
      bin: '/h/.local/bin',
    });
  });

  it('on Windows as LOCALAPPDATA says, and everywhere as XDG says', () => {
    expect(userPaths({ HOME: '/h', LOCALAPPDATA: '/l' }, 'win32').state).toBe('/l/hotpass-bootstrap');
    for (const platform of ['linux', 'darwin', 'win32'] as const)
      expect(userPaths({ HOME: '/h', XDG_STATE_HOME: '/s' }, platform).state).toBe('/s/hotpass-bootstrap');
    expect(uvFiles({ HOME: '/h', APPDATA: '/a', PROGRAMDATA: '/p' }, 'win32')).toEqual([
      '/a/uv/uv.toml',
      '/p/uv/uv.toml',
    ]);
  });
});

describe('Windows', () => {
  it('has its programs, and those of a .venv, under other names', () => {
    pretend('win32');
    const folder = withFiles('uv.exe', 'npx.cmd', 'plain', '.venv/Lib/site-packages/x', '.venv/lib/python3.12/y');
    expect(programName('uv')).toBe('uv.exe');
    expect(venvPython('/w')).toBe('/w/.venv/Scripts/python.exe');
    expect(sitePackages(folder)).toBe(join(folder, '.venv', 'Lib', 'site-packages'));
    for (const [name, file] of [
      ['uv', 'uv.exe'],
      ['npx', 'npx.cmd'],
      ['plain', 'plain'],
    ] as const)
      expect(allOnPath(name, folder)).toEqual([join(folder, file)]);
    expect(uvByName({ path: folder } as Parameters<typeof uvByName>[0], '/x/uv.exe')).toBe('uv');
    expect(machineName('win32')).toContain(`Windows ${release()}`);
  });
});

describe('a system other than Linux', () => {
  it('tells whether a process lives, though not since when', () => {
    pretend('darwin');
    expect(startTime(process.pid)).toBe('');
    expect(startTime(2 ** 22 + 1)).toBeUndefined();
    expect(venvPython('/w')).toBe('/w/.venv/bin/python');
    expect(machineName('darwin')).toContain(`macOS (Darwin ${release()})`);
  });

  it('trusts what its own store of certificates holds, where Node can read that', () => {
    pretend('darwin');
    const had = Object.getOwnPropertyDescriptor(tls, 'getCACertificates');
    Object.defineProperty(tls, 'getCACertificates', { value: () => ['  OF THE SYSTEM '], configurable: true });
    syncBuiltinESMExports();
    const { ca } = trustedRoots({});
    if (had) Object.defineProperty(tls, 'getCACertificates', had);
    else Reflect.deleteProperty(tls, 'getCACertificates');
    syncBuiltinESMExports();
    expect(ca).toContain('OF THE SYSTEM');
    expect(ca.length).toBeGreaterThan(100);
  });
});

describe('the C library of a Linux', () => {
  it.each([
    [{ glibcVersionRuntime: '2.41' }, { kind: 'glibc', version: '2.41' }],
    [{}, { kind: 'musl' }],
  ])('is told from the report of Node', (header, expected) => {
    const report = { excludeNetwork: false, getReport: () => ({ header }) };
    Object.defineProperty(process, 'report', { value: report, configurable: true });
    expect(libcOfReport()).toEqual(expected);
    expect(report.excludeNetwork).toBe(true);
  });
});
