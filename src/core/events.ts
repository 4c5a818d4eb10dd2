import type { Change } from './changes.ts';
import type { Finding } from './findings.ts';
import type { StepId } from './ids.ts';

export type StepStatus = 'in order' | 'done' | 'failed' | 'skipped';

/** What happens during a run; facts, one way. The terminal and the ledger listen. */
export type RunEvent =
  | { type: 'run-started'; run: string; steps: readonly { id: StepId; title: string }[] }
  | { type: 'step-started'; step: StepId; title: string }
  | { type: 'step-progress'; step: StepId; text: string }
  | { type: 'child-line'; step: StepId; line: string }
  | { type: 'change-done'; step: StepId; change: Change }
  | { type: 'step-finished'; step: StepId; status: StepStatus; ms: number; detail?: string; error?: unknown }
  | { type: 'finding'; finding: Finding }
  | { type: 'note'; text: string }
  | { type: 'question-opened'; id: string }
  | { type: 'question-closed'; id: string }
  | { type: 'run-finished'; exit: number };

export type Listener = (event: RunEvent) => void;

/** A list of listeners. A listener that throws does not disturb the run or the other listeners. */
export class EventStream {
  readonly #listeners: Listener[] = [];

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  readonly emit = (event: RunEvent): void => {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        // Showing and recording are never a reason for a step to fail.
      }
    }
  };
}
