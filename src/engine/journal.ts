import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { publicChange } from '../core/changes.ts';
import { appendToLog } from '../system/append-log.ts';
import { namesIn, privateFolder, readText } from '../system/files.ts';
import type { JournalRecord } from './step.ts';

const FILE = 'journal.jsonl';

/** Id of a new run: its UTC second and the milliseconds of it, so that names sort by time, and two random digits. */
export function newRunId(at: Date = new Date()): string {
  const second = at.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const fraction = at.getUTCMilliseconds().toString(16).padStart(3, '0');
  return `${second}-${fraction}${randomBytes(1).toString('hex')}`;
}

/** Writes the journal of one run: one JSON object a line, each durable before the next thing happens (contracts §5). */
export class Journal {
  readonly run: string;
  readonly #path: string;
  #seq: number;

  private constructor(run: string, path: string, seq: number) {
    this.run = run;
    this.#path = path;
    this.#seq = seq;
  }

  /** Opens the journal of a new run. @param state the workspace's state folder. */
  static create(state: string, run: string, header: Record<string, unknown>): Journal {
    privateFolder(join(state, 'runs'));
    const folder = privateFolder(join(state, 'runs', run));
    const journal = new Journal(run, join(folder, FILE), 0);
    journal.append({ kind: 'open', after: header });
    return journal;
  }

  /** Goes on with the journal of an earlier run, to close or undo it. */
  static reopen(state: string, run: string): Journal {
    const records = readJournal(state, run);
    return new Journal(run, join(state, 'runs', run, FILE), records.at(-1)?.seq ?? 0);
  }

  append(record: Pick<JournalRecord, 'kind' | 'step' | 'change' | 'before' | 'after'>): void {
    this.#seq += 1;
    const line: JournalRecord = {
      schema: 1,
      seq: this.#seq,
      at: new Date().toISOString(),
      run: this.run,
      ...record,
      ...(record.change ? { change: publicChange(record.change) } : {}),
    };
    // A line that a crash or a full disk cut short would take the one after it along.
    appendToLog(this.#path, isWhole, () => [JSON.stringify(line)]);
  }
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** The records of a run, oldest first. A torn last line (a crash while writing it) is left out. */
export function readJournal(state: string, run: string): JournalRecord[] {
  const records: JournalRecord[] = [];
  for (const line of (readText(join(state, 'runs', run, FILE)) ?? '').split('\n')) {
    try {
      if (line !== '') records.push(JSON.parse(line) as JournalRecord);
    } catch {
      break;
    }
  }
  return records;
}

/** Ids of the recorded runs, oldest first. */
export function listRuns(state: string): string[] {
  return namesIn(join(state, 'runs')).sort();
}

/** How a run ended, from its records. */
export function runStatus(records: readonly JournalRecord[]): 'open' | 'closed' | 'undone' {
  if (records.some(record => record.kind === 'undone' && record.step === undefined)) return 'undone';
  return records.some(record => record.kind === 'close') ? 'closed' : 'open';
}
