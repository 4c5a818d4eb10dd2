/** What steps tell later steps. */
export interface OutputValues {
  /** Absolute path and version of the uv in use; undefined while there is none. */
  uv: { path: string; version: string } | undefined;
  /** Absolute path of the workspace's Python; undefined while there is none. */
  python: { executable: string; fingerprint: string } | undefined;
  /** `UV_INDEX_<NAME>_USERNAME/PASSWORD` for uv alone. */
  indexCredentials: Record<string, string>;
}

type Key = keyof OutputValues;

interface Slot {
  promise: Promise<unknown>;
  resolve: (value: unknown) => void;
}

/** Slots that later steps wait for. A slot nobody fills is settled as undefined once all inspections have ended. */
export class Outputs {
  readonly #slots = new Map<Key, Slot>();

  set<K extends Key>(key: K, value: OutputValues[K]): void {
    const slot = this.#slot(key);
    slot.resolve(value);
    // A later value (after a change) replaces the one of the inspection.
    this.#slots.set(key, { promise: Promise.resolve(value), resolve: () => {} });
  }

  get<K extends Key>(key: K): Promise<OutputValues[K] | undefined> {
    return this.#slot(key).promise as Promise<OutputValues[K] | undefined>;
  }

  /** Settles what nobody filled. */
  close(): void {
    for (const slot of this.#slots.values()) slot.resolve(undefined);
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
