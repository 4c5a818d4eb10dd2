// Writes docs/capture.svg: the real tool on examples/workspace, in an empty HOME, at a real pseudo-terminal.
// A person gets the tool through npx; here the same program of this checkout is started.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { Screen } from './screen.mjs';
import { svgOf } from './screen-svg.mjs';

const root = join(import.meta.dirname, '..');
const COLUMNS = 80;
const SHOWN_HOME = '/home/you';

/** An empty HOME whose name is as long as the one that is shown, so that lines break alike. */
function makeHome() {
  for (;;) {
    const home = `/tmp/${Math.random()
      .toString(36)
      .slice(2)
      .padEnd(4, '0')
      .slice(0, SHOWN_HOME.length - 5)}`;
    if (existsSync(home)) continue;
    mkdirSync(home, { mode: 0o700 });
    return home;
  }
}

/** Copies the example as git has it; a clone has a .git. */
function clone(home) {
  const source = join(root, 'examples', 'workspace');
  const workspace = join(home, 'harbour');
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: source, encoding: 'utf8' }).split('\0').filter(Boolean);
  for (const file of files) cpSync(join(source, file), join(workspace, file));
  execFileSync('git', ['init', '-q'], { cwd: workspace });
  return workspace;
}

/** A machine with Node, Python and git, and no uv. */
function environment(home) {
  const programs = join(home, '.programs');
  mkdirSync(programs);
  for (const [name, path] of [
    ['node', process.execPath],
    [
      'python3',
      execFileSync('python3', ['-c', 'import sys; print(sys._base_executable)'], { encoding: 'utf8' }).trim(),
    ],
    ['git', execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()],
  ]) {
    symlinkSync(path, join(programs, name));
  }
  const inherited = [
    'UV_CACHE_DIR',
    'UV_DEFAULT_INDEX',
    'SSL_CERT_FILE',
    'NODE_EXTRA_CA_CERTS',
    'HTTPS_PROXY',
    'NO_PROXY',
  ];
  return {
    ...Object.fromEntries(inherited.flatMap(name => (process.env[name] ? [[name, process.env[name]]] : []))),
    PATH: [join(home, '.local', 'bin'), programs, '/usr/bin', '/bin'].join(delimiter),
    HOME: home,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    HOTPASS_BOOTSTRAP_TEST: '1',
  };
}

/** Types a command and answers its question with Enter; resolves with its exit code. */
function perform(screen, env, cwd, line, args) {
  screen.write(`\x1b[2m$\x1b[22m \x1b[1m${line}\x1b[22m\r\n`);
  return new Promise(resolve => {
    let said = '';
    let answered = false;
    const bin = join(root, 'bin', 'hotpass-bootstrap.cjs');
    const child = spawn(process.execPath, [bin, ...args], { name: env.TERM, cwd, env, cols: COLUMNS, rows: 48 });
    child.onData(data => {
      said += data;
      screen.write(data);
      if (answered || !said.includes('Go ahead?')) return;
      answered = true;
      setTimeout(() => child.write('\r'), 500);
    });
    child.onExit(({ exitCode }) => resolve(exitCode));
  });
}

const textOf = row => row.map(cell => cell.char).join('');

/** Leaves the second half of the plan out and says so; it is long, and the picture is about the run. */
function withoutMiddle(rows) {
  const from = rows.findIndex(row => /^Run \(\d+\)/.test(textOf(row)));
  const to = rows.findIndex(row => textOf(row).includes('Go ahead?'));
  if (from === -1 || to < from) throw new Error('the plan does not look as expected');
  const words = `  (${to - from} more lines: what is run, and what going ahead approves)`;
  const said = [...words].map(char => ({ char, classes: 'dim' }));
  return [...rows.slice(0, from), said, [], ...rows.slice(to)];
}

const home = makeHome();
try {
  const workspace = clone(home);
  const env = environment(home);
  const screen = new Screen(COLUMNS);
  const first = await perform(screen, env, workspace, 'npx hotpass-bootstrap', []);
  screen.write('\r\n');
  const again = await perform(screen, env, workspace, 'hotpass-bootstrap', []);
  // Not idle: the program was built anew between the two runs, for one.
  if (first !== 0 || again !== 0 || !textOf(screen.rows().at(-1)).includes('everything in order')) {
    console.error(screen.rows().map(textOf).join('\n'));
    throw new Error(`the runs ended with ${first} and ${again}`);
  }
  const svg = svgOf(withoutMiddle(screen.rows()), {
    columns: COLUMNS,
    title: 'A first run of hotpass-bootstrap in a fresh clone, and a second one',
    description:
      'The tool shows what it will change (shortened here), is told to go ahead, and brings the machine in order. ' +
      'It ends with the time that took. The second run says in one line that everything is in order.',
    replace: text => text.replaceAll(home, SHOWN_HOME),
  });
  for (const word of [home, process.env.HOME ?? home, root]) {
    if (word.length > 1 && svg.includes(word)) throw new Error(`the picture shows ${word}`);
  }
  writeFileSync(join(root, 'docs', 'capture.svg'), svg);
} finally {
  rmSync(home, { recursive: true, force: true });
}
