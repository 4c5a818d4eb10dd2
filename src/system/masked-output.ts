import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { errorCode } from '../core/errors.ts';
import { Mask, type MaskTable } from '../core/mask.ts';

/** A program that was left running in the background holds our pipes; it is not waited for longer than this, ms. */
const QUIET_MS = 1000;

/**
 * Passes the piped output of a child on to our own streams, masked; a slow reader slows the child down.
 * @returns to be called once the child has ended: waits until all it said is written.
 */
export function passMasked(child: ChildProcess, table: MaskTable): () => Promise<void> {
  // What is closed under a program that writes resets its connection, since Node's pipes are sockets: so it is told first.
  const onGone = (error: Error): void => {
    if (errorCode(error) === 'EPIPE' && process.platform !== 'win32') child.kill('SIGPIPE');
  };
  const passed = [pass(child.stdout, process.stdout, table, onGone), pass(child.stderr, process.stderr, table, onGone)];
  return async () => {
    await Promise.all(passed.map(stream => stream?.finish()));
  };
}

interface Passed {
  finish(): Promise<void>;
}

function pass(
  from: Readable | null,
  to: Writable,
  table: MaskTable,
  onGone: (error: Error) => void,
): Passed | undefined {
  if (from === null) return undefined;
  const mask = new Mask(table);
  const quiet = new Quiet(from);
  const write = (bytes: Buffer): boolean => bytes.length === 0 || to.write(bytes);
  from.on('data', (chunk: Buffer) => {
    if (!write(mask.push(chunk))) {
      from.pause();
      to.once('drain', () => {
        from.resume();
        quiet.again();
      });
    }
    quiet.again();
  });
  // A reader that has gone away (`| head`) is told to the child as it would be without us.
  to.on('error', error => {
    onGone(error);
    from.destroy();
  });
  from.on('error', () => {});
  const closed = new Promise<void>(resolve => from.on('close', resolve));
  const finish = async (): Promise<void> => {
    await Promise.race([closed, quiet.passed()]);
    quiet.stop();
    from.destroy();
    const last = mask.end();
    if (!to.writable) return;
    await new Promise<void>(resolve => to.write(last, () => resolve()));
  };
  return { finish };
}

/** Tells when nothing has come for a while; only time in which we read counts, since a slow reader makes us pause. */
class Quiet {
  readonly #from: Readable;
  #onPassed: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(from: Readable) {
    this.#from = from;
  }

  passed(): Promise<void> {
    return new Promise(resolve => {
      this.#onPassed = resolve;
      this.again();
    });
  }

  again(): void {
    this.stop();
    const onPassed = this.#onPassed;
    if (onPassed === undefined || this.#from.isPaused()) return;
    // After a halt of ours the time is over before anything was read: so what waits in the pipe gets its turn first.
    this.#timer = setTimeout(() => {
      this.#turn = setImmediate(onPassed);
    }, QUIET_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
  }
}
