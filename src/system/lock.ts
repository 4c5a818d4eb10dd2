import { linkSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, errorCode, UserError } from '../core/errors.ts';
import { bootId, monotonic } from './clock.ts';
import { readText, removeFile, replaceFile, TEMP_PREFIX } from './files.ts';
import { randomHex } from './hash.ts';
import { machineId, type Owner, pidNamespace, startTime } from './platform.ts';

export interface Lock {
  release(): void;
}

export interface LockOptions {
  /** Milliseconds to wait for another owner; 0 refuses at once. */
  wait: number;
  /** What the lock is for, said to the next one who wants it. */
  purpose: string;
  /** The command that takes the lock by force. */
  breakWith?: string;
  /** Take the lock whoever holds it. */
  force?: boolean;
  signal?: AbortSignal;
}

interface Content extends Owner {
  purpose: string;
}

const FREE = 'free';

/**
 * Takes the lock `path`: a complete file is linked to `path.<n+1>`, the folder is listed again, and the lock is
 * ours only if that is the newest. Releasing replaces the content with `free`. Reading and then unlinking was tried
 * and loses races (contracts §6).
 * @throws UserError 75 naming host, process and purpose when somebody else holds it.
 */
export async function takeLock(path: string, options: LockOptions): Promise<Lock> {
  const deadline = monotonic() + options.wait;
  const me: Content = {
    machine: machineId(),
    boot: bootId(),
    pidNamespace: pidNamespace(),
    host: hostname(),
    pid: process.pid,
    start: startTime(process.pid) ?? '',
    purpose: options.purpose,
  };
  for (;;) {
    options.signal?.throwIfAborted();
    const newest = newestGeneration(path);
    const holder = newest === 0 ? undefined : readHolder(`${path}.${newest}`);
    const free = newest === 0 || holder === FREE || options.force || (holder !== undefined && isGone(holder, me));
    if (free && claim(path, newest + 1, me)) {
      for (let old = newest; old > 0 && old > newest - 3; old--) removeFile(`${path}.${old}`);
      const mine = `${path}.${newest + 1}`;
      return { release: () => replaceFile(mine, FREE, 0o600) };
    }
    if (monotonic() >= deadline) {
      if (free) continue; // Lost a race for a free lock: somebody has it now, look who.
      throw heldBy(holder, options);
    }
    await sleep(Math.min(100, Math.max(5, deadline - monotonic())), undefined, { signal: options.signal });
  }
}

/** Runs `work` under a leaf lock: at most five seconds, never across a child, a prompt or the network. */
export async function withLock<T>(path: string, purpose: string, work: () => T | Promise<T>): Promise<T> {
  const lock = await takeLock(path, { wait: 5000, purpose });
  try {
    return await work();
  } finally {
    lock.release();
  }
}

function newestGeneration(path: string): number {
  const prefix = `${basename(path)}.`;
  let newest = 0;
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(prefix)) continue;
    const n = Number(name.slice(prefix.length));
    if (Number.isSafeInteger(n) && n > newest) newest = n;
  }
  return newest;
}

/** The holder; undefined when the file cannot be read as one, which counts as held. */
function readHolder(file: string): Content | typeof FREE | undefined {
  const text = readText(file);
  if (text === undefined || text === FREE) return text;
  try {
    return JSON.parse(text) as Content;
  } catch {
    return undefined;
  }
}

function isGone(holder: Content, me: Owner): boolean {
  if (holder.machine !== me.machine || holder.pidNamespace !== me.pidNamespace) return false;
  if (holder.boot !== me.boot) return true;
  const start = startTime(holder.pid);
  return start === undefined || (holder.start !== '' && start !== holder.start);
}

function claim(path: string, generation: number, me: Content): boolean {
  const temporary = join(dirname(path), `${TEMP_PREFIX}lock.${randomHex(6)}`);
  writeFileSync(temporary, JSON.stringify(me), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(temporary, `${path}.${generation}`);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    removeFile(temporary);
  }
  if (newestGeneration(path) === generation) return true;
  removeFile(`${path}.${generation}`);
  return false;
}

function heldBy(holder: Content | typeof FREE | undefined, options: LockOptions): UserError {
  const who =
    holder === undefined || holder === FREE
      ? 'another process'
      : `process ${holder.pid} on ${holder.host} (${holder.purpose})`;
  return new UserError({
    message: `Another run is active: ${who}.`,
    cause: `Waiting was for the lock of: ${options.purpose}.`,
    ...(options.breakWith === undefined ? {} : { next: options.breakWith }),
    exit: EXIT.locked,
  });
}
