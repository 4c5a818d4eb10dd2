import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Env } from '../../system/environment.ts';
import { namesIn } from '../../system/files.ts';
import { git } from '../../system/git.ts';
import { filesMatching } from '../../system/glob.ts';
import type { Place } from './hit.ts';

/** Where to look. */
export interface ScanScope {
  /** Real path of the workspace. */
  root: string;
  home: string;
  env: Env;
  /** PATH after security §5. */
  path: string;
}

/** A file that is searched. */
export interface ScannedFile {
  place: Place;
  path: string;
  /** As it is named to people. */
  file: string;
}

/** Every file that is searched: of the workspace, then of the home folder. */
export async function filesToScan(scope: ScanScope): Promise<ScannedFile[]> {
  const { root, home } = scope;
  const shown = (place: Place, path: string): ScannedFile => ({ place, path, file: nameOf(path, root, home) });
  const work = (await workFiles(scope)).map(name => shown('file', join(root, name)));
  const elsewhere = [
    ...(await gitConfig(scope)).map(path => shown('git', path)),
    ...historyFiles(scope).map(path => shown('shell', path)),
    ...prefectFiles(scope).map(path => shown('prefect', path)),
    ...npmLogs(scope).map(path => shown('npm', path)),
  ];
  const seen = new Set<string>();
  return [...work, ...elsewhere].filter(({ path }) => !seen.has(path) && seen.add(path));
}

/** How a file is named to people: relative to the workspace, else from the home folder. */
export function nameOf(path: string, root: string, home: string): string {
  const within = (folder: string): string | undefined =>
    path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
      ? relative(folder, path).split(sep).join('/')
      : undefined;
  const below = within(home);
  return within(root) ?? (below === undefined ? path : `~/${below}`);
}

/**
 * Files of the workspace, relative: what git tracks, what it would, and what it ignores by the name of `.env`. Without
 * git all of them.
 */
async function workFiles({ root, env, path }: ScanScope): Promise<string[]> {
  const listed = await git(root, ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], env, path);
  if (listed?.code !== 0) return filesMatching(root, ['**']);
  const known = listed.stdout.split('\0').filter(name => name !== '');
  return [...new Set([...known, ...filesMatching(root, ['**/.env', '**/.env.*', '**/.envrc'])])];
}

/** Addresses with a password stand there. In a worktree and in a folder below the root of a repository it is elsewhere. */
async function gitConfig({ root, env, path }: ScanScope): Promise<string[]> {
  const told = await git(root, ['rev-parse', '--git-path', 'config'], env, path);
  const file = told?.code === 0 ? told.stdout.replace(/\n$/, '') : '';
  return file === '' ? [] : [resolve(root, file)];
}

/** What shells and interpreters remember of what was typed. */
function historyFiles({ home, env }: ScanScope): string[] {
  const data = absolute(env['XDG_DATA_HOME']) ?? join(home, '.local', 'share');
  const roaming = absolute(env['APPDATA']);
  const powershell = ['PSReadLine', 'ConsoleHost_history.txt'];
  const named = [
    '.bash_history',
    '.zsh_history',
    '.histfile',
    '.history',
    '.sh_history',
    '.python_history',
    '.psql_history',
  ];
  return [
    ...optional(absolute(env['HISTFILE'])),
    ...named.map(name => join(home, name)),
    join(data, 'fish', 'fish_history'),
    join(data, 'powershell', ...powershell),
    ...(roaming === undefined ? [] : [join(roaming, 'Microsoft', 'Windows', 'PowerShell', ...powershell)]),
  ];
}

function prefectFiles({ home, env }: ScanScope): string[] {
  const folder = absolute(env['PREFECT_HOME']) ?? join(home, '.prefect');
  return [
    ...optional(absolute(env['PREFECT_PROFILES_PATH'])),
    join(folder, 'profiles.toml'),
    join(folder, 'prefect.toml'),
  ];
}

/** npm writes its own command line there (facts secrets §0.8). */
function npmLogs({ home, env }: ScanScope): string[] {
  const local = absolute(env['LOCALAPPDATA']);
  const usual = process.platform === 'win32' && local ? join(local, 'npm-cache') : join(home, '.npm');
  const folder = join(absolute(env['npm_config_cache']) ?? usual, '_logs');
  return namesIn(folder).map(name => join(folder, name));
}

function absolute(path: string | undefined): string | undefined {
  return path && isAbsolute(path) ? path : undefined;
}

function optional(path: string | undefined): string[] {
  return path === undefined ? [] : [path];
}
