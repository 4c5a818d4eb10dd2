import { Interrupted } from '../../core/errors.ts';
import { distributions } from '../../engine/distributions.ts';
import type { Write } from '../../engine/step.ts';
import { killGroup } from '../../system/process.ts';

export type Phase = 'resolving' | 'preparing' | 'installing' | 'done';

/** Reads the phase from uv's lines on standard error, the only progress it tells (facts uv §2, Progress). */
export class Progress {
  phase: Phase = 'resolving';
  #announced = 0;
  #arrived = 0;
  #building = '';

  /** @param total packages that will be installed, from the dry run; 0 when unknown. */
  constructor(readonly total: number) {}

  /** Takes one line; true when there is something new to say. */
  take(line: string): boolean {
    if (/^Prepared \d+ packages?/.test(line)) this.phase = 'installing';
    else if (/^Uninstalled \d+ packages?/.test(line)) this.phase = 'installing';
    else if (/^Installed \d+ packages?/.test(line)) this.phase = 'done';
    else if (/^\s*Downloading /.test(line)) this.#prepare(() => (this.#announced += 1));
    else if (/^\s*Downloaded /.test(line)) this.#prepare(() => (this.#arrived += 1));
    else if (/^\s*Building /.test(line)) this.#prepare(() => (this.#building = line.trim().split(/\s+/)[1] ?? ''));
    else if (/^\s*Built /.test(line)) this.#prepare(() => (this.#building = ''));
    else if (!/^(Resolved|Using|Creating) /.test(line)) return false;
    return true;
  }

  get text(): string {
    const packages = this.total === 0 ? '' : `, ${this.total} ${this.total === 1 ? 'package' : 'packages'}`;
    if (this.phase === 'done') return `installed${packages}`;
    if (this.phase === 'installing') return `installing${packages}`;
    if (this.phase === 'resolving') return `reading uv.lock${packages}`;
    if (this.#building !== '') return `building ${this.#building}${packages}`;
    return `downloading, ${this.#arrived} of ${this.#announced} large files${packages}`;
  }

  #prepare(act: () => void): void {
    if (this.phase === 'resolving') this.phase = 'preparing';
    act();
  }
}

const UNSURE_MS = 1000;

/**
 * Decides what a Ctrl-C does to uv: it is stopped while it downloads or builds, and left to finish while it installs,
 * since a stop in the middle of that leaves packages without files (facts uv §0). With everything in the cache there
 * is no line before it installs, so it gets a second, and then what appeared in site-packages tells.
 * @returns takes the listener away.
 */
export function stopGently(ctx: Write, progress: Progress, pid: () => number | undefined): () => void {
  let timer: NodeJS.Timeout | undefined;
  const before = distributions(ctx.root).length;
  const stop = (): void => {
    const begun = progress.phase === 'resolving' && distributions(ctx.root).length !== before;
    if (!begun && (progress.phase === 'preparing' || progress.phase === 'resolving')) killGroup(pid(), 'SIGINT');
  };
  const onAbort = (): void => {
    const text = 'stopping; uv finishes what it is installing first';
    ctx.emit({ type: 'step-progress', step: 'python', text });
    if (progress.phase === 'preparing') stop();
    else timer = setTimeout(stop, UNSURE_MS);
  };
  if (ctx.signal.aborted) onAbort();
  else ctx.signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    clearTimeout(timer);
    ctx.signal.removeEventListener('abort', onAbort);
  };
}

/** Throws what stopped the run, if something did. */
export function throwIfStopped(ctx: Write): void {
  if (!ctx.signal.aborted) return;
  throw ctx.signal.reason instanceof Interrupted ? ctx.signal.reason : new Interrupted();
}
