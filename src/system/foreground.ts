import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { isatty } from 'node:tty';
import { EXIT, errorCode, UserError } from '../core/errors.ts';
import type { MaskTable } from '../core/mask.ts';
import { quoteWord } from '../core/quote.ts';
import { isExecutable } from './environment.ts';
import { statOf } from './files.ts';
import { jobServerFiles } from './job-server.ts';

/** What is masked in the program's output: its streams that go through us. */
export interface Masked {
  table: MaskTable;
  stdout: boolean;
  stderr: boolean;
}

/** Signals that somebody sends to us and means for the program that we run. */
const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH'] as const;
/** What the keys of a terminal send, to all programs in its foreground. */
const KEYS = ['SIGINT', 'SIGQUIT'] as const;

/**
 * Runs a program that owns the terminal: our streams, our process group, no output touched but what is to be masked.
 * Keys of the terminal reach it directly; other signals are passed on.
 * @returns its exit status, or 128 + n when signal n ended it.
 * @throws UserError 127 when there is no such program, 126 when it cannot be executed.
 */
export async function runForeground(
  argv: readonly string[],
  env: Record<string, string>,
  masked?: Masked,
): Promise<number> {
  const [command = '', ...args] = argv;
  const program = findProgram(command, env['PATH'] ?? '');
  const pipe = masked === undefined ? undefined : (await import('./masked-output.ts')).passMasked;
  return new Promise((resolve, reject) => {
    // From here on the child decides what Ctrl-C means; the front door's handlers are for our own work.
    process.removeAllListeners('SIGINT');
    process.removeAllListeners('SIGTERM');
    const stdio: ('inherit' | 'pipe' | 'ignore' | number)[] = [
      'inherit',
      streamFor(masked?.stdout),
      streamFor(masked?.stderr),
    ];
    for (const file of jobServerFiles(env)) {
      while (stdio.length < file) stdio.push('ignore');
      stdio[file] = file;
    }
    const child = spawn(program, args, { env, stdio, argv0: command });
    passSignals(child);
    child.on('error', error => reject(cannotStart(command, errorCode(error))));
    const passed = masked && pipe ? pipe(child, masked.table) : undefined;
    child.on(passed ? 'exit' : 'close', (code: number | null, signal: NodeJS.Signals | null) => {
      const status = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      if (passed) passed().then(() => resolve(status), reject);
      else resolve(status);
    });
  });
}

/**
 * As `runForeground`, but this process becomes the program where that can be done, and then nothing returns.
 */
export async function becomeProgram(argv: readonly string[], env: Record<string, string>): Promise<number> {
  const [command = ''] = argv;
  const program = findProgram(command, env['PATH'] ?? '');
  // Node closes what it does not know of on the way.
  if (jobServerFiles(env).length === 0) (await import('./replace.ts')).replaceProcess(program, argv, env);
  return runForeground(argv, env);
}

function streamFor(masked: boolean | undefined): 'pipe' | 'inherit' {
  return masked === true ? 'pipe' : 'inherit';
}

function passSignals(child: ChildProcess): void {
  const hasTerminal = [0, 1, 2].some(descriptor => isatty(descriptor));
  for (const signal of KEYS) {
    process.on(signal, () => {
      if (!hasTerminal) child.kill(signal);
    });
  }
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  if (process.platform === 'win32') return;
  // Ctrl-Z stops both of us; a signal of somebody else, who knows only us, must do so as well. SIGCONT is passed on.
  process.on('SIGTSTP', () => {
    child.kill('SIGTSTP');
    process.kill(process.pid, 'SIGSTOP');
  });
}

function findProgram(command: string, path: string): string {
  if (command.includes('/') || isAbsolute(command)) {
    const found = statOf(command);
    if (found === undefined) throw cannotStart(command, 'ENOENT');
    if (!isExecutable(command)) throw cannotStart(command, found.isDirectory() ? 'EISDIR' : 'EACCES');
    return command;
  }
  let denied = false;
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const full = join(folder, command);
    if (isExecutable(full)) return full;
    if (statOf(full)?.isFile()) denied = true;
  }
  throw cannotStart(command, denied ? 'EACCES' : 'ENOENT');
}

function cannotStart(command: string, code: string | undefined): UserError {
  const missing = code === 'ENOENT';
  return new UserError({
    message: missing ? `There is no program ${command}.` : `${command} cannot be executed (${code ?? 'unknown'}).`,
    cause: missing
      ? "It is neither in the workspace's .venv nor on PATH."
      : `It is ${code === 'EISDIR' ? 'a folder' : 'there, but not executable for you'}.`,
    next: missing ? 'hotpass-bootstrap setup' : `ls -l ${quoteWord(command)}`,
    exit: missing ? EXIT.notFound : EXIT.notExecutable,
  });
}
