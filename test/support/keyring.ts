import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A real Secret Service for one test: a session bus and gnome-keyring on a HOME of its own. */
export interface Keyring {
  /** What a program needs to reach it: HOME, PATH, XDG folders, the bus address. */
  env: Record<string, string>;
  /** Process ids, to freeze or kill one of them. The daemon's is 0 when none was started. */
  pids: { bus: number; daemon: number };
  /** Path of `secret-tool`. */
  secretTool: string;
  /** Ends the keyring daemon alone and starts it again: locked, or unlocked with a password. */
  restart(how: { unlock: string | undefined }): Promise<void>;
  /** Ends what was started and removes the runtime folder; the HOME stays. */
  stop(): Promise<void>;
}

export interface KeyringOptions {
  /** Password of the login keyring; an empty one makes gnome-keyring keep a plain text file. */
  password?: string;
  /** `none`: a bus with no Secret Service on it. `locked`: the daemon runs, nobody unlocked it. */
  daemon?: 'unlocked' | 'locked' | 'none';
}

/**
 * Starts a session bus and gnome-keyring for a test HOME.
 * @throws when dbus-daemon, gnome-keyring-daemon or secret-tool is missing; a test never skips for that.
 */
export async function withKeyring(home: string, options: KeyringOptions = {}): Promise<Keyring> {
  const runtime = mkdtempSync(join(tmpdir(), 'hb-run-'));
  const data = join(home, '.local', 'share');
  mkdirSync(data, { recursive: true });
  const env: Record<string, string> = {
    ...baseEnvironment(),
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: data,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_STATE_HOME: join(home, '.local', 'state'),
    LANG: 'C.UTF-8',
  };
  const bus = spawn(program('dbus-daemon'), ['--session', '--nofork', '--nopidfile', '--print-address=1'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let daemon: ChildProcess | undefined;
  const pids = { bus: bus.pid ?? 0, daemon: 0 };
  const stopDaemon = async (): Promise<void> => {
    await end(daemon);
    daemon = undefined;
    pids.daemon = 0;
  };
  const startDaemon = async (password: string | undefined): Promise<void> => {
    daemon = await startKeyring(env, password);
    pids.daemon = daemon.pid ?? 0;
  };
  try {
    env['DBUS_SESSION_BUS_ADDRESS'] = await firstLine(bus);
    // The bus would start the machine's own daemon on demand; in these tests only ours may answer.
    if (options.daemon !== 'none') await startDaemon(options.daemon === 'locked' ? undefined : (options.password ?? 'pw'));
  } catch (error) {
    await stopDaemon();
    await end(bus);
    throw error;
  }
  return {
    env,
    pids,
    secretTool: program('secret-tool'),
    restart: async how => {
      await stopDaemon();
      await startDaemon(how.unlock);
    },
    stop: async () => {
      await stopDaemon();
      await end(bus);
      rmSync(runtime, { recursive: true, force: true });
    },
  };
}

/** Folder with unpacked Debian packages, where the programs are not installed. */
const unpacked = process.env['HOTPASS_TEST_ROOT'];

function program(name: string): string {
  const folders = [
    ...(unpacked ? [join(unpacked, 'usr', 'bin')] : []),
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/bin',
  ];
  const found = folders.map(folder => join(folder, name)).find(path => existsSync(path));
  if (found) return found;
  throw new Error(`${name} is missing: apt-get install dbus gnome-keyring libsecret-tools, or run \`make test\`.`);
}

function baseEnvironment(): Record<string, string> {
  const path = process.env['PATH'] ?? '/usr/bin:/bin';
  if (!unpacked) return { PATH: path };
  const libraries = ['usr/lib/x86_64-linux-gnu', 'usr/lib/aarch64-linux-gnu', 'lib/x86_64-linux-gnu', 'usr/lib'];
  return {
    PATH: [join(unpacked, 'usr', 'bin'), path].join(delimiter),
    LD_LIBRARY_PATH: libraries.map(folder => join(unpacked, folder)).join(delimiter),
  };
}
