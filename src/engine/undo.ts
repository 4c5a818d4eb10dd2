import { EXIT, UserError } from '../core/errors.ts';
import type { SecretStore } from '../secrets/store.ts';
import type { SavedFile } from './files-port.ts';
import { Journal, listRuns, readJournal, runStatus } from './journal.ts';
import type { SavedItem } from './keychain-port.ts';
import type { JournalRecord, Step, Write } from './step.ts';
import { planFileUndo } from './undo-file.ts';

export interface RunSummary {
  run: string;
  at: string;
  status: 'open' | 'closed' | 'undone';
  /** Changes that were carried out. */
  changes: readonly string[];
}

/** The recorded runs, newest first. */
export function summarise(state: string): RunSummary[] {
  return listRuns(state)
    .reverse()
    .map(run => {
      const records = readJournal(state, run);
      const done = records.filter(record => record.kind === 'done' && record.change);
      return {
        run,
        at: records[0]?.at ?? '',
        status: runStatus(records),
        changes: done.map(({ change }) => `${change?.action} ${change?.target}`),
      };
    });
}

export interface UndoStep {
  run: string;
  text: string;
  act: () => Promise<void>;
}

export interface UndoPlan {
  steps: readonly UndoStep[];
  refused: readonly { text: string; reason: string; diff?: string }[];
}

export interface UndoPorts {
  steps: readonly Step[];
  store: SecretStore;
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

/** Looks at everything a run changed, newest first; nothing is written before all of it was checked. */
export async function planUndo(state: string, runs: readonly string[], ports: UndoPorts): Promise<UndoPlan> {
  const steps: UndoStep[] = [];
  const refused: { text: string; reason: string; diff?: string }[] = [];
  for (const run of runs) {
    for (const records of byChange(readJournal(state, run)).reverse()) {
      const change = records[0]?.change;
      const text = `${change?.step}: ${change?.action} ${change?.target}`;
      const step = ports.steps.find(candidate => candidate.id === change?.step);
      const custom = step?.undo;
      if (step && custom) {
        steps.push({ run, text, act: async () => settled(text, await custom.call(step, records, ports.ctx)) });
        continue;
      }
      for (const record of records.filter(({ kind }) => kind === 'saved').reverse()) {
        const result = planRecord(record, ports);
        if ('reason' in result) refused.push({ text, ...result });
        else steps.push({ run, text: `${change?.step}: ${result.text}`, act: result.act });
      }
    }
  }
  return { steps, refused };
}

/** Carries out an undo; each piece is journalled in the run it takes back, so that it can be resumed. */
export async function carryOutUndo(
  state: string,
  plan: UndoPlan,
  runs: readonly string[],
  say: (text: string) => void,
): Promise<void> {
  for (const run of runs) {
    const journal = Journal.reopen(state, run);
    for (const step of plan.steps.filter(candidate => candidate.run === run)) {
      await step.act();
      say(step.text);
    }
    journal.append({ kind: 'undone' });
  }
}

function planRecord(
  record: JournalRecord,
  ports: UndoPorts,
): { text: string; act: () => Promise<void> } | { reason: string; diff?: string } {
  const after = record.after as SavedFile | SavedItem;
  if ('item' in after) return { text: `secret ${after.item.user}`, act: () => undoItem(after, ports.store) };
  const result = planFileUndo(after, ports.force);
  if (result.kind === 'undo') return { text: result.text, act: async () => actOnFile(after, ports.force) };
  return { reason: result.reason, ...(result.diff === undefined ? {} : { diff: result.diff }) };
}

/** Looks again before writing: an earlier piece of this undo may have been in the same file. */
function actOnFile(saved: SavedFile, force: boolean): void {
  const result = planFileUndo(saved, force);
  if (result.kind === 'undo') return result.act();
  throw new UserError({ message: `${saved.path} cannot be taken back.`, cause: result.reason, exit: EXIT.failed });
}

/** The former value comes back from its copy, which is then deleted; a new item is removed. */
async function undoItem(saved: SavedItem, store: SecretStore): Promise<void> {
  const item = { ...saved.item, env: '' };
  if (saved.copy === undefined) {
    await store.remove(item);
    return;
  }
  const copy = { ...saved.copy, env: '' };
  const [before] = await store.get([copy]);
  if (before === undefined) return;
  await store.set(item, before);
  await store.remove(copy);
}

/** Records of the changes that may have happened, grouped by change, in the order of their intents. */
function byChange(records: readonly JournalRecord[]): JournalRecord[][] {
  const groups = new Map<string, JournalRecord[]>();
  for (const record of records) {
    if (!record.change) continue;
    const key = `${record.change.step}\0${record.change.key}`;
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  return [...groups.values()];
}

function settled(text: string, result: { kind: 'undone' } | { kind: 'refused'; reason: string }): void {
  if (result.kind === 'undone') return;
  throw new UserError({ message: `${text} cannot be taken back.`, cause: result.reason, exit: EXIT.failed });
}
