import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from '../system/files.ts';
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
  try {
    if (process.platform === 'win32') {
      const folder = join(venv, 'Lib', 'site-packages');
      return statSync(folder).isDirectory() ? folder : undefined;
    }
    const version = readdirSync(join(venv, 'lib')).find(name => /^python3\.\d+t?$/.test(name));
    return version === undefined ? undefined : join(venv, 'lib', version, 'site-packages');
  } catch {
    return undefined;
  }
}

/**
 * Digest of device, inode and mtime of site-packages, the names of its dist-infos, and pyvenv.cfg (contracts §4).
 * Empty when there is no environment.
 */
export function venvFingerprint(root: string): string {
  const folder = sitePackages(root);
  if (folder === undefined) return '';
  try {
    const stats = statSync(folder, { bigint: true });
    const distributions = readdirSync(folder)
      .filter(name => name.endsWith('.dist-info'))
      .sort();
    const config = readText(join(venvFolder(root), 'pyvenv.cfg')) ?? '';
    return digest([String(stats.dev), String(stats.ino), String(stats.mtimeNs), distributions, config]);
  } catch {
    return '';
  }
}
