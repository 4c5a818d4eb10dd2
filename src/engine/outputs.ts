import type { StepId } from '../core/ids.ts';
import type { Broken } from './distributions.ts';

/** What steps tell later steps. */
export interface OutputValues {
  /** Absolute path and version of the uv in use; undefined while there is none. */
  uv: { path: string; version: string } | undefined;
  /** The workspace's Python; undefined while there is none. */
  python: { executable: string; fingerprint: string } | undefined;
  /** Distributions of `.venv` with missing files; undefined when nobody had to look. */
  broken: readonly Broken[];
  /** `UV_INDEX_<NAME>_USERNAME/PASSWORD` for uv alone. */
  indexCredentials: Record<string, string>;
}

type Key = keyof OutputValues;

/** Which step publishes what. */
const PUBLISHER: Record<Key, StepId> = { uv: 'uv', python: 'python', broken: 'python', indexCredentials: 'secrets' };

interface Slot {
  promise: Promise<unknown>;
  resolve: (value: unknown) => void;
}

/** Slots that later steps wait for. A slot its step did not fill is settled as undefined when that step has ended. */
export class Outputs {
  readonly #slots = new Map<Key, Slot>();

  set<K extends Key>(key: K, value: OutputValues[K]): void {
    this.#slot(key).resolve(value);
    // A later value (after a change) replaces the one of the inspection.
    this.#slots.set(key, { promise: Promise.resolve(value), resolve: () => {} });
  }

  get<K extends Key>(key: K): Promise<OutputValues[K] | undefined> {
    return this.#slot(key).promise as Promise<OutputValues[K] | undefined>;
  }

  /** The step's inspection has ended: what it did not publish is not there. Credentials may still be asked for. */
  inspected(step: StepId): void {
    if (step !== PUBLISHER.indexCredentials) this.finished(step);
  }

  /** The step has ended, or takes no part: whatever it did not publish is not coming. */
  finished(step: StepId): void {
    for (const key of Object.keys(PUBLISHER) as Key[]) {
      if (PUBLISHER[key] === step) this.#slot(key).resolve(undefined);
    }
  }

  #slot(key: Key): Slot {
    let slot = this.#slots.get(key);
    if (!slot) {
      let resolve: (value: unknown) => void = () => {};
      const promise = new Promise<unknown>(done => {
        resolve = done;
      });
      slot = { promise, resolve };
      this.#slots.set(key, slot);
    }
    return slot;
  }
}
