import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { cache, emptyHome, repository } from './tools.ts';

/** A real Secret Service for one test: a session bus and gnome-keyring on a HOME of its own. */
export interface Keyring {
  /** What a program needs to reach it: HOME, PATH, XDG folders, the address of the bus. */
  env: Record<string, string>;
  /** Process id of gnome-keyring-daemon, to freeze or end it; undefined when none runs. */
  daemonPid(): number | undefined;
  /** Path of `secret-tool`. */
  secretTool: string;
  /** Ends gnome-keyring and starts it again: unlocked with this password, or locked (undefined). */
  restart(password: string | undefined): Promise<void>;
  /** Ends what was started and removes the runtime folder; the HOME stays. */
  stop(): Promise<void>;
}

export interface KeyringOptions {
  /** Password of the login keyring (default `pw`); an empty one makes gnome-keyring keep a plain text file. */
  password?: string;
  /** `fresh`: a daemon that nobody unlocked and that has no keyring yet. `none`: a bus with no Secret Service. */
  daemon?: 'unlocked' | 'fresh' | 'none';
}

/**
 * Starts a session bus and gnome-keyring for a test HOME. Works as root and as an ordinary user.
 * @throws when dbus-daemon, gnome-keyring-daemon or secret-tool is missing; a test never skips for that.
 */
export async function withKeyring(home: string, options: KeyringOptions = {}): Promise<Keyring> {
  const secretTool = program('secret-tool');
  const runtime = mkdtempSync(join(tmpdir(), 'hb-run-'));
  const data = join(home, '.local', 'share');
  mkdirSync(data, { recursive: true });
  const address = `unix:path=${join(runtime, 'bus')}`;
  const env: Record<string, string> = {
    PATH: emptyHome(home)['PATH'] ?? '',
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: data,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_STATE_HOME: join(home, '.local', 'state'),
    DBUS_SESSION_BUS_ADDRESS: address,
    LANG: 'C.UTF-8',
  };
  writeFileSync(join(runtime, 'bus.conf'), busConfiguration(address));
  const bus = spawn(program('dbus-daemon'), [`--config-file=${join(runtime, 'bus.conf')}`, '--nofork', '--nopidfile'], {
    env,
    stdio: 'ignore',
  });
  let daemon: ChildProcess | undefined;
  if (options.password === '') writeTextKeyring(data);
  const start = async (password: string | undefined): Promise<void> => {
    const unlock = password === undefined ? [] : ['--unlock'];
    daemon = spawn(program('gnome-keyring-daemon'), ['--foreground', ...unlock, '--components=secrets'], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    daemon.stdin?.end(password ?? '');
    await until(() => serviceAnswers(secretTool, env), 'gnome-keyring-daemon did not come up');
  };
  const keyring: Keyring = {
    env,
    daemonPid: () => daemon?.pid,
    secretTool,
    restart: async password => {
      await end(daemon);
      endStrays(runtime);
      await until(() => !serviceAnswers(secretTool, env), 'gnome-keyring-daemon did not go away');
      await start(password);
    },
    stop: async () => {
      await end(daemon);
      daemon = undefined;
      endStrays(runtime);
      await end(bus);
      rmSync(runtime, { recursive: true, force: true });
    },
  };
  try {
    await until(() => existsSync(join(runtime, 'bus')), 'dbus-daemon did not come up');
    if (options.daemon !== 'none') await start(options.daemon === 'fresh' ? undefined : (options.password ?? 'pw'));
    return keyring;
  } catch (error) {
    await keyring.stop();
    throw error;
  }
}

/** Path of a bundled keychain worker, made from today's source; the name carries its digest. */
export async function keychainWorker(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(repository, 'src', 'secrets', 'keychain-worker.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['@napi-rs/keyring'],
    // CommonJS libraries in it ask for Node's own modules.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    write: false,
    logLevel: 'error',
  });
  const text = outputFiles[0]?.text ?? '';
  const folder = join(cache, 'workers');
  const path = join(folder, `keychain-worker-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.js`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
  return path;
}

/** What gnome-keyring makes of a keyring with a blank password: a plain text file (seen with 42.1). */
function writeTextKeyring(data: string): void {
  mkdirSync(join(data, 'keyrings'), { recursive: true, mode: 0o700 });
  const lines = ['[keyring]', 'display-name=Default', 'ctime=0', 'mtime=0', 'lock-on-idle=false', 'lock-after=false'];
  writeFileSync(join(data, 'keyrings', 'Default.keyring'), `${lines.join('\n')}\n`, { mode: 0o600 });
  writeFileSync(join(data, 'keyrings', 'default'), 'Default');
}

function program(name: string): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin'];
  const found = folders.map(folder => join(folder, name)).find(path => existsSync(path));
  if (found) return found;
  throw new Error(`${name} is missing: install dbus, gnome-keyring and libsecret-tools, or run \`make test\`.`);
}

/** A session bus that starts no service by itself: only the daemon of this test may answer. */
function busConfiguration(address: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>${address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;
}

/** secret-tool is silent about a missing item and says on standard error that there is no service. */
function serviceAnswers(secretTool: string, env: Record<string, string>): boolean {
  const result = spawnSync(secretTool, ['lookup', 'hotpass-bootstrap-test', 'ready'], { env, timeout: 5000 });
  return result.stderr.toString() === '';
}

async function until(holds: () => boolean, otherwise: string): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    if (holds()) return;
    await sleep(25);
  }
  throw new Error(otherwise);
}

/** Ends a child: politely, and after half a second for certain (a stopped process takes no SIGTERM). */
async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 500);
  await gone;
  clearTimeout(timer);
}

/** Ends daemons that a test's own unlock command left on this test's runtime folder, by their process ids. */
function endStrays(runtime: string): void {
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      const isDaemon = readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('gnome-keyring');
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (isDaemon && environment.includes(`XDG_RUNTIME_DIR=${runtime}`)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended in the meantime, or it belongs to somebody else.
    }
  }
}
