import { PassThrough } from 'node:stream';
import { signalJob } from '../system/job-signal.ts';

const CTRL_C = 0x03;
const CTRL_Z = 0x1a;

/** The terminal that a person types at. */
type Keyboard = Pick<
  typeof process.stdin,
  'on' | 'removeListener' | 'setRawMode' | 'resume' | 'pause' | 'ref' | 'unref'
>;

/** What one question reads from. It says it is a terminal, since that is what feeds it. */
export type Keys = PassThrough & { isTTY: true };

/**
 * The keys of a person who is asked now and then: from the first question on nothing is echoed by the terminal, and what
 * is typed or pasted while no question is open is dropped. It may be the secret of a question that has just closed, and
 * the terminal would put it on the screen. Ctrl-C and Ctrl-Z keep their meaning.
 */
export class HeldKeys {
  readonly #keyboard: Keyboard;
  readonly #signal: typeof signalJob;
  #between = true;
  #held = false;
  #ended = false;
  #echo = false;
  #open: Keys | undefined;

  constructor(keyboard: Keyboard = process.stdin, signal: typeof signalJob = signalJob) {
    this.#keyboard = keyboard;
    this.#signal = signal;
  }

  /** The keys for one question. @param echo the terminal itself shows and edits the line. */
  open(echo = false): Keys {
    this.#hold();
    const keys: Keys = Object.assign(new PassThrough(), { isTTY: true as const });
    this.#open = keys;
    this.#echo = echo;
    this.#keyboard.ref();
    if (echo) this.#keyboard.setRawMode(false);
    if (this.#ended) keys.end();
    return keys;
  }

  /** The question is answered. */
  close(): void {
    this.#open = undefined;
    this.#echo = false;
    if (!this.#between) {
      this.#letGo();
      return;
    }
    this.#keyboard.setRawMode(true);
    // A run that has ended with an error must not be kept alive by a terminal nobody reads.
    this.#keyboard.unref();
  }

  /** The run is over: the terminal is the person's again, now or when the open question is answered. */
  release(): void {
    this.#between = false;
    if (!this.#open) this.#letGo();
  }

  #hold(): void {
    if (this.#held) return;
    this.#held = true;
    this.#keyboard.on('data', this.#take);
    this.#keyboard.on('end', this.#end);
    this.#keyboard.on('error', this.#end);
    process.on('SIGCONT', this.#continued);
    this.#keyboard.setRawMode(true);
    this.#keyboard.resume();
  }

  #letGo(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#keyboard.setRawMode(false);
    this.#keyboard.pause();
    this.#keyboard.removeListener('data', this.#take);
    this.#keyboard.removeListener('end', this.#end);
    this.#keyboard.removeListener('error', this.#end);
    process.removeListener('SIGCONT', this.#continued);
  }

  readonly #take = (chunk: Buffer): void => {
    if (chunk.includes(CTRL_Z) && !this.#echo) {
      this.#keyboard.setRawMode(false);
      this.#signal('SIGTSTP');
      // Here again after a while, or at once where nothing can be stopped (the first program of a container).
      this.#keyboard.setRawMode(true);
    } else if (this.#open) this.#open.write(chunk);
    else if (chunk.includes(CTRL_C)) this.#signal('SIGINT');
  };

  readonly #end = (): void => {
    this.#ended = true;
    this.#open?.end();
  };

  /** A shell gives its own terminal modes to a job that goes on. */
  readonly #continued = (): void => {
    if (this.#echo) return;
    // Node remembers the mode it has set and would take this for no change.
    this.#keyboard.setRawMode(false);
    this.#keyboard.setRawMode(true);
  };
}
