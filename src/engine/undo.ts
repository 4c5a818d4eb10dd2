import type { Change } from '../core/changes.ts';
import { EXIT, UserError } from '../core/errors.ts';
import { removeEmptyFolders } from '../system/package-copy.ts';
import type { SavedFile } from './files-port.ts';
import { Foreseen } from './foreseen.ts';
import { Journal, listRuns, readJournal, runStatus } from './journal.ts';
import { forgetCopies, textCopies, withTexts } from './kept-text.ts';
import type { SavedItem } from './keychain-port.ts';
import { foldersOf, holdNothing, isFolders } from './made-folders.ts';
import { worstOf } from './plan.ts';
import { type Readable, readAhead } from './read-ahead.ts';
import type { JournalRecord, Refused, Step, Write } from './step.ts';
import { planFileUndo } from './undo-file.ts';
import { itemUndoable, undoItem } from './undo-item.ts';

export interface RunSummary {
  run: string;
  at: string;
  status: 'open' | 'closed' | 'undone';
  /** Changes that were carried out, in whole or in part. */
  changes: readonly string[];
}

/** The recorded runs, newest first. */
export function summarise(state: string): RunSummary[] {
  return listRuns(state)
    .reverse()
    .map(run => {
      const records = readJournal(state, run);
      return {
        run,
        at: records[0]?.at ?? '',
        status: runStatus(records),
        changes: byChange(records).flatMap(wordsOf),
      };
    });
}

/** A change that was not finished counts when it may have written something. */
function wordsOf(records: readonly JournalRecord[]): string[] {
  const change = records[0]?.change;
  const text = `${change?.action} ${change?.target}`;
  if (records.some(({ kind }) => kind === 'done')) return [text];
  return records.some(({ kind }) => kind === 'saved') ? [`${text} (not finished)`] : [];
}

/** One piece of an undo: a change that its step takes back, or one file or secret of a change. */
export interface UndoStep {
  run: string;
  text: string;
  change: Change;
  /** The journal records that it takes back. */
  seqs: readonly number[];
  act: () => void | Promise<void>;
}

export interface UndoRefusal {
  text: string;
  reason: string;
  diff?: string;
  /** There is no way back for it, which keeps nothing else from being taken back. */
  stays?: true;
}

export interface UndoPlan {
  steps: readonly UndoStep[];
  refused: readonly UndoRefusal[];
}

export interface UndoPorts {
  steps: readonly Step[];
  ctx: Write;
  force: boolean;
}

/** Which runs `undo [RUN] [--to RUN]` means, newest first. @throws UserError 64 for a run that is not recorded. */
export function chooseRuns(state: string, run: string | undefined, to: string | undefined): string[] {
  const runs = summarise(state).filter(entry => entry.status !== 'undone' && entry.changes.length > 0);
  const wanted = run ?? to;
  if (wanted !== undefined && !summarise(state).some(entry => entry.run === wanted)) {
    throw new UserError({
      message: `There is no record of a run ${wanted}.`,
      cause: 'Runs are kept for 10 runs or 30 days.',
      next: 'hotpass-bootstrap undo --list',
      exit: EXIT.usage,
    });
  }
  if (run !== undefined) return runs.filter(entry => entry.run === run).map(entry => entry.run);
  if (to !== undefined) return runs.filter(entry => entry.run > to).map(entry => entry.run);
  return runs.slice(0, 1).map(entry => entry.run);
}

/** Looks at everything that runs changed, newest first; nothing is written before all of it was checked. */
export async function planUndo(state: string, runs: readonly string[], ports: UndoPorts): Promise<UndoPlan> {
  const steps: UndoStep[] = [];
  const refused: UndoRefusal[] = [];
  const files = new Foreseen();
  for (const run of runs) {
    const journal = readJournal(state, run);
    const { taken, begun } = undoneIn(journal);
    const store = await readAhead(
      journal.filter(({ seq }) => !taken.has(seq)),
      ports.ctx.store,
    );
    const folders: JournalRecord[] = [];
    for (const group of byChange(journal).reverse()) {
      const left = group.filter(({ seq }) => !taken.has(seq));
      const open = left.filter(record => !isFolders(record));
      folders.push(...left.filter(isFolders));
      const { records, lost } = await withTexts(open, store);
      for (const piece of piecesOf(records, ports, store)) {
        const seqs = piece.records.map(({ seq }) => seq);
        const change = records[0]?.change;
        if (!change) continue;
        const found = seqs.some(seq => lost.has(seq)) ? notKept(ports.ctx) : await piece.look(files);
        if (found.kind === 'undo') {
          const copies = textCopies(open.filter(({ seq }) => seqs.includes(seq)));
          const act = async (): Promise<void> => {
            await found.act();
            await forgetCopies(copies, ports.ctx.store);
          };
          steps.push({ run, change, seqs, text: found.text, act });
        }
        // An undo that was killed between the write and its record did this one already.
        else if (!seqs.some(seq => begun.has(seq))) refused.push(refusal(change, found));
      }
    }
    const last = lastly(
      run,
      folders,
      steps.some(step => step.run === run),
    );
    if (last) steps.push(last);
  }
  return { steps, refused };
}

/** Folders that the run had to make go when nothing is left in them, after everything else. */
function lastly(run: string, records: readonly JournalRecord[], others: boolean): UndoStep | undefined {
  const folders = foldersOf(records);
  const change = records[0]?.change;
  if (!change || folders.length === 0 || (!others && !holdNothing(folders))) return undefined;
  const text = `${change.step}: remove what is empty then of ${folders.join(', ')}`;
  return { run, change, seqs: records.map(({ seq }) => seq), text, act: () => removeEmptyFolders(folders) };
}

/**
 * Carries out an undo; each piece is journalled in the run it takes back, so that a stopped one goes on where it was.
 * A piece that fails does not keep the others from being taken back.
 * @throws the worst failure, after everything else was done; what stopped the run at once.
 */
export async function carryOutUndo(
  state: string,
  plan: UndoPlan,
  runs: readonly string[],
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const failures: unknown[] = [];
  for (const run of runs) {
    const journal = Journal.reopen(state, run);
    const before = failures.length;
    for (const { text, change, seqs, act } of plan.steps.filter(step => step.run === run)) {
      signal.throwIfAborted();
      const { step } = change;
      journal.append({ kind: 'undone', step, change, before: { seqs } });
      try {
        await act();
        journal.append({ kind: 'undone', step, change, after: { seqs } });
        say(text);
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error);
      }
    }
    if (failures.length === before) journal.append({ kind: 'undone' });
  }
  if (failures.length > 0) throw worstOf(failures);
}

function notKept({ store }: Write): Refused {
  const where =
    store.name === 'environment' ? 'is kept in your keychain, which is not used here' : 'is not kept any more';
  return { kind: 'refused', reason: `the former text, which holds a secret, ${where}` };
}

interface Piece {
  records: readonly JournalRecord[];
  look: (files: Foreseen) => Promise<{ kind: 'undo'; text: string; act: UndoStep['act'] } | Refused>;
}

/** A step that takes its changes back itself does so in one piece; else every saved file and secret is one. */
function piecesOf(records: readonly JournalRecord[], ports: UndoPorts, store: Readable): Piece[] {
  const { steps, ctx, force } = ports;
  const change = records[0]?.change;
  const step = steps.find(candidate => candidate.id === change?.step);
  const { undo } = step ?? {};
  if (step && undo) {
    const text = `${change?.step}: ${change?.action} ${change?.target}`;
    const act = async (): Promise<void> => settled(text, await undo.call(step, records, ctx, force));
    return [
      { records, look: async files => step.undoable?.(records, ctx, files, force) ?? { kind: 'undo', text, act } },
    ];
  }
  const saved = records.filter(({ kind }) => kind === 'saved').reverse();
  return saved.map(record => ({ records: [record], look: files => lookAt(record, records, files, ports, store) }));
}

async function lookAt(
  record: JournalRecord,
  records: readonly JournalRecord[],
  files: Foreseen,
  { ctx, force }: UndoPorts,
  store: Readable,
): ReturnType<Piece['look']> {
  const saved = record.after as SavedFile | SavedItem;
  const title = record.change?.step;
  if ('item' in saved) {
    const refused = await itemUndoable(saved, records, ctx, force, store);
    return refused ?? { kind: 'undo', text: `${title}: secret ${saved.item.user}`, act: () => undoItem(saved, ctx) };
  }
  const result = planFileUndo(saved, force, files);
  if (result.kind === 'refused') return result;
  if (result.leaves) files.set(result.leaves.path, result.leaves.text);
  return { kind: 'undo', text: `${title}: ${result.text}`, act: () => actOnFile(saved, force) };
}

/** Looks again before writing: an earlier piece of this undo may have been in the same file. */
function actOnFile(saved: SavedFile, force: boolean): void {
  const result = planFileUndo(saved, force);
  if (result.kind === 'refused') throw notTakenBack(saved.path, result.reason);
  result.act();
}

/** Which records were taken back already, and with which that had begun. */
function undoneIn(records: readonly JournalRecord[]): { taken: Set<number>; begun: Set<number> } {
  const seqsOf = (value: unknown): number[] => (value as { seqs?: number[] } | undefined)?.seqs ?? [];
  const undone = records.filter(record => record.kind === 'undone' && record.step !== undefined);
  return {
    taken: new Set(undone.flatMap(record => seqsOf(record.after))),
    begun: new Set(undone.flatMap(record => seqsOf(record.before))),
  };
}

function refusal(change: Change, { reason, diff, stays }: Refused): UndoRefusal {
  const text = `${change.step}: ${change.action} ${change.target}`;
  return { text, reason, ...(diff === undefined ? {} : { diff }), ...(stays ? { stays } : {}) };
}

/** Records of the changes that may have happened, grouped by change, in the order of their intents. */
function byChange(records: readonly JournalRecord[]): JournalRecord[][] {
  const groups = new Map<string, JournalRecord[]>();
  for (const record of records) {
    if (!record.change || record.kind === 'undone') continue;
    const key = `${record.change.step}\0${record.change.key}`;
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  return [...groups.values()];
}

function settled(text: string, result: { kind: 'undone' } | { kind: 'refused'; reason: string }): void {
  if (result.kind === 'undone') return;
  throw notTakenBack(text, result.reason);
}

function notTakenBack(what: string, reason: string): UserError {
  return new UserError({
    message: `${what} could not be taken back.`,
    cause: reason,
    next: 'hotpass-bootstrap undo',
    exit: EXIT.failed,
  });
}
