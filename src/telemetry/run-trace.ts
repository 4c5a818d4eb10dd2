import type { Listener, StepStatus } from '../core/events.ts';
import type { StepId } from '../core/ids.ts';
import { type Moment, now } from '../system/clock.ts';
import type { Env } from '../system/environment.ts';
import { taskResult } from './metrics.ts';
import { type Attributes, OURS, resultOf, STABLE, UNSTABLE } from './names.ts';
import { newSpan, parentOf, type SpanContext, traceparent } from './trace-context.ts';

/** One span, as it leaves this machine. */
export interface Span {
  name: string;
  context: SpanContext;
  parent: (SpanContext & { remote: boolean }) | undefined;
  /** Nanoseconds since 1970. */
  start: bigint;
  end: bigint;
  failed: boolean;
  attributes: Attributes;
}

/**
 * The trace of a run: one span for the run and one for each step, named by the step and nothing else. Give `listen` to
 * the run's event stream. A caller's TRACEPARENT makes the run a part of the caller's trace.
 */
export class RunTrace {
  readonly #root: SpanContext;
  readonly #parent: SpanContext | undefined;
  readonly #started: Moment;
  readonly #clock: () => Moment;
  readonly #steps = new Map<StepId, { context: SpanContext; start: bigint }>();
  readonly #spans: Span[] = [];

  constructor(env: Env, clock: () => Moment = now) {
    this.#clock = clock;
    this.#started = clock();
    this.#parent = parentOf(env);
    this.#root = newSpan(this.#parent);
  }

  /** `TRACEPARENT` for what the run starts. */
  get traceparent(): string {
    return traceparent(this.#root);
  }

  readonly listen: Listener = event => {
    if (event.type === 'step-started') {
      this.#steps.set(event.step, { context: newSpan(this.#root), start: this.#nanoseconds() });
    } else if (event.type === 'step-finished' && event.status !== 'skipped') {
      this.#finishStep(event.step, event.status);
    }
  };

  /** The spans of a run that ended with this exit code; none when the caller's trace is not recorded. */
  finish(exit: number): Span[] {
    const attributes: Attributes = { [UNSTABLE.pipeline]: 'setup', [UNSTABLE.exitCode]: exit, ...resultOf(exit) };
    return this.#all('setup', attributes, attributes[UNSTABLE.result] === 'failure');
  }

  /** The one span of a measured command. @param result from `gateResult`. */
  finishGate(name: string, result: Attributes): Span[] {
    const attributes = { [UNSTABLE.pipeline]: 'measure', [OURS.gate]: name, ...result };
    return this.#all(`measure ${name}`, attributes, result[UNSTABLE.result] === 'failure');
  }

  #all(name: string, attributes: Attributes, failed: boolean): Span[] {
    if (!this.#root.sampled) return [];
    const start = BigInt(Math.round(this.#started.wall)) * 1_000_000n;
    const parent = this.#parent && { ...this.#parent, remote: true };
    return [
      { name, context: this.#root, parent, start, end: this.#nanoseconds(), failed, attributes },
      ...this.#spans.splice(0),
    ];
  }

  #finishStep(step: StepId, status: StepStatus): void {
    const begun = this.#steps.get(step);
    if (!begun) return;
    this.#steps.delete(step);
    const failed = status === 'failed';
    this.#spans.push({
      name: step,
      context: begun.context,
      parent: { ...this.#root, remote: false },
      start: begun.start,
      end: this.#nanoseconds(),
      failed,
      attributes: {
        [UNSTABLE.task]: step,
        [UNSTABLE.taskResult]: taskResult(status),
        ...(failed ? { [STABLE.errorType]: 'step_failed' } : {}),
      },
    });
  }

  /** The wall clock as it was at the start, moved by the clock that nobody sets: a span never ends before it begins. */
  #nanoseconds(): bigint {
    const passed = BigInt(this.#clock().mono) - BigInt(this.#started.mono);
    return BigInt(Math.round(this.#started.wall)) * 1_000_000n + passed;
  }
}
