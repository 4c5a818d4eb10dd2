import { join } from 'node:path';
import type { Linked } from '../../engine/step.ts';
import { readText, replaceFile } from '../../system/files.ts';

/** What the last whole sync was asked for; undo goes back to it. */
function file(linked: Linked): string {
  return join(linked.state, 'python-sync.json');
}

/** Selection flags of the last sync of ours, or undefined when there was none. */
export function lastFlags(linked: Linked | undefined): readonly string[] | undefined {
  try {
    const { flags } = JSON.parse((linked && readText(file(linked))) ?? '{}') as { flags?: unknown };
    return Array.isArray(flags) ? flags.map(String) : undefined;
  } catch {
    return undefined;
  }
}

export function rememberFlags(linked: Linked | undefined, flags: readonly string[]): void {
  if (linked) replaceFile(file(linked), `${JSON.stringify({ schema: 1, flags })}\n`, 0o600);
}
