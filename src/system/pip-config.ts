import { devNull, homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Env } from './environment.ts';
import { readText, statOf } from './files.ts';

/** An index named for pip, and where. */
export interface PipIndex {
  url: string;
  source: string;
}

/**
 * The index pip would use: PIP_INDEX_URL, else `index-url` of the last of pip's files that has one.
 * @param isOurs false for files that are not taken into account (those of a workspace).
 */
export function pipIndex(env: Env, isOurs: (path: string) => boolean): PipIndex | undefined {
  if (env['PIP_INDEX_URL']) return { url: env['PIP_INDEX_URL'], source: 'PIP_INDEX_URL' };
  for (const path of pipFiles(env).reverse()) {
    if (!isOurs(path)) continue;
    let text: string | undefined;
    try {
      text = readText(path);
    } catch {
      continue; // Not readable for us; pip would skip it too.
    }
    const url = text === undefined ? undefined : indexUrlOf(text);
    if (url) return { url, source: path };
  }
  return undefined;
}

/** pip's files, later ones override earlier ones: global, user, environment, PIP_CONFIG_FILE. */
export function pipFiles(env: Env, platform: NodeJS.Platform = process.platform): string[] {
  const own = env['PIP_CONFIG_FILE'];
  if (own === devNull) return [];
  const home = env['HOME'] || homedir();
  const name = platform === 'win32' ? 'pip.ini' : 'pip.conf';
  const xdg = absolute(env['XDG_CONFIG_HOME']) ?? join(home, '.config');
  const files: string[] = [];
  if (platform === 'win32') {
    if (env['PROGRAMDATA']) files.push(join(env['PROGRAMDATA'], 'pip', name));
    files.push(join(home, 'pip', name), join(env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'pip', name));
  } else {
    const folders = (env['XDG_CONFIG_DIRS'] || '/etc/xdg').split(':').filter(isAbsolute);
    if (platform === 'darwin') folders.push('/Library/Application Support');
    const support = join(home, 'Library', 'Application Support');
    const user = platform === 'darwin' && statOf(join(support, 'pip'))?.isDirectory() ? support : xdg;
    files.push(...folders.map(folder => join(folder, 'pip', name)), join('/etc', name));
    files.push(join(home, '.pip', name), join(user, 'pip', name));
  }
  const venv = absolute(env['VIRTUAL_ENV']);
  if (venv) files.push(join(venv, name));
  if (own) files.push(own);
  return files;
}

function absolute(path: string | undefined): string | undefined {
  return path && isAbsolute(path) ? path : undefined;
}

/** `index-url` of a pip.conf (Python's RawConfigParser): `[install]` and `[download]` beat `[global]`. */
export function indexUrlOf(text: string): string | undefined {
  const found = new Map<string, string>();
  let section = '';
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const header = /^\[([^\]]+)\]/.exec(line);
    if (header?.[1]) section = header[1];
    const option = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (header || option?.[1] === undefined || option[2] === undefined) continue;
    const key = option[1].toLowerCase().replaceAll('_', '-').replace(/^--/, '');
    if (key === 'index-url') found.set(section, option[2]);
  }
  return found.get('install') ?? found.get('download') ?? found.get('global');
}
