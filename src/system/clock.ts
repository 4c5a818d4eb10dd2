import { readText } from './files.ts';

export interface Moment {
  /** Wall clock, milliseconds since 1970. */
  wall: number;
  /** Monotonic clock since boot, nanoseconds as a decimal string: comparable across processes of one boot. */
  mono: string;
  boot: string;
}

let boot: string | undefined;

/** Id of the running boot; empty where the platform has none to offer. */
export function bootId(): string {
  boot ??= readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return boot;
}

export function now(): Moment {
  return { wall: Date.now(), mono: process.hrtime.bigint().toString(), boot: bootId() };
}
