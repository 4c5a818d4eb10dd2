import { join } from 'node:path';
import {
  lstatOf,
  namesIn,
  privateFolder,
  readText,
  removeFile,
  removeTree,
  rename,
  replaceFile,
} from '../system/files.ts';
import { randomHex } from '../system/hash.ts';

/** What may wait; older and more is let go, the oldest first (facts telemetry §4). */
export const LIMITS = { files: 200, bytes: 5 * 1024 * 1024, age: 30 * 86_400_000 } as const;
/** A batch that another process took and did not bring back by then is free again. */
const CLAIM_MS = 60_000;

const NAME = /^(\d{13})-[0-9a-f]+\.traces\.json$/;
const CLAIMED = /^(\d{13})-(\d{13}-[0-9a-f]+\.traces\.json)\.claimed$/;

/** A batch that was taken to be sent. */
export interface Batch {
  body: string;
  /** It is delivered or given up. */
  done(): void;
  /** It stays for next time. */
  back(): void;
}

/**
 * Traces that wait to be sent: one file a batch, OTLP JSON as the collector's own file exporter writes it, 0600. Metrics
 * never wait: they are counted anew from the ledger.
 */
export class Spool {
  readonly #folder: string;

  /** @param state our state folder (`UserPaths.state`). */
  constructor(state: string) {
    this.#folder = join(state, 'spool');
  }

  /** @returns how many batches had to go to stay within the limits. */
  add(body: string, wall = Date.now()): number {
    privateFolder(this.#folder);
    replaceFile(join(this.#folder, `${wall}-${randomHex(6)}.traces.json`), `${body}\n`, 0o600);
    return this.#trim(wall);
  }

  /** Bodies of what waits, the oldest first. Takes nothing. */
  bodies(): string[] {
    return this.#waiting().flatMap(name => readText(join(this.#folder, name))?.trimEnd() ?? []);
  }

  get size(): number {
    return this.#waiting().length;
  }

  /** Takes the oldest batch, so that no other process sends it too; undefined when none waits. */
  take(wall = Date.now()): Batch | undefined {
    this.#free(wall);
    for (const name of this.#waiting()) {
      const from = join(this.#folder, name);
      const claimed = join(this.#folder, `${wall}-${name}.claimed`);
      try {
        rename(from, claimed);
      } catch {
        continue; // Somebody else was faster.
      }
      const body = readText(claimed)?.trimEnd() ?? '';
      return { body, done: () => removeFile(claimed), back: () => rename(claimed, from) };
    }
    return undefined;
  }

  clear(): void {
    removeTree(this.#folder);
  }

  #waiting(): string[] {
    return namesIn(this.#folder)
      .filter(name => NAME.test(name))
      .sort();
  }

  #free(wall: number): void {
    for (const name of namesIn(this.#folder)) {
      const [, at, original] = CLAIMED.exec(name) ?? [];
      if (original === undefined || wall - Number(at) < CLAIM_MS) continue;
      try {
        rename(join(this.#folder, name), join(this.#folder, original));
      } catch {
        // Brought back or delivered meanwhile.
      }
    }
  }

  #trim(wall: number): number {
    let bytes = 0;
    let files = 0;
    let dropped = 0;
    for (const name of this.#waiting().reverse()) {
      files += 1;
      bytes += lstatOf(join(this.#folder, name))?.size ?? 0;
      const tooOld = wall - Number(NAME.exec(name)?.[1] ?? 0) > LIMITS.age;
      if (files <= LIMITS.files && bytes <= LIMITS.bytes && !tooOld) continue;
      removeFile(join(this.#folder, name));
      dropped += 1;
    }
    return dropped;
  }
}
