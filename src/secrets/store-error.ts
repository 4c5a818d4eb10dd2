import { type ExitCode, UserError } from '../core/errors.ts';
import type { FindingId } from '../core/findings.ts';
import type { StoreReport, StoreState } from './store.ts';

export type Trouble = Exclude<StoreState, 'ok' | 'unencrypted'>;

export interface StoreTrouble {
  state: Trouble;
  /** One sentence: what was found. */
  message: string;
  /** Why, and what else would do. */
  cause: string;
  next?: string;
  id: FindingId;
  exit: ExitCode;
}

/**
 * A store could not answer. `state` says how; "missing" is never concluded from it, and what can be had elsewhere goes
 * on without it.
 */
export class StoreError extends UserError {
  readonly state: Trouble;
  readonly #trouble: StoreTrouble;

  constructor(trouble: StoreTrouble) {
    const { state, message, cause, next, id, exit } = trouble;
    super({ message, cause, id, exit, ...(next === undefined ? {} : { next }) });
    this.name = 'StoreError';
    this.state = state;
    this.#trouble = trouble;
  }

  /** The same, saying what needs the store. */
  neededFor(names: readonly string[]): StoreError {
    const cause = `${this.#trouble.cause} It is needed for ${names.join(', ')}.`.trim();
    return new StoreError({ ...this.#trouble, cause });
  }

  report(): StoreReport {
    const { state, message, cause, next, id, exit } = this.#trouble;
    return { state, message, cause, id, exit, ...(next === undefined ? {} : { next }) };
  }
}
