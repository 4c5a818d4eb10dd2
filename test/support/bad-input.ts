import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { expect } from 'vitest';
import { Machine, type Outcome, snapshot } from './machine.ts';
import { installedBin } from './pack.ts';
import { temporary, uvPath } from './tools.ts';
import { makeProject, type ProjectOptions } from './wheels.ts';

/** One environment with a Prefect profile, and nothing that needs a network or a secret. */
export const MANIFEST = `schema = 1
workspace = "small"
[environments.local]
prefect = { profile = "small-local", api-url = "http://127.0.0.1:4200/api" }
`;

/** A workspace that is set up within a second: its packages are wheels beside it, and Prefect is none of them. */
export function smallWorkspace(machine: Machine, options: ProjectOptions = {}, name = 'small'): string {
  const root = join(machine.home, name);
  mkdirSync(root);
  makeProject(root, options);
  writeFileSync(join(root, 'hotpass-bootstrap.toml'), MANIFEST);
  spawnSync('git', ['init', '-q'], { cwd: root, env: machine.env });
  return root;
}

/**
 * A machine whose person is not root, whoever runs the tests: permissions do not stop root. Its interpreter is the
 * system's own, and its packages are in a cache of its own, since root's are not for others to read.
 */
export function ordinaryMachine(): Machine {
  const machine = new OrdinaryMachine();
  machine.env = {
    ...machine.env,
    PATH: [forEverybody().uv, dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    UV_CACHE_DIR: join(machine.home, '.cache', 'uv'),
    UV_PYTHON_DOWNLOADS: 'never',
  };
  return machine;
}

const NOBODY = 65534;

class OrdinaryMachine extends Machine {
  override run(cwd: string, args: readonly string[], options: { env?: Record<string, string> } = {}): Outcome {
    const isRoot = process.getuid?.() === 0;
    if (isRoot) spawnSync('chown', ['-R', '-h', `${NOBODY}:${NOBODY}`, this.home]);
    const drop = isRoot ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : [];
    const [program = '', ...rest] = [...drop, process.execPath, forEverybody().bin, ...args];
    const env = { ...this.env, ...options.env };
    const result = spawnSync(program, rest, { cwd, env, encoding: 'utf8', input: '' });
    if (result.error) throw result.error;
    return { code: result.status, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
  }
}

let copied: { bin: string; uv: string } | undefined;

/** The installed command, and the folder of uv, where everybody may read them: root's checkout may be for root alone. */
function forEverybody(): { bin: string; uv: string } {
  if (process.getuid?.() !== 0) return { bin: installedBin(), uv: dirname(uvPath()) };
  if (copied) return copied;
  const folder = temporary('hb-everybody-');
  const packages = dirname(dirname(dirname(installedBin())));
  cpSync(packages, join(folder, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  copyFileSync(uvPath(), join(folder, 'uv'));
  chmodSync(folder, 0o755);
  copied = { bin: join(folder, 'node_modules', relative(packages, installedBin())), uv: folder };
  return copied;
}

/** What must not change when a command refuses: everything but our own records and the caches of other programs. */
export function untouched(machine: Machine): Map<string, string> {
  return snapshot(machine.home, /^\.local\/state\/hotpass-bootstrap(\/|$)|^\.local\/state$|^\.cache(\/|$)|__pycache__/);
}

export interface Refusal {
  code: number;
  /** What the sentences on standard error must hold. */
  says: readonly (string | RegExp)[];
}

/**
 * What a person has to meet when something is wrong: the exit code, a sentence with its cause and a command that can be
 * typed as it stands, all on standard error; no stack trace, nothing on standard output, no temporary file left.
 */
export function expectRefusal(machine: Machine, cwd: string, outcome: Outcome, { code, says }: Refusal): void {
  const { stderr, stdout } = outcome;
  for (const text of says) expect(stderr).toMatch(text instanceof RegExp ? text : literal(text));
  expect({ code: outcome.code, stdout, stderr }).toMatchObject({ code, stdout: '' });
  expectWords(machine, cwd, stderr);
}

/** The same with --json: exactly one document on standard output, and the sentences beside it. */
export function expectJsonRefusal(machine: Machine, cwd: string, outcome: Outcome, { code, says }: Refusal): unknown {
  const document = JSON.parse(outcome.stdout);
  expect(document.kind).toMatch(/^(error|plan|setup)$/);
  expect(document).toMatchObject({ schema: 1, exit: code });
  expect(outcome.stdout).not.toMatch(STACK);
  for (const text of says) expect(outcome.stderr).toMatch(text instanceof RegExp ? text : literal(text));
  expect({ code: outcome.code, stderr: outcome.stderr }).toMatchObject({ code });
  expectWords(machine, cwd, outcome.stderr);
  return document;
}

/** `setup --yes` and `setup --json` in the same place: both refuse alike, and neither changes anything. */
export function expectSetupRefuses(
  machine: Machine,
  cwd: string,
  refusal: Refusal,
  args: readonly string[] = [],
): void {
  const before = untouched(machine);
  expectRefusal(machine, cwd, machine.run(cwd, ['setup', '--yes', ...args]), refusal);
  expectJsonRefusal(machine, cwd, machine.run(cwd, ['setup', '--json', ...args]), refusal);
  expect(untouched(machine)).toEqual(before);
}

const STACK = / at .*\.[cm]?[jt]s:\d+|node:internal|inside the tool itself|Error: E[A-Z]+/;

function expectWords(machine: Machine, cwd: string, stderr: string): void {
  expect(stderr).not.toMatch(STACK);
  const commands = [...stderr.matchAll(/^Next: (.+)$|^What was done stays\. To go on: (.+)$/gm)].map(
    match => match[1] ?? match[2] ?? '',
  );
  expect(commands, `no next command in:\n${stderr}`).not.toEqual([]);
  for (const command of commands) expectRunnable(machine, cwd, command);
  expect(leftovers(machine)).toEqual([]);
}

/** Temporary files of ours anywhere in HOME; environments that were set aside on purpose do not count. */
export function leftovers(machine: Machine): string[] {
  // With file types links are not followed: one of them may lead to the whole system.
  const entries = readdirSync(machine.home, { recursive: true, withFileTypes: true });
  const names = entries.map(entry => join(entry.parentPath, entry.name));
  return names.filter(name => /(^|\/)\.hotpass-bootstrap-(?!aside-)[^/]*$/.test(name));
}

/** A command that can be typed as it stands: the shell takes it, its program is there, and ours knows its words. */
export function expectRunnable(machine: Machine, cwd: string, command: string): void {
  expect(command).not.toMatch(/<[^>]*>|…|\b(COMMAND|FILE|NAME|VALUE)\b/);
  const shell = (script: string) => spawnSync('bash', ['-c', script], { cwd, env: machine.env, encoding: 'utf8' });
  expect(spawnSync('bash', ['-n', '-c', command]).status, `not a shell command: ${command}`).toBe(0);
  for (const whole of command.split(/&&|;|\|\|/)) {
    const part = whole.replace(/\s>>?\s*\S+/g, '');
    const words = shell(`printf '%s\\0' ${part}`).stdout.split('\0').slice(0, -1);
    while (/^\w+=/.test(words[0] ?? '')) words.shift();
    if (words[0] === 'npx')
      words.splice(
        0,
        words.findIndex(word => /^hotpass-bootstrap(@|$)/.test(word)),
      );
    words[0] = words[0]?.replace(/^(hotpass-bootstrap)@.*/, '$1') ?? '';
    if (words[0] !== 'hotpass-bootstrap') {
      const program = words[0] === 'sudo' ? words[1] : words[0];
      const found = /^\$\{EDITOR/.test(part.trim()) || shell(`command -v -- '${program}'`).status === 0;
      expect(found, `there is no ${program}, as in: ${command}`).toBe(true);
      continue;
    }
    const ours = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
    const help = spawnSync(process.execPath, [installedBin(), ...ours.slice(1), '--help'], { env: machine.env });
    expect(help.status, `not a command of ours: ${command}`).toBe(0);
  }
}

function literal(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'));
}

/**
 * `setup --yes` while a folder lies on a file system of its own that is full: a tmpfs in a mount namespace of this run
 * alone, so that nothing is left mounted. An ordinary user gets a user namespace with it; where neither may be had, as
 * in some containers, the system calls that need room answer as a full disk does.
 * @param bytes room that is left.
 */
export function onFullDisk(machine: Machine, cwd: string, folder: string, bytes: number): Outcome {
  const setup = [process.execPath, installedBin(), 'setup', '--yes'];
  const mount = `mkdir -p "$1" && mount -t tmpfs -o size=${bytes},mode=755 full "$1" || exit 99; shift; exec "$@"`;
  const namespaces = process.getuid?.() === 0 ? ['--mount'] : ['--mount', '--map-root-user'];
  const start = (program: string, args: readonly string[]): Outcome => {
    const result = spawnSync(program, args, { cwd, env: machine.env, encoding: 'utf8', input: '' });
    if (result.error) throw result.error;
    return { code: result.status, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
  };
  const outcome = start('unshare', [...namespaces, 'sh', '-c', mount, 'sh', folder, ...setup]);
  if (outcome.code !== 99 && !outcome.stderr.startsWith('unshare:')) return outcome;
  const calls = 'copy_file_range,fsync';
  const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:error=ENOSPC`];
  return start('strace', ['-f', '-qq', '-o', '/dev/null', ...inject, ...setup]);
}
