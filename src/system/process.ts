import { spawn } from 'node:child_process';
import { monotonic } from './clock.ts';
import { noteChild } from './trace.ts';

export interface ChildOptions {
  cwd: string;
  env: Record<string, string>;
  /** Written to standard input, which is then closed; without it standard input is closed at once. */
  input?: string;
  /** Ends the child and its group: `killSignal` first, SIGKILL five seconds later. */
  signal?: AbortSignal;
  /** Milliseconds until the child is killed. */
  timeout?: number;
  killSignal?: NodeJS.Signals;
  /** Called with each whole line of standard error (and of standard output if `lines` is 'both'). */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Called once with the process id, before anything is read. */
  onSpawn?: (pid: number) => void;
}

export interface Finished {
  /** Exit status, or null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Standard output was longer than 64 MiB; the rest of it is lost. */
  truncated: boolean;
  timedOut: boolean;
  /** Wall time in milliseconds. */
  ms: number;
}

/** Process groups that are running, so that a second Ctrl-C can end them at once. */
const live = new Set<number>();

/** Ends every child group we started. */
export function killAllChildren(): void {
  for (const pid of live) killGroup(pid, 'SIGKILL');
}

/**
 * Ends this process so many milliseconds from now if something that was given up still holds it: a connection, or the
 * look-up of a name, which nobody can stop. Its exit code stays what it is.
 */
export function endWithin(ms: number): void {
  setTimeout(() => process.exit(), ms).unref();
}

const LIMIT = 64 * 1024 * 1024;
const GRACE_MS = 5000;

/**
 * Runs a program to its end and collects what it says. It gets a process group of its own, so that a Ctrl-C of the
 * terminal reaches it only through us. Never throws for a failing child; rejects only when it cannot be started
 * (ENOENT, EACCES).
 * @param argv program and arguments; the program is an absolute path or found on `env.PATH`.
 */
export function run(argv: readonly string[], options: ChildOptions): Promise<Finished> {
  const [command = '', ...args] = argv;
  const started = monotonic();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    let timedOut = false;
    let hardKill: NodeJS.Timeout | undefined;
    const stop = (signal: NodeJS.Signals): void => {
      killGroup(child.pid, signal);
      hardKill ??= setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_MS);
    };
    const onAbort = (): void => stop(options.killSignal ?? 'SIGTERM');
    const timer =
      options.timeout === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            stop('SIGKILL');
          }, options.timeout);
    const stdout = new Collector(line => options.onLine?.(line, 'stdout'));
    const stderr = new Collector(line => options.onLine?.(line, 'stderr'));
    child.stdout.on('data', stdout.push);
    child.stderr.on('data', stderr.push);
    child.on('error', error => {
      clearTimeout(timer);
      clearTimeout(hardKill);
      options.signal?.removeEventListener('abort', onAbort);
      reject(error);
    });
    child.on('spawn', () => {
      if (child.pid !== undefined) {
        live.add(child.pid);
        options.onSpawn?.(child.pid);
      }
      if (options.signal?.aborted) onAbort();
      else options.signal?.addEventListener('abort', onAbort, { once: true });
    });
    child.on('close', (code, signal) => {
      if (child.pid !== undefined) live.delete(child.pid);
      clearTimeout(timer);
      clearTimeout(hardKill);
      options.signal?.removeEventListener('abort', onAbort);
      const said = stdout.end();
      noteChild({ argv, cwd: options.cwd, code, stdout: said });
      resolve({
        code,
        signal,
        stdout: said,
        stderr: stderr.end(),
        truncated: stdout.truncated,
        timedOut,
        ms: monotonic() - started,
      });
    });
    child.stdin.on('error', () => {}); // The child may end without reading; its status says what happened.
    child.stdin.end(options.input);
  });
}

/** Sends a signal to a child's whole group; a group that is already gone is fine. */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It ended in the meantime.
  }
}

/** Collects bytes as text and hands over whole lines; keeps at most 64 MiB. */
class Collector {
  readonly #decoder = new TextDecoder('utf-8');
  readonly #parts: string[] = [];
  truncated = false;
  #length = 0;
  #rest = '';
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  readonly push = (chunk: Buffer): void => this.#take(this.#decoder.decode(chunk, { stream: true }));

  end(): string {
    this.#take(this.#decoder.decode());
    if (this.#rest !== '') this.#onLine(this.#rest);
    return this.#parts.join('');
  }

  #take(text: string): void {
    if (this.#length < LIMIT) this.#parts.push(text);
    else if (text !== '') this.truncated = true;
    this.#length += text.length;
    const lines = (this.#rest + text).split(/\r?\n|\r/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
  }
}
