import type { Change } from '../../src/core/changes.ts';
import type { SavedFile } from '../../src/engine/files-port.ts';
import type { Read } from '../../src/engine/step.ts';
import { planFileUndo } from '../../src/engine/undo-file.ts';
import type { Wanted, WantedTelemetry } from '../../src/manifest/wanted.ts';
import { StepHome, type StepHomeOptions } from './step-context.ts';
import { temporary } from './tools.ts';

/** A workspace whose managed files are put in order by a step, with everything around it real. */
export class ManagedHome extends StepHome {
  variables: Record<string, string> = {};
  envFile = '.env.w';
  telemetry: Partial<WantedTelemetry> = {};
  /** What the python step says; undefined: there is no environment. */
  python: { executable: string; fingerprint: string } | undefined;

  constructor(env: Record<string, string> = {}) {
    super(temporary(), { PATH: process.env['PATH'] ?? '', ...env });
  }

  override read(options: StepHomeOptions = {}): Read {
    const read = super.read(options);
    read.outputs.set('python', this.python);
    const wanted = {
      ...read.wanted,
      environment: 'staging',
      envFile: { path: this.envFile, variables: this.variables },
      telemetry: { ...read.wanted.telemetry, ...this.telemetry },
      source: { kind: 'inferred' },
      secrets: [],
    } satisfies Partial<Wanted>;
    return { ...read, wanted: wanted as Wanted };
  }

  /** Takes back every file change that was recorded, newest first. */
  takeBack(): void {
    for (const record of [...this.records].reverse()) {
      if (record.kind !== 'saved') continue;
      const undo = planFileUndo(record.after as SavedFile, false);
      if (undo.kind === 'refused') throw new Error(undo.reason);
      undo.act();
    }
    this.records.length = 0;
  }
}

/** A change in one word, for comparison. */
export function brief(changes: readonly Change[]): string[] {
  return changes.map(({ action, target }) => `${action} ${target}`);
}
