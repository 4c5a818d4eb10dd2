import type { Check, WorkspaceLook } from '../../src/doctor/check.ts';
import type { Read } from '../../src/engine/step.ts';

/** What a check sees, from what a step sees; the network may be used. */
export function lookFrom(read: Read, more: Partial<WorkspaceLook> = {}): WorkspaceLook {
  return { ...read, deep: false, offline: false, ...more };
}

/** Runs one check: `id level message / fix`, one finding a line. */
export async function said(check: Check, look: WorkspaceLook): Promise<string[]> {
  const findings = await check.run(look);
  return findings.map(({ id, level, message, fix }) => `${id} ${level} ${message}${fix ? ` / ${fix.command}` : ''}`);
}
