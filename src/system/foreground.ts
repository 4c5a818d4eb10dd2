import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { EXIT, errorCode, UserError } from '../core/errors.ts';
import { isExecutable } from './environment.ts';
import { statOf } from './files.ts';

/** Signals that somebody sends to us and means for the program that we run. */
const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH'] as const;

/**
 * Runs a program that owns the terminal: our streams, our process group, no output touched. A Ctrl-C of the terminal
 * reaches it directly; other signals are passed on.
 * @returns its exit status, or 128 + n when signal n ended it.
 * @throws UserError 127 when there is no such program, 126 when it cannot be executed.
 */
export function runForeground(argv: readonly string[], env: Record<string, string>): Promise<number> {
  const [command = '', ...args] = argv;
  const program = findProgram(command, env['PATH'] ?? '');
  return new Promise((resolve, reject) => {
    // From here on the child decides what Ctrl-C means; the front door's handlers are for our own work.
    process.removeAllListeners('SIGINT');
    process.removeAllListeners('SIGTERM');
    const child = spawn(program, args, { env, stdio: 'inherit', argv0: command });
    process.on('SIGINT', () => {
      if (!process.stdin.isTTY) child.kill('SIGINT');
    });
    for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
    child.on('error', error => reject(cannotStart(command, errorCode(error))));
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

function findProgram(command: string, path: string): string {
  if (command.includes('/') || isAbsolute(command)) {
    if (statOf(command) === undefined) throw cannotStart(command, 'ENOENT');
    if (!isExecutable(command)) throw cannotStart(command, 'EACCES');
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
    cause: missing ? "It is neither in the workspace's .venv nor on PATH." : 'It is there, but not executable for you.',
    next: missing ? 'hotpass-bootstrap setup' : `ls -l '${command}'`,
    exit: missing ? EXIT.notFound : EXIT.notExecutable,
  });
}
