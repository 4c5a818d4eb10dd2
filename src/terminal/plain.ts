import { formatDuration } from '../core/durations.ts';
import { Interrupted } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import { breakWorkflowCommands, clean } from './clean.ts';
import type { ErrorView } from './errors-view.ts';
import { MESSAGES } from './messages.ts';
import { monotonic } from './monotonic.ts';
import { say } from './output.ts';
import { findingBlock } from './plan-view.ts';
import { EMPTY_RUN, type RunState, reduceRun, type StepState } from './run-state.ts';
import { failureLines, isFailure } from './run-view.ts';
import type { View } from './view.ts';

const HEARTBEAT_MS = 10_000;

export interface PlainOptions extends ErrorView {
  /** Where lines go; standard error by default. */
  write?: (line: string) => void;
  /** Monotonic milliseconds. */
  now?: () => number;
}

/**
 * Shows a run without repainting: one line a change of state, and one for each running step after ten seconds of its
 * silence (contracts §8). While a question is open lines wait, since a person is typing.
 */
export class Plain implements View {
  readonly live = undefined;
  readonly #options: PlainOptions;
  readonly #now: () => number;
  #state: RunState = EMPTY_RUN;
  readonly #saidAt = new Map<string, number>();
  readonly #held: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PlainOptions) {
    this.#options = options;
    this.#now = options.now ?? monotonic;
  }

  readonly listen = (event: RunEvent): void => {
    this.#state = reduceRun(this.#state, event, this.#now());
    switch (event.type) {
      case 'run-started':
        this.#timer ??= setInterval(this.tick, 1000).unref();
        break;
      case 'step-started':
        this.#say(`${this.#title(event.step)}: started`, event.step);
        break;
      case 'step-finished':
        this.#finished(this.#step(event.step));
        break;
      case 'finding':
        for (const line of findingBlock(event.finding, { ...this.#options, width: Number.POSITIVE_INFINITY })) {
          this.#say(line.replace('  ', ''));
        }
        break;
      case 'note':
        this.#say(clean(this.#options.redact(event.text)));
        break;
      case 'question-closed':
        for (const line of this.#held.splice(0)) this.#write(line);
        break;
      case 'run-finished':
        this.stop();
        break;
      default:
    }
  };

  /** Says that running steps still run, where they have been silent for ten seconds. The timer calls it. */
  readonly tick = (): void => {
    if (this.#state.questions.length > 0) return;
    const now = this.#now();
    for (const step of this.#state.steps) {
      if (step.status !== 'running' || now - (this.#saidAt.get(step.id) ?? 0) < HEARTBEAT_MS) continue;
      const elapsed = formatDuration(Math.round((now - step.startedAt) / 1000) * 1000).replace('.0', '');
      const text = clean(this.#options.redact(step.text));
      this.#say(MESSAGES.stillWorking(clean(step.title), text, elapsed), step.id);
    }
  };

  readonly stop = (): void => {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const line of this.#held.splice(0)) this.#write(line);
  };

  #finished(step: StepState | undefined): void {
    if (!step) return;
    const outcome = step.error instanceof Interrupted ? MESSAGES.stopped : step.status;
    const time = step.ms >= 1000 ? ` in ${formatDuration(step.ms)}` : '';
    const detail = step.text === '' ? '' : ` (${clean(this.#options.redact(step.text))})`;
    this.#say(`${this.#title(step.id)}: ${outcome}${time}${detail}`, step.id);
    if (isFailure(step)) for (const line of failureLines(step, this.#options)) this.#say(line);
  }

  #step(id: string): StepState | undefined {
    return this.#state.steps.find(step => step.id === id);
  }

  #title(id: string): string {
    return clean(this.#step(id)?.title ?? id);
  }

  #say(line: string, step?: string): void {
    if (step !== undefined) this.#saidAt.set(step, this.#now());
    if (this.#state.questions.length > 0) this.#held.push(line);
    else this.#write(line);
  }

  /** A CI service reads our lines too: nothing in them may command it. */
  #write(line: string): void {
    (this.#options.write ?? say)(breakWorkflowCommands(line));
  }
}
