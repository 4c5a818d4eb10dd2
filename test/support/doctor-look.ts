import type { Finding } from '../../src/core/findings.ts';
import type { Check, WorkspaceLook } from '../../src/doctor/check.ts';
import type { Read, Step } from '../../src/engine/step.ts';

/** What a check sees, from what a step sees; the network may be used. What no step has told is not coming. */
export function lookFrom(read: Read, more: Partial<WorkspaceLook> = {}): WorkspaceLook {
  read.outputs.finished('python');
  return { ...read, deep: false, offline: false, ...more };
}

/** Runs one check: `id level message / fix`, one finding a line. */
export async function said(check: Check, look: WorkspaceLook): Promise<string[]> {
  return lines(await check.run(look));
}

/** The same for what the inspection of a step finds, as `doctor` asks it: no stamp is trusted. */
export async function saidByStep(step: Pick<Step, 'inspect'>, read: Read): Promise<string[]> {
  return lines((await step.inspect({ ...read, recheck: true })).findings);
}

function lines(findings: readonly Finding[]): string[] {
  return findings.map(({ id, level, message, fix }) => `${id} ${level} ${message}${fix ? ` / ${fix.command}` : ''}`);
}
