import { spawn } from '@lydell/node-pty';
import { installedBin } from './pack.ts';

/** A person at a real pseudo-terminal: waits for what the screen says, then types. */
export class Terminal {
  #screen = '';
  #read = 0;
  readonly #pty;
  readonly exit: Promise<{ exitCode: number; signal?: number | undefined }>;

  /** @param into a file that standard output is led into, as `> FILE` does. */
  constructor(
    cwd: string,
    args: readonly string[],
    env: Record<string, string>,
    size = { cols: 80, rows: 24 },
    into?: string,
  ) {
    const call = [process.execPath, installedBin(), ...args];
    const [program = '', ...rest] = into === undefined ? call : ['sh', '-c', 'exec "$@" > "$0"', into, ...call];
    this.#pty = spawn(program, rest, { name: 'xterm-256color', cwd, env, ...size });
    this.#pty.onData(data => {
      this.#screen += data;
    });
    this.exit = new Promise(resolve => this.#pty.onExit(resolve));
  }

  /** Everything that was shown, without escape sequences. */
  get text(): string {
    return this.#screen.replace(/\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07/g, '');
  }

  get raw(): string {
    return this.#screen;
  }

  /** Waits until the screen has said this (after what was said before the last wait). */
  async sees(what: RegExp, within = 60_000): Promise<void> {
    const deadline = Date.now() + within;
    for (;;) {
      const rest = this.text.slice(this.#read);
      const found = what.exec(rest);
      if (found) {
        this.#read += found.index + found[0].length;
        break;
      }
      if (Date.now() > deadline) throw new Error(`never saw ${what}; the screen said:\n${this.text.slice(-3000)}`);
      await new Promise(done => setTimeout(done, 20));
    }
    // A prompt that was just painted reads its keys from the next turn on.
    await new Promise(done => setTimeout(done, 150));
  }

  type(keys: string): void {
    this.#pty.write(keys);
  }

  get pid(): number {
    return this.#pty.pid;
  }
}
