import { join } from 'node:path';
import { privateFolder, readText, removeFile, replaceFile } from '../system/files.ts';
import type { Held } from './send.ts';

/** How sending went so far, for `telemetry status` and `doctor`. Times are milliseconds since 1970. */
export interface Delivery {
  /** When the collector last took something. */
  delivered?: number;
  /** When it was last tried. */
  tried?: number;
  /** Why nothing gets through now; absent when the last try went well. */
  trouble?: 'unreachable' | 'busy' | Held;
  /** Status of the last answer that was no success. */
  status?: number;
  /** Not before this, unless a person asks: a collector that says nothing must not cost every run its budget. */
  notBefore?: number;
  /** Tries in a row that took long or were turned away. */
  failures?: number;
  /** Batches that were given up: too many, too old, or not readable for the collector. */
  dropped?: number;
  /** Spans and points that the collector refused for good. */
  rejected?: number;
}

const FILE = 'telemetry.json';

/** @param state our state folder (`UserPaths.state`). */
export function readDelivery(state: string): Delivery {
  try {
    const value: unknown = JSON.parse(readText(join(state, FILE)) ?? '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Delivery) : {};
  } catch {
    return {};
  }
}

export function writeDelivery(state: string, delivery: Delivery): void {
  privateFolder(state);
  replaceFile(join(state, FILE), `${JSON.stringify(delivery)}\n`, 0o600);
}

export function forgetDelivery(state: string): void {
  removeFile(join(state, FILE));
}
