import type { Listener, StepStatus } from '../core/events.ts';
import type { StepId } from '../core/ids.ts';
import { type Moment, now } from '../system/clock.ts';
import { timeBetween } from './drift.ts';
import type { RunParts } from './events.ts';

export interface RunClockOptions {
  /** For tests. */
  clock?: () => Moment;
  /** Steps that wait while this question is open, so that they do not count as working. */
  waits?: (question: string) => readonly StepId[];
}

export interface StepTime {
  id: StepId;
  status: StepStatus;
  ms: number;
}

/**
 * Splits the time of a run into what the machine worked and what it waited for the person. Waiting is the time during
 * which a question is open and no step works; everything else is the machine's, so the two always add up. How long a
 * question was open is told besides: while uv is fetched or works, that is the person's time as well. Give
 * `listen` to the run's event stream when the program starts.
 */
export class RunClock {
  readonly started: Moment;
  readonly #clock: () => Moment;
  readonly #waits: (question: string) => readonly StepId[];
  readonly #questions = new Set<string>();
  readonly #working = new Set<StepId>();
  readonly #steps: StepTime[] = [];
  #waitingSince: bigint | undefined;
  #prompt = 0n;
  #openSince: bigint | undefined;
  #asked = 0n;

  constructor(options: RunClockOptions = {}) {
    this.#clock = options.clock ?? now;
    this.#waits = options.waits ?? (() => ['secrets']);
    this.started = this.#clock();
  }

  readonly listen: Listener = event => {
    if (event.type === 'question-opened') this.#questions.add(event.id);
    else if (event.type === 'question-closed') this.#questions.delete(event.id);
    else if (event.type === 'step-started') this.#working.add(event.step);
    else if (event.type === 'step-finished') {
      this.#working.delete(event.step);
      this.#steps.push({ id: event.step, status: event.status, ms: Math.round(event.ms) });
    } else return;
    this.#turn(BigInt(this.#clock().mono));
  };

  /** The steps that ended so far. */
  get steps(): readonly StepTime[] {
    return this.#steps;
  }

  /** Where the time went until now. May be asked again later. */
  parts(): RunParts {
    const end = this.#clock();
    const mono = BigInt(end.mono);
    const { ns: elapsed, suspect } = timeBetween(this.started, end);
    const since = (start: bigint | undefined): bigint => (start === undefined ? 0n : mono - start);
    const elapsedMs = milliseconds(elapsed);
    const promptMs = Math.min(elapsedMs, milliseconds(this.#prompt + since(this.#waitingSince)));
    const askedMs = Math.min(elapsedMs, milliseconds(this.#asked + since(this.#openSince)));
    const failedMs = this.#steps.filter(step => step.status === 'failed').reduce((sum, step) => sum + step.ms, 0);
    return {
      elapsed: elapsedMs / 1000,
      machine: (elapsedMs - promptMs) / 1000,
      prompt: promptMs / 1000,
      asked: askedMs / 1000,
      // Failed steps may have run at the same time.
      rework: Math.min(elapsedMs - promptMs, failedMs) / 1000,
      clock_suspect: suspect,
    };
  }

  #turn(mono: bigint): void {
    const waiting = new Set([...this.#questions].flatMap(question => [...this.#waits(question)]));
    const working = [...this.#working].some(step => !waiting.has(step));
    const open = this.#questions.size > 0;
    if (open) this.#openSince ??= mono;
    else if (this.#openSince !== undefined) {
      this.#asked += mono - this.#openSince;
      this.#openSince = undefined;
    }
    if (open && !working) this.#waitingSince ??= mono;
    else if (this.#waitingSince !== undefined) {
      this.#prompt += mono - this.#waitingSince;
      this.#waitingSince = undefined;
    }
  }
}

function milliseconds(ns: bigint): number {
  return Math.max(0, Math.round(Number(ns) / 1e6));
}
