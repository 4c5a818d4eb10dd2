import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from '../../src/core/changes.ts';
import { sitePackages } from '../../src/engine/fingerprint.ts';
import { Journal, newRunId } from '../../src/engine/journal.ts';

const change: Change = { step: 'python', key: 'packages', action: 'remove', target: '.venv', certain: true };

/**
 * The record of a run that synchronised `.venv` to another selection.
 * @param former the selection before, as flags. @returns the id of the run.
 */
export function syncedFrom(state: string, former: readonly string[]): string {
  const journal = Journal.create(state, newRunId(), { changes: 1 });
  journal.append({ kind: 'intent', step: 'python', change, after: { former, exact: true } });
  journal.append({ kind: 'done', step: 'python', change });
  journal.append({ kind: 'close', after: { exit: 0 } });
  return journal.run;
}

/** Takes packages out of `.venv`. @returns tells which of them are there by now. */
export function takeOut(root: string, names: RegExp): () => string[] {
  const site = sitePackages(root) ?? '';
  const found = (): string[] => readdirSync(site).filter(name => names.test(name));
  for (const name of found()) rmSync(join(site, name), { recursive: true });
  return found;
}
