import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from '../../src/core/changes.ts';
import type { RunEvent } from '../../src/core/events.ts';
import { readContext, writeContext } from '../../src/engine/context.ts';
import { filesPort } from '../../src/engine/files-port.ts';
import { Journal, newRunId, readJournal } from '../../src/engine/journal.ts';
import type { JournalRecord, Read, Step, Write } from '../../src/engine/step.ts';
import type { Wanted } from '../../src/manifest/wanted.ts';
import type { SecretStore } from '../../src/secrets/store.ts';
import { userPaths } from '../../src/system/paths.ts';

const NO_STORE: SecretStore = {
  name: 'environment',
  writable: false,
  probe: async () => ({ state: 'ok', message: '' }),
  get: async items => items.map(() => undefined),
  set: async () => {},
  remove: async () => false,
};

export interface StepHomeOptions {
  uvRange?: string;
  ci?: boolean;
  offline?: boolean;
  approved?: boolean;
  recheck?: boolean;
  signal?: AbortSignal;
}

/** A step's surroundings with a real HOME, real journal and real stamps; the state folder exists as for a linked root. */
export class StepHome {
  readonly home: string;
  readonly root: string;
  readonly env: Record<string, string>;
  readonly events: RunEvent[] = [];
  readonly records: JournalRecord[] = [];
  readonly #state: string;

  constructor(base: string, env: Record<string, string>) {
    this.home = join(base, 'home');
    this.root = join(base, 'work');
    this.#state = join(this.home, '.local', 'state', 'hotpass-bootstrap', 'workspaces', 'w');
    mkdirSync(this.root, { recursive: true });
    mkdirSync(this.#state, { recursive: true, mode: 0o700 });
    this.env = { HOME: this.home, ...env };
  }

  read(options: StepHomeOptions = {}): Read {
    const wanted = { root: this.root, workspace: 'w', python: { uvRange: options.uvRange } } as unknown as Wanted;
    return readContext({
      wanted,
      env: this.env,
      paths: userPaths(this.env),
      linked: { id: 'x', name: 'w', namespace: 'w', state: this.#state },
      approved: options.approved ?? true,
      ci: options.ci ?? false,
      offline: options.offline ?? false,
      recheck: options.recheck ?? false,
      store: NO_STORE,
      signal: options.signal ?? new AbortController().signal,
    });
  }

  /** Inspects, applies every change, verifies and saves the stamps, as a run does. */
  async setup<S>(
    step: Step<S>,
    options: StepHomeOptions = {},
  ): Promise<{ changes: Change[]; findings: string[]; read: Read }> {
    const read = this.read(options);
    const { state, findings } = await step.inspect(read);
    const changes = step.plan(state, read.wanted);
    const journal = Journal.create(this.#state, newRunId(), {});
    let last: Write | undefined;
    for (const change of changes) {
      journal.append({ kind: 'intent', step: step.id, change });
      last = writeContext(read, {
        ask: async () => ({ kind: 'no' }),
        emit: event => this.events.push(event),
        run: journal.run,
        files: filesPort(journal, change),
        keychain: { set: async () => {} },
      });
      await step.apply(change, last);
      journal.append({ kind: 'done', step: step.id, change });
    }
    const found = [...findings, ...(last ? await step.verify(last) : [])];
    read.stamps.save();
    this.records.push(...readJournal(this.#state, journal.run));
    return { changes, findings: found.map(finding => finding.id), read };
  }

  /** Takes back all that was recorded so far. */
  async undo<S>(step: Step<S>): Promise<{ kind: string }> {
    const read = this.read();
    const journal = Journal.create(this.#state, newRunId(), {});
    const change: Change = { step: step.id, key: 'undo', action: 'remove', target: '', certain: true };
    const write = writeContext(read, {
      ask: async () => ({ kind: 'no' }),
      emit: event => this.events.push(event),
      run: journal.run,
      files: filesPort(journal, change),
      keychain: { set: async () => {} },
    });
    return (await step.undo?.(this.records, write)) ?? { kind: 'nothing' };
  }
}
