import { dirname, join } from 'node:path';
import { namesIn, preciseIdentity, readText, realPath, statOf } from '../system/files.ts';
import { digest } from './stamps.ts';

/** The only place where a workspace's Python environment is (security §4). */
export function venvFolder(root: string): string {
  return join(root, '.venv');
}

/** The interpreter of a `.venv`. */
export function venvPython(root: string): string {
  return process.platform === 'win32'
    ? join(venvFolder(root), 'Scripts', 'python.exe')
    : join(venvFolder(root), 'bin', 'python');
}

/** `site-packages` of a `.venv`, or undefined when it has none. */
export function sitePackages(root: string): string | undefined {
  const venv = venvFolder(root);
  const version = namesIn(join(venv, 'lib')).find(name => /^python3\.\d+t?$/.test(name));
  const folder =
    process.platform === 'win32'
      ? join(venv, 'Lib', 'site-packages')
      : join(venv, 'lib', version ?? 'none', 'site-packages');
  return statOf(folder)?.isDirectory() ? folder : undefined;
}

/**
 * Digest of device, inode and mtime of site-packages, the names of its dist-infos, and pyvenv.cfg (contracts §4).
 * Empty when there is no environment.
 */
export function venvFingerprint(root: string): string {
  const folder = sitePackages(root);
  if (folder === undefined) return '';
  const distributions = namesIn(folder)
    .filter(name => name.endsWith('.dist-info'))
    .sort();
  const config = readText(join(venvFolder(root), 'pyvenv.cfg')) ?? '';
  return digest([preciseIdentity(folder), distributions, config]);
}

/** The Python that a `.venv` was made of, as in `3.12.4`; undefined where its pyvenv.cfg does not say it. */
export function venvVersion(root: string): string | undefined {
  const config = readText(join(venvFolder(root), 'pyvenv.cfg')) ?? '';
  // uv and virtualenv write `version_info`, with more behind it at times: `3.12.4.final.0`.
  return /^version(?:_info)?\s*=\s*(\d+\.\d+(?:\.\d+)?)/m.exec(config)?.[1];
}

/** Where a `.venv` was made, if it stands elsewhere now: its scripts carry that path and start nothing (facts uv §2). */
export function formerVenv(root: string): string | undefined {
  const activate = readText(join(dirname(venvPython(root)), 'activate')) ?? '';
  const quoted = /^[ \t]*(?:export )?VIRTUAL_ENV=(['"]?\/.*)/m.exec(activate)?.[1];
  const former = quoted?.replace(/'([^']*)'|"([^"]*)"/g, '$1$2');
  return former === undefined || realPath(former) === realPath(venvFolder(root)) ? undefined : former;
}

/** May an interpreter of a `.venv` be called with `-P`? It came with Python 3.11. */
export function hasSafePath(root: string): boolean {
  const [major = 3, minor = 11] = venvVersion(root)?.split('.').map(Number) ?? [];
  return major > 3 || minor >= 11;
}
