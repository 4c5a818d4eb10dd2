import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Change, publicChange } from '../../src/core/changes.ts';
import type { RunEvent } from '../../src/core/events.ts';
import type { Finding } from '../../src/core/findings.ts';
import { applyPlan, type StepResult } from '../../src/engine/apply.ts';
import { readContext, writeContext } from '../../src/engine/context.ts';
import { filesPort } from '../../src/engine/files-port.ts';
import { venvFingerprint } from '../../src/engine/fingerprint.ts';
import { Journal, newRunId, readJournal } from '../../src/engine/journal.ts';
import { changesOf, makePlan } from '../../src/engine/plan.ts';
import type { Read, Step, Write } from '../../src/engine/step.ts';
import { carryOutUndo, planUndo, type UndoPlan } from '../../src/engine/undo.ts';
import { nothingWanted, type Wanted } from '../../src/manifest/wanted.ts';
import type { SecretStore } from '../../src/secrets/store.ts';
import { userPaths } from '../../src/system/paths.ts';
import { emptyHome, uvPath } from './tools.ts';

export interface BenchOptions {
  env?: Record<string, string>;
  approved?: boolean;
  offline?: boolean;
  recheck?: boolean;
  signal?: AbortSignal;
}

export interface BenchRun {
  run: string;
  changes: Change[];
  findings: Finding[];
  results: StepResult[];
  errors: unknown[];
  events: RunEvent[];
}

export interface BenchUndo {
  plan: UndoPlan;
  /** What was taken back so far. */
  said: readonly string[];
  carryOut: () => Promise<void>;
}

export const EMPTY_STORE: SecretStore = {
  name: 'environment',
  writable: false,
  probe: async () => ({ state: 'ok', message: '' }),
  get: async items => items.map(() => undefined),
  set: async () => {},
  remove: async () => false,
};

/** Tells the other steps which uv there is, as the step of that name does. */
export function uvIs(path: string | undefined = uvPath()): Step {
  return {
    id: 'uv',
    title: 'uv',
    needs: [],
    verifyNeeds: [],
    inspect: async ctx => {
      ctx.outputs.set('uv', path === undefined ? undefined : { path, version: '0.0' });
      return { state: undefined, findings: [] };
    },
    plan: () => [],
    apply: async () => {},
    verify: async () => [],
  };
}

/** A machine for steps: a HOME, a linked workspace, and the real engine, without manifest, lock and terminal. */
export class Bench {
  readonly root: string;
  readonly home: string;
  readonly state: string;
  /** What the manifest asks for; tests change it between runs. */
  wanted: Wanted;
  readonly steps: Step[];

  // biome-ignore lint/suspicious/noExplicitAny: steps of any state and change, as in the registry
  constructor(base: string, root: string, steps: readonly Step<any, any>[], uv: string | undefined = uvPath()) {
    this.root = root;
    this.home = join(base, 'home');
    this.state = join(base, 'state');
    mkdirSync(this.home, { recursive: true });
    mkdirSync(this.state, { recursive: true, mode: 0o700 });
    this.steps = [uvIs(uv), ...steps];
    this.wanted = wantedOf(root);
  }

  env(extra: Record<string, string> = {}): Record<string, string> {
    return emptyHome(this.home, extra);
  }

  read(options: BenchOptions = {}): Read {
    const env = this.env(options.env);
    return readContext({
      wanted: this.wanted,
      env,
      paths: userPaths(env),
      linked: { id: 'x', name: 'w', namespace: 'w', state: this.state },
      approved: options.approved ?? true,
      ci: false,
      offline: options.offline ?? false,
      recheck: options.recheck ?? false,
      store: EMPTY_STORE,
      signal: options.signal ?? new AbortController().signal,
    });
  }

  /** What a run would do. */
  async plan(options: BenchOptions = {}): Promise<{ changes: Change[]; findings: readonly Finding[] }> {
    const read = this.read(options);
    const plan = await makePlan(this.steps, read);
    read.stamps.save();
    return { changes: changesOf(plan).map(publicChange), findings: plan.findings };
  }

  /** A whole run: plan, apply, verify, record. An inspection that refuses is thrown. */
  async run(options: BenchOptions & { onEvent?: (event: RunEvent) => void } = {}): Promise<BenchRun> {
    const read = this.read(options);
    const plan = await makePlan(this.steps, read);
    const run = newRunId();
    const journal = Journal.create(this.state, run, {});
    const events: RunEvent[] = [];
    const emit = (event: RunEvent): void => {
      events.push(event);
      options.onEvent?.(event);
    };
    const writeFor = (change: Change): Write => this.#write(read, journal, change, emit);
    const verification: Change = { step: 'readiness', key: 'verify', action: 'run', target: '', certain: true };
    const { results, findings } = await applyPlan(plan, {
      emit,
      journal,
      writeFor,
      verifyContext: writeFor(verification),
    });
    read.stamps.settle(venvFingerprint(this.root));
    read.stamps.save();
    journal.append({ kind: 'close' });
    const errors = results.flatMap(result => (result.error === undefined ? [] : [result.error]));
    return { run, changes: changesOf(plan), findings: [...plan.findings, ...findings], results, errors, events };
  }

  /** Takes back the changes of one step in a run, newest first. */
  async undo(run: string, step: Step<never, never>): Promise<string[]> {
    const records = readJournal(this.state, run).filter(record => record.change?.step === step.id);
    const keys = [...new Set(records.map(record => record.change?.key ?? ''))].reverse();
    const journal = Journal.create(this.state, newRunId(), {});
    const said: string[] = [];
    for (const key of keys) {
      const own = records.filter(record => record.change?.key === key);
      const change = own[0]?.change;
      if (!change) continue;
      const read = this.read();
      const result = await step.undo?.(
        own,
        this.#write(read, journal, change, () => {}),
      );
      read.stamps.save();
      said.push(result?.kind === 'undone' ? result.text : `refused: ${result?.reason}`);
    }
    return said;
  }

  /** Takes whole runs back, newest first, as the command does. */
  async undoRuns(runs: readonly string[], options: BenchOptions & { force?: boolean } = {}): Promise<BenchUndo> {
    const read = this.read(options);
    const ctx = this.#write(
      read,
      Journal.create(join(this.state, 'unused'), newRunId(), {}),
      { step: 'self', key: 'undo', action: 'run', target: '', certain: true },
      () => {},
    );
    const plan = await planUndo(this.state, runs, { steps: this.steps, ctx, force: options.force === true });
    const said: string[] = [];
    const carryOut = async (): Promise<void> => {
      try {
        await carryOutUndo(this.state, plan, runs, text => said.push(text), read.signal);
      } finally {
        read.stamps.save();
      }
    };
    return { plan, said, carryOut };
  }

  #write(read: Read, journal: Journal, change: Change, emit: (event: RunEvent) => void): Write {
    return writeContext(read, {
      ask: async () => ({ kind: 'no' }),
      emit,
      run: journal.run,
      files: filesPort(journal, change),
      keychain: { set: async () => {} },
    });
  }
}

/** A workspace that asks for nothing but its Python environment. */
export function wantedOf(root: string): Wanted {
  const nothing = nothingWanted(root, 'w', 'local');
  return {
    ...nothing,
    python: { ...nothing.python, profile: 'core', exact: true },
    envFile: { path: '.env.w', variables: {} },
  };
}
