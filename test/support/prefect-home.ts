import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from '../../src/core/changes.ts';
import { EXIT, UserError } from '../../src/core/errors.ts';
import type { Finding } from '../../src/core/findings.ts';
import { applyPlan, type StepResult } from '../../src/engine/apply.ts';
import { readContext, writeContext } from '../../src/engine/context.ts';
import { filesPort } from '../../src/engine/files-port.ts';
import { venvFingerprint } from '../../src/engine/fingerprint.ts';
import { Journal, newRunId } from '../../src/engine/journal.ts';
import { makePlan, type Plan } from '../../src/engine/plan.ts';
import type { FilesPort, Read, Step, Write } from '../../src/engine/step.ts';
import { carryOutUndo, planUndo } from '../../src/engine/undo.ts';
import type { Wanted, WantedPrefect } from '../../src/manifest/wanted.ts';
import { environmentStore } from '../../src/secrets/environment.ts';
import { prefectStep } from '../../src/steps/prefect.ts';
import { userPaths } from '../../src/system/paths.ts';
import { temporary } from './tools.ts';

export const API = 'http://127.0.0.1:9/api';

/** A machine with one workspace, for the step of Prefect: real HOME, real journal, real stamps, the real engine. */
export class PrefectHome {
  readonly home: string;
  readonly root: string;
  readonly state: string;
  env: Record<string, string>;
  wanted: WantedPrefect = { profile: 'ours', apiUrl: API, settings: { PREFECT_API_URL: API } };
  approved = true;
  /** Child processes that were started. */
  started: string[][] = [];
  lastRun = '';
  /** The step that `plan` and `setup` carry out. */
  step = prefectStep as Step;

  constructor(env: Record<string, string>, root?: string) {
    const base = temporary();
    this.home = join(base, 'home');
    this.root = root ?? join(base, 'work');
    this.state = join(base, 'state');
    for (const folder of [this.home, this.root, this.state]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.env = { ...env, HOME: this.home };
  }

  get profiles(): string {
    return join(this.home, '.prefect', 'profiles.toml');
  }

  write(text: string | Uint8Array, mode = 0o600): void {
    mkdirSync(join(this.home, '.prefect'), { recursive: true, mode: 0o700 });
    writeFileSync(this.profiles, text, { mode });
  }

  text(): string {
    return readFileSync(this.profiles, 'utf8');
  }

  file(name: string, text: string | Uint8Array): void {
    writeFileSync(join(this.root, name), text);
  }

  read(recheck = false): Read {
    const wanted = { root: this.root, prefect: this.wanted, secrets: [] } as unknown as Wanted;
    const linked = { id: 'x', name: 'w', namespace: 'w', state: this.state };
    return readContext({
      wanted,
      env: this.env,
      paths: userPaths(this.env, 'linux'),
      linked,
      approved: this.approved,
      ci: false,
      offline: true,
      recheck,
      store: environmentStore(this.env),
      signal: new AbortController().signal,
    });
  }

  async plan(
    recheck = false,
  ): Promise<{ changes: readonly Change[]; findings: readonly Finding[]; read: Read; whole: Plan }> {
    const read = this.read(recheck);
    const whole = await makePlan([this.step], read);
    return { changes: whole.steps[0]?.changes ?? [], findings: whole.findings, read, whole };
  }

  /** A whole run: plan, apply, verify, record. @throws what the step fails with. */
  async setup(between: () => void = () => {}): Promise<{ keys: string[]; findings: Finding[] }> {
    const { changes, findings, read, whole } = await this.plan();
    between();
    const run = newRunId();
    this.lastRun = run;
    const journal = Journal.create(this.state, run, {});
    const writeFor = (change: Change): Write => this.writeContext(read, journal, change);
    const done = await applyPlan(whole, {
      emit: () => {},
      journal,
      writeFor,
      verifyContext: writeFor({ step: 'prefect', key: '', action: 'run', target: '', certain: true }),
    });
    read.stamps.settle(venvFingerprint(this.root));
    read.stamps.save();
    journal.append({ kind: 'close', after: { exit: 0 } });
    const failed = done.results.find((result: StepResult) => result.error !== undefined);
    if (failed) throw failed.error;
    return { keys: changes.map(({ key }) => key), findings: [...findings, ...done.findings] };
  }

  /** Writes without asking Prefect afterwards. */
  async applyOnly(
    read: Read,
    changes: readonly Change[],
    wrap: (files: FilesPort) => FilesPort = files => files,
  ): Promise<void> {
    const journal = Journal.create(mkdtempSync(join(this.state, 'only-')), newRunId(), {});
    for (const change of changes) {
      const ctx = this.writeContext(read, journal, change);
      await (prefectStep as Step).apply(change, { ...ctx, files: wrap(ctx.files) });
    }
  }

  /** Takes the last run back, as `undo` does. */
  async undo(force = false): Promise<string[]> {
    const read = this.read();
    const journal = Journal.create(mkdtempSync(join(this.state, 'undo-')), newRunId(), {});
    const ctx = this.writeContext(read, journal, {
      step: 'prefect',
      key: 'undo',
      action: 'run',
      target: '',
      certain: true,
    });
    const plan = await planUndo(this.state, [this.lastRun], { steps: [prefectStep as Step], ctx, force });
    const [refused] = plan.refused;
    if (refused) throw new UserError({ message: refused.text, cause: refused.reason, exit: EXIT.failed });
    const said: string[] = [];
    await carryOutUndo(this.state, plan, [this.lastRun], text => said.push(text), read.signal);
    return said;
  }

  private writeContext(read: Read, journal: Journal, change: Change): Write {
    const write = writeContext(read, {
      ask: async () => ({ kind: 'no' }),
      emit: () => {},
      run: journal.run,
      files: filesPort(journal, change),
      keychain: { set: async () => {} },
    });
    return {
      ...write,
      spawn: (argv, options) => {
        this.started.push([...argv]);
        return write.spawn(argv, options);
      },
    };
  }
}
