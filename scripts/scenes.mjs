// Plays the wizard at a real pseudo-terminal, as a person would, and keeps what stood on the screen at each of its
// moments. The program is the packed one, HOME is empty, the keyring is a real gnome-keyring.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { spawn } from '@lydell/node-pty';
import { build } from 'esbuild';
import { Screen } from './screen.mjs';

const root = join(import.meta.dirname, '..');
export const COLUMNS = 80;
export const SHOWN_HOME = '/home/you';

export const textOf = row => row.map(cell => cell.char).join('');

/** An empty HOME whose name is as long as the one that is shown, so that lines break alike. */
export function makeHome() {
  for (;;) {
    const name = Math.random().toString(36).slice(2).padEnd(4, '0');
    const home = `/tmp/${name.slice(0, SHOWN_HOME.length - 5)}`;
    if (existsSync(home)) continue;
    mkdirSync(home, { mode: 0o700 });
    return home;
  }
}

/** Copies the example as git has it; a clone has a .git. */
export function clone(home) {
  const source = join(root, 'examples', 'workspace');
  const workspace = join(home, 'harbour');
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: source, encoding: 'utf8' }).split('\0').filter(Boolean);
  for (const file of files) cpSync(join(source, file), join(workspace, file));
  execFileSync('git', ['init', '-q'], { cwd: workspace });
  return workspace;
}

const INHERITED = [
  'UV_CACHE_DIR',
  'UV_DEFAULT_INDEX',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'HTTPS_PROXY',
  'NO_PROXY',
];

/** A machine with Node, Python and git, and no uv. */
export function environment(home) {
  const programs = join(home, '.programs');
  mkdirSync(programs);
  const python = execFileSync('python3', ['-c', 'import sys; print(sys._base_executable)'], { encoding: 'utf8' });
  const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' });
  symlinkSync(process.execPath, join(programs, 'node'));
  symlinkSync(python.trim(), join(programs, 'python3'));
  // Not a link: an unpacked git finds its parts beside its own path.
  writeFileSync(join(programs, 'git'), `#!/bin/sh\nexec '${git.trim()}' "$@"\n`, { mode: 0o755 });
  return {
    ...Object.fromEntries(INHERITED.flatMap(name => (process.env[name] ? [[name, process.env[name]]] : []))),
    PATH: [join(home, '.local', 'bin'), programs, '/usr/bin', '/bin'].join(delimiter),
    HOME: home,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
  };
}

/** The command as the packed tarball installs it, and the function that takes it away. */
export function installed() {
  const folder = join(root, '.cache', `scenes-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const npm = (...args) =>
    execFileSync('npm', [...args, '--loglevel=error'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const name = npm('pack', '--pack-destination', folder).toString().trim().split('\n').at(-1);
  npm('install', '--no-audit', '--no-fund', '--prefix', folder, join(folder, name));
  return {
    bin: join(folder, 'node_modules', 'hotpass-bootstrap', 'bin', 'hotpass-bootstrap.cjs'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A person at the terminal: waits for words on the screen, looks, types. */
export class Person {
  screen = new Screen(COLUMNS);
  #said = '';
  #read = 0;
  #child;
  #waiting = () => {};

  /** Starts the command as if `line` had been typed at a shell. */
  start(bin, line, args, env, cwd) {
    this.screen.write(`\x1b[2m$\x1b[22m \x1b[1m${line}\x1b[22m\r\n`);
    this.#child = spawn(process.execPath, [bin, ...args], { name: env.TERM, cwd, env, cols: COLUMNS, rows: 40 });
    this.#child.onData(data => {
      this.#said += data;
      this.screen.write(data);
      this.#waiting();
    });
    this.ended = new Promise(resolve => this.#child.onExit(({ exitCode }) => resolve(exitCode)));
  }

  /** Resolves when the screen has said it since the last time. */
  async sees(what, within = 120_000) {
    const deadline = Date.now() + within;
    for (;;) {
      const rest = this.#said.replace(/\x1b\[[0-9;?]*[ -/]*[@-~]/g, '').slice(this.#read);
      const found = what.exec(rest);
      if (found) {
        this.#read += found.index + found[0].length;
        // What is drawn with it comes in the same moment.
        await new Promise(done => setTimeout(done, 300));
        return;
      }
      if (Date.now() > deadline) throw new Error(`never saw ${what}:\n${this.screen.rows().map(textOf).join('\n')}`);
      await new Promise(done => {
        this.#waiting = done;
        setTimeout(done, 200);
      });
    }
  }

  type(keys) {
    this.#child.write(keys);
  }

  /** The exit status, when the command has ended. */
  async ends(within = 120_000) {
    let timer;
    const late = new Promise((_, reject) => {
      const tell = () => reject(new Error(`it did not end:\n${this.screen.rows().map(textOf).join('\n')}`));
      timer = setTimeout(tell, within);
    });
    try {
      return await Promise.race([this.ended, late]);
    } finally {
      clearTimeout(timer);
      this.#child.kill('SIGKILL');
    }
  }

  /** The rows from the first one that matches to the end of what is on the screen. */
  from(what) {
    const rows = this.screen.rows();
    const at = rows.findIndex(row => what.test(textOf(row)));
    if (at === -1) throw new Error(`no row has ${what}:\n${rows.map(textOf).join('\n')}`);
    return rows.slice(at).map(row => [...row]);
  }
}

/** A module of test/support, which is TypeScript. @returns what it exports. */
export async function support(name) {
  const file = join(root, '.cache', `${name}-${process.pid}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [`test/support/${name}.ts`],
    outfile: file,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * One run of the wizard on a machine with a keyring, in an environment with secrets.
 * @returns the rows of each moment by name.
 */
export async function wizardScenes(bin) {
  const home = makeHome();
  const { withKeyring } = await support('keyring');
  const keyring = await withKeyring(home);
  try {
    const person = new Person();
    const cwd = clone(home);
    const { DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR } = keyring.env;
    const env = { ...environment(home), DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR };
    person.start(bin, 'npx hotpass-bootstrap', [], env, cwd);
    await person.sees(/Enter: 1/);
    person.type('2');
    await person.sees(/Enter: 2/);
    const found = person.from(/hotpass-bootstrap$/);
    person.type('\r');
    await person.sees(/Go ahead\?/);
    const plan = person.from(/^harbour \(staging\)/);
    person.type('\r');
    await person.sees(/hidden\):/);
    person.type('not-the-right-shape\r');
    await person.sees(/pattern/);
    const secrets = person.from(/Go ahead\?/);
    person.type('me:a made-up value\r');
    await person.sees(/collector[\s\S]*hidden\):/);
    person.type('Authorization=made-up\r');
    await person.sees(/How do you come[\s\S]*Enter: 1/);
    person.type('\r');
    const exit = await person.ends();
    if (exit !== 0) throw new Error(`the wizard ended with ${exit}:\n${person.screen.rows().map(textOf).join('\n')}`);
    return { home, found, plan, secrets, ready: person.from(/Go ahead\?/) };
  } finally {
    await keyring.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** The question that comes only where the keychain does not work; nothing is changed. */
export async function storeScene(bin) {
  const home = makeHome();
  try {
    const person = new Person();
    const cwd = clone(home);
    person.start(
      bin,
      'npx hotpass-bootstrap setup --env staging',
      ['setup', '--env', 'staging'],
      environment(home),
      cwd,
    );
    await person.sees(/Enter: 1/);
    const store = person.from(/setup --env/);
    person.type('\r');
    const exit = await person.ends();
    if (exit !== 3) throw new Error(`stopping ended with ${exit}`);
    return { home, store };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** A first run without secrets, and a second one. */
export async function firstRunScene(bin) {
  const home = makeHome();
  try {
    const person = new Person();
    const cwd = clone(home);
    const env = environment(home);
    person.start(bin, 'npx hotpass-bootstrap', [], env, cwd);
    await person.sees(/Enter: 1/);
    person.type('\r');
    await person.sees(/Go ahead\?/);
    person.type('\r');
    await person.sees(/How do you come[\s\S]*Enter: 1/);
    person.type('\r');
    const first = await person.ends();
    person.screen.write('\r\n');
    person.start(bin, 'hotpass-bootstrap', [], env, cwd);
    const again = await person.ends();
    const rows = person.screen.rows();
    // Not idle: the program was built anew between the two runs, for one.
    if (first !== 0 || again !== 0 || !textOf(rows.at(-1)).includes('everything in order')) {
      throw new Error(`the runs ended with ${first} and ${again}:\n${rows.map(textOf).join('\n')}`);
    }
    return { home, rows };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
