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

/** Milliseconds on a clock that only goes forward. (`performance` would load a module of its own.) */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function now(): Moment {
  return { wall: Date.now(), mono: process.hrtime.bigint().toString(), boot: bootId() };
}
