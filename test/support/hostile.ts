import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Machine, Outcome } from './machine.ts';
import { installedBin } from './pack.ts';
import { temporary } from './tools.ts';

const LOCK = `version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "small"
version = "0.1.0"
source = { virtual = "." }
`;

const PROJECT = `[project]
name = "small"
version = "0.1.0"
requires-python = ">=3.11"
`;

/** Files by their path; a value with a mode is written with it. */
export type Files = Readonly<Record<string, string>>;

/** A repository that somebody else wrote: a project without dependencies, a manifest, and whatever else is in it. */
export function smallClone(machine: Machine, name: string, manifest: string, files: Files = {}): string {
  const root = join(machine.home, name);
  mkdirSync(root, { recursive: true });
  const all: Files = { 'pyproject.toml': PROJECT, 'uv.lock': LOCK, 'hotpass-bootstrap.toml': manifest, ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  execFileSync('git', ['init', '-q'], { cwd: root, env: machine.env });
  return root;
}

export const PLAIN = 'schema = 1\nworkspace = "small"\n[environments.local]\n';

/** A program that leaves a mark when it is started. */
export interface Trap {
  /** Its text, to be put anywhere. */
  script: string;
  /** Was it ever started? */
  sprung: () => boolean;
}

export function trap(): Trap {
  const mark = join(temporary('hb-trap-'), 'sprung');
  return { script: `#!/bin/sh\necho "$0 $*" >> '${mark}'\n`, sprung: () => existsSync(mark) };
}

/** Puts a trap somewhere as an executable. */
export function lay(path: string, { script }: Trap): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, script);
  chmodSync(path, 0o755);
}

/** Runs the command under strace. @returns its outcome and the programs that were started in the whole process tree. */
export function traced(
  machine: Machine,
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Outcome & { started: string[] } {
  const trace = join(temporary('hb-trace-'), 'trace');
  const command = ['-f', '-s', '400', '-e', 'trace=execve', '-o', trace, process.execPath, installedBin(), ...args];
  const result = spawnSync('strace', command, {
    cwd,
    env: { ...machine.env, ...env },
    encoding: 'utf8',
    input: '',
  });
  const started = readFileSync(trace, 'utf8')
    .split('\n')
    .filter(line => / = 0$/.test(line))
    .flatMap(line => /execve\("([^"]+)", (\[.*\])/.exec(line)?.slice(1, 3).join(' ') ?? []);
  return { code: result.status, signal: result.signal, stdout: result.stdout, stderr: result.stderr, started };
}

/** Base names of started programs, without our own Node. */
export function programs(started: readonly string[]): string[] {
  return started.map(line => line.split(' ')[0]?.split('/').at(-1) ?? '').filter(name => name !== 'node');
}
