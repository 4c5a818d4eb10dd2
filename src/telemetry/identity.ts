import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { privateFolder, readText, removeFile, replaceFile } from '../system/files.ts';

/** Who the figures of a workspace come from, for one quarter of a year. */
export interface Identity {
  /** Random, of nothing on this machine; a new one each quarter (facts telemetry §5). */
  id: string;
  /** Begin of the quarter, milliseconds since 1970: what is older was told under another id. */
  since: number;
}

const FILE = 'telemetry-id.json';

/**
 * The id of this workspace in the present quarter. The former one is forgotten.
 * @param state the workspace's state folder.
 * @param keep false only looks: an id that was not used yet is made up and not kept.
 */
export function identityOf(state: string, wall = Date.now(), keep = true): Identity {
  const since = quarterBegin(wall);
  const known = read(join(state, FILE));
  if (known?.since === since) return known;
  const made = { id: randomUUID(), since };
  if (keep) {
    privateFolder(state);
    replaceFile(join(state, FILE), `${JSON.stringify(made)}\n`, 0o600);
  }
  return made;
}

/** Forgets the id; the next one has nothing to do with it. */
export function forgetIdentity(state: string): void {
  removeFile(join(state, FILE));
}

/** Begin of the quarter of a moment, in UTC, milliseconds since 1970. */
export function quarterBegin(wall: number): number {
  const date = new Date(wall);
  return Date.UTC(date.getUTCFullYear(), Math.floor(date.getUTCMonth() / 3) * 3, 1);
}

function read(path: string): Identity | undefined {
  try {
    const { id, since } = JSON.parse(readText(path) ?? '') as Partial<Identity>;
    const whole = typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id) && typeof since === 'number';
    return whole ? { id, since } : undefined;
  } catch {
    return undefined;
  }
}
