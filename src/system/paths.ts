import { homedir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { type Env, processEnvironment } from './environment.ts';

const NAME = 'hotpass-bootstrap';

/** The folders we use outside a workspace (contracts §1). */
export interface UserPaths {
  home: string;
  /** Ours: `$XDG_STATE_HOME/hotpass-bootstrap`. */
  state: string;
  config: string;
  data: string;
  /** The user's own bin directory: `$XDG_BIN_HOME`, else `~/.local/bin`. */
  bin: string;
}

/** Where a user's files are; a relative XDG variable counts as unset (XDG base directory specification). */
export function userPaths(env: Env = processEnvironment(), platform: NodeJS.Platform = process.platform): UserPaths {
  const home = env['HOME'] || homedir();
  const xdg = (name: string, fallback: string): string => {
    const value = env[name];
    return value && isAbsolute(value) ? value : fallback;
  };
  const local = env['LOCALAPPDATA'] || join(home, 'AppData', 'Local');
  const support = join(home, 'Library', 'Application Support');
  const base = (unix: string): string =>
    platform === 'win32' ? local : platform === 'darwin' ? support : join(home, unix);
  return {
    home,
    state: join(xdg('XDG_STATE_HOME', base('.local/state')), NAME),
    config: join(xdg('XDG_CONFIG_HOME', base('.config')), NAME),
    data: join(xdg('XDG_DATA_HOME', base('.local/share')), NAME),
    bin: xdg('XDG_BIN_HOME', join(home, '.local', 'bin')),
  };
}

/** The home folder that the system has for this user, whatever HOME says; undefined when it has none. */
export function accountHome(): string | undefined {
  try {
    const { homedir: home } = userInfo();
    return isAbsolute(home) ? home : undefined;
  } catch {
    return undefined; // A container's user may stand in no list.
  }
}
