import { join } from 'node:path';
import { readText, replaceFile } from '../system/files.ts';
import { hash } from '../system/hash.ts';

interface Stamp {
  digest: string;
  /** Wall clock, milliseconds, of the last success. */
  at: number;
}

/**
 * `stamps.json` (contracts §4): for each verification, task and readiness entry a digest of all that its last success
 * depended on. A file that cannot be read counts as empty: stamps are a cache, never proof.
 */
export class Stamps {
  readonly #path: string | undefined;
  readonly #stamps: Record<string, Stamp>;
  readonly #pending = new Map<string, (fingerprint: string) => string>();
  #changed = false;

  /** @param folder the workspace's state folder; undefined in an unlinked root, where nothing is remembered. */
  constructor(folder: string | undefined) {
    this.#path = folder === undefined ? undefined : join(folder, 'stamps.json');
    this.#stamps = this.#path === undefined ? {} : load(this.#path);
  }

  /** When the entry last succeeded with this digest (milliseconds), or undefined when it must be run. */
  holds(key: string, digest: string): number | undefined {
    const stamp = this.#stamps[key];
    return stamp?.digest === digest ? stamp.at : undefined;
  }

  /** The remembered digest, for values that are their own digest (the `.venv` fingerprint). */
  digestOf(key: string): string | undefined {
    return this.#stamps[key]?.digest;
  }

  record(key: string, digest: string): void {
    this.#stamps[key] = { digest, at: Date.now() };
    this.#changed = true;
  }

  /**
   * Records a success whose digest holds the `.venv` fingerprint. That is taken last, since a first import creates
   * `__pycache__` and so changes it; `make` gets the final one.
   */
  recordLast(key: string, make: (fingerprint: string) => string): void {
    this.#pending.set(key, make);
  }

  /** Takes over what an earlier look of the same run found and had no place to keep; what is known here counts more. */
  adopt(earlier: Stamps): void {
    for (const [key, stamp] of Object.entries(earlier.#stamps)) {
      if (key in this.#stamps) continue;
      this.#stamps[key] = stamp;
      this.#changed = true;
    }
  }

  /** Records what waited for the final fingerprint. */
  settle(fingerprint: string): void {
    for (const [key, make] of this.#pending) this.record(key, make(fingerprint));
    this.#pending.clear();
  }

  forget(key: string): void {
    if (key in this.#stamps) {
      delete this.#stamps[key];
      this.#changed = true;
    }
  }

  /** Writes the file if anything changed. */
  save(): void {
    if (!this.#changed || this.#path === undefined) return;
    replaceFile(this.#path, `${JSON.stringify({ schema: 1, stamps: this.#stamps }, null, 1)}\n`, 0o600);
    this.#changed = false;
  }
}

function load(path: string): Record<string, Stamp> {
  try {
    const value = JSON.parse(readText(path) ?? '{}') as { stamps?: Record<string, Stamp> };
    return value.stamps ?? {};
  } catch {
    return {};
  }
}

/** Digest of any JSON value, for stamps. */
export function digest(value: unknown): string {
  return hash(JSON.stringify(value));
}
