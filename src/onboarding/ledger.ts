import { join } from 'node:path';
import { appendToLog } from '../system/append-log.ts';
import { type Moment, now } from '../system/clock.ts';
import { privateFolder, readText } from '../system/files.ts';
import { withLock } from '../system/lock.ts';
import { type Episode, episodeOf } from './episode.ts';
import { type LedgerEvent, type LedgerRecord, SCHEMA } from './events.ts';
import { type AnyRecord, upgraded } from './migrate.ts';
import { rotate } from './rotate.ts';

const FILE = 'ledger.jsonl';

export interface Ledger {
  readonly path: string;
  /**
   * What is recorded, oldest first, as records of today's schema. A line that is no record (a torn one, one of a later
   * schema) is left out.
   */
  read(): LedgerRecord[];
  /** The episode of the workspace, without a look at the other records. */
  episode(): Episode | undefined;
  /**
   * Appends events under the ledger's lock, durably. `make` sees the records of this instant, so that a decision and
   * its record are one; two processes never write the same sequence number. What is older than a year is let go.
   * @returns what was written.
   * @throws UserError 75 when another process holds the lock for five seconds.
   */
  append(make: (records: () => LedgerRecord[]) => readonly Dated[]): Promise<LedgerRecord[]>;
}

/** An event and when it happened; without a moment it happened now. */
export type Dated = LedgerEvent & { at?: Moment };

/**
 * The ledger of a workspace: `ledger.jsonl` in its state folder, 0600, JSON lines (facts telemetry §5). It never
 * leaves the machine by itself.
 * @param state the workspace's state folder; made when it is not there.
 */
export function openLedger(state: string): Ledger {
  const path = join(state, FILE);
  const read = (): LedgerRecord[] => parseLedger(readText(path) ?? '');
  return {
    path,
    read,
    episode: () => {
      const lines = (readText(path) ?? '').split('\n').filter(line => line.includes('"episode":'));
      return episodeOf(parseLedger(lines.join('\n')));
    },
    append: async make => {
      privateFolder(state);
      return withLock(join(state, 'ledger.lock'), 'recording durations', () => {
        let known: LedgerRecord[] | undefined;
        const events = make(() => {
          known ??= read();
          return known;
        });
        if (known) rotate(path, known);
        let written: LedgerRecord[] = [];
        appendToLog(
          path,
          line => parseRecord(line) !== undefined,
          last => {
            let seq = (last === undefined ? undefined : parseRecord(last)?.seq) ?? 0;
            written = events.map(event => recordOf(event, ++seq));
            return written.map(record => JSON.stringify(record));
          },
        );
        return written;
      });
    },
  };
}

/** The records in the text of a ledger; whatever is no record is left out. */
export function parseLedger(text: string): LedgerRecord[] {
  return text.split('\n').flatMap(line => {
    const record = upgraded(parseRecord(line));
    return record === undefined ? [] : [record];
  });
}

/** An event as the record it becomes. @param seq its place in the ledger. */
export function recordOf({ at, ...event }: Dated, seq: number): LedgerRecord {
  const { wall, mono, boot } = at ?? now();
  return { schema: SCHEMA, seq, wall, mono, boot, ...event } as LedgerRecord;
}

/** A line as a record of any schema, or undefined when it is none. */
function parseRecord(line: string): AnyRecord | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    const whole =
      Number.isSafeInteger(value['seq']) &&
      typeof value['schema'] === 'number' &&
      typeof value['wall'] === 'number' &&
      typeof value['event'] === 'string';
    return whole ? (value as AnyRecord) : undefined;
  } catch {
    return undefined;
  }
}
