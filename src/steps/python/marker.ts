import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Linked, Write } from '../../engine/step.ts';
import { monotonic } from '../../system/clock.ts';
import { readText, removeFile, replaceFile } from '../../system/files.ts';
import { killGroup } from '../../system/process.ts';
import { isRunning, type ProcessMark } from '../../system/processes.ts';

/** Says that a sync was begun and not yet found whole. */
export interface Marker {
  schema: 1;
  /** Wall clock in milliseconds. */
  at: number;
  flags: readonly string[];
  /** Digest of uv.lock. */
  lock: string;
  uv: ProcessMark | undefined;
}

const WAIT_MS = 60_000;
const LOOK_MS = 200;

function markerFile(linked: Linked): string {
  return join(linked.state, 'sync-marker.json');
}

/** The marker of a sync that has not been finished; one that cannot be read counts as begun long ago. */
export function readMarker(linked: Linked | undefined): Marker | undefined {
  const text = linked && readText(markerFile(linked));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Marker;
  } catch {
    return { schema: 1, at: Number.POSITIVE_INFINITY, flags: [], lock: '', uv: undefined };
  }
}

export function writeMarker(linked: Linked | undefined, marker: Marker): void {
  if (linked) replaceFile(markerFile(linked), `${JSON.stringify(marker)}\n`, 0o600);
}

export function removeMarker(linked: Linked | undefined): void {
  if (linked) removeFile(markerFile(linked));
}

/** The uv of a run that was killed, if it is still at work. */
export function orphan(marker: Marker | undefined): ProcessMark | undefined {
  return marker?.uv && isRunning(marker.uv) ? marker.uv : undefined;
}

/** Waits for an orphaned uv to finish, and ends it after a minute (contracts §6). */
export async function settleOrphan(ctx: Write): Promise<void> {
  const running = orphan(readMarker(ctx.linked));
  if (!running) return;
  const deadline = monotonic() + WAIT_MS;
  while (isRunning(running)) {
    const left = deadline - monotonic();
    if (left <= -2 * 5000) return;
    if (left <= 0) killGroup(running.pid, left <= -5000 ? 'SIGKILL' : 'SIGINT');
    const text = `waiting for uv of a stopped run (process ${running.pid}), at most ${Math.max(0, Math.ceil(left / 1000))} s`;
    ctx.emit({ type: 'step-progress', step: 'python', text });
    await sleep(LOOK_MS, undefined, { signal: ctx.signal });
  }
}
