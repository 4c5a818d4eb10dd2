import type { RunEvent } from '../core/events.ts';
import { clean } from './clean.ts';
import type { ErrorView } from './errors-view.ts';
import type { Live } from './live.ts';
import { monotonic } from './monotonic.ts';
import { interceptSay, say, sayRaw, windowSize } from './output.ts';
import { EMPTY_RUN, type RunState, reduceRun } from './run-state.ts';
import { drawEnd, drawRun } from './run-view.ts';
import { widthOf, wrap } from './text.ts';
import type { View } from './view.ts';

/** Ten frames a second for the spinner; four beside an open prompt, which is drawn again with each of them. */
const FRAME_MS = 100;
const PROMPT_FRAME_MS = 250;
/** Rows that a prompt needs for itself. */
const PROMPT_ROWS = 9;

type LogUpdate = ReturnType<typeof import('log-update')['createLogUpdate']>;

/**
 * Shows a run on a terminal by repainting a few lines on standard error. `log-update` is loaded at the first event.
 * While a prompt is open nothing is painted: the lines go to the prompt.
 */
export class Painter implements View, Live {
  readonly #look: ErrorView;
  #state: RunState = EMPTY_RUN;
  #log: LogUpdate | undefined;
  #frame: readonly string[] = [];
  #show: ((lines: readonly string[]) => void) | undefined;
  #shownAt = 0;
  readonly #held: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #giveBack: () => void = () => {};
  #stopped = false;
  #ended = false;

  constructor(look: ErrorView) {
    this.#look = look;
  }

  get live(): Live {
    return this;
  }

  readonly listen = (event: RunEvent): void => {
    if (this.#stopped) return;
    if (!this.#timer) this.#start();
    this.#state = reduceRun(this.#state, event, monotonic());
    if (event.type === 'note') {
      for (const line of wrap(clean(this.#look.redact(event.text)), windowSize().columns)) say(line);
    }
    if (event.type === 'run-finished') this.stop();
  };

  /** Leaves the last state on the screen, shows the cursor and listens no more. Safe to call twice, and on every way out. */
  readonly stop = (): void => {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    process.stderr.removeListener('resize', this.#resized);
    // Beside an open prompt nothing may be written; its end brings ours.
    if (this.#show) this.#show([]);
    else this.#end();
  };

  readonly handOver = (show: (lines: readonly string[]) => void): (() => void) => {
    // A question behind the run has nothing beside it.
    if (this.#ended) return () => {};
    this.#clear();
    this.#log?.done(); // Shows the cursor: a person types now.
    this.#show = show;
    this.#shownAt = 0;
    if (!this.#stopped) this.#paint();
    return () => {
      if (!this.#show) return;
      this.#show = undefined;
      if (this.#stopped) return this.#end();
      this.#sayHeld();
      this.#paint();
    };
  };

  #end(): void {
    this.#ended = true;
    this.#clear();
    this.#log?.done();
    this.#giveBack();
    this.#sayHeld();
    const lines = drawEnd(this.#state, { ...this.#look, width: windowSize().columns, now: monotonic() });
    if (lines.length > 0) sayRaw(`${lines.join('\n')}\n`);
  }

  #start(): void {
    this.#timer = setInterval(() => this.#paint(), FRAME_MS);
    this.#timer.unref();
    this.#giveBack = interceptSay(line => this.#above(line));
    process.stderr.on('resize', this.#resized);
    import('log-update').then(
      ({ createLogUpdate }) => {
        if (this.#stopped) return;
        this.#log = createLogUpdate(process.stderr);
        this.#paint();
      },
      () => {}, // Without it the run is shown once, at its end.
    );
  }

  #lines(reserved: number): string[] {
    const { columns, rows } = windowSize();
    return drawRun(this.#state, { ...this.#look, width: columns, rows: rows - reserved, now: monotonic() });
  }

  #paint(): void {
    if (this.#show) {
      const at = monotonic();
      if (at - this.#shownAt < PROMPT_FRAME_MS) return;
      this.#shownAt = at;
      this.#show(this.#lines(PROMPT_ROWS));
      return;
    }
    if (!this.#log) return;
    this.#frame = this.#lines(2);
    if (this.#frame.length > 0) this.#log(this.#frame.join('\n'));
  }

  #clear(): void {
    if (this.#show) return;
    this.#log?.clear();
    this.#frame = [];
  }

  /** A line that stays, above the live ones; it waits while a prompt is open. */
  #above(line: string): void {
    if (this.#show) {
      this.#held.push(line);
      return;
    }
    this.#clear();
    sayRaw(`${line}\n`);
    this.#paint();
  }

  #sayHeld(): void {
    for (const line of this.#held.splice(0)) sayRaw(`${line}\n`);
  }

  /** A narrower terminal has broken the old lines into more rows than log-update knows of: take those off too. */
  readonly #resized = (): void => {
    const { columns } = windowSize();
    const extra = this.#frame.reduce((sum, line) => sum + Math.max(0, Math.ceil(widthOf(line) / columns) - 1), 0);
    if (!this.#show && this.#log && extra > 0) {
      this.#clear();
      sayRaw(`\x1b[${extra}A\x1b[0J`);
    }
    this.#shownAt = 0;
    this.#paint();
  };
}
