import type { Change } from '../core/changes.ts';
import type { RunEvent } from '../core/events.ts';
import type { Finding } from '../core/findings.ts';
import type { StepId, Writer } from '../core/ids.ts';
import type { Ask } from '../core/ports.ts';
import type { Wanted } from '../manifest/wanted.ts';
import type { SecretStore } from '../secrets/store.ts';
import type { Env } from '../system/environment.ts';
import type { UserPaths } from '../system/paths.ts';
import type { Finished } from '../system/process.ts';
import type { Foreseen } from './foreseen.ts';
import type { Outputs } from './outputs.ts';
import type { Stamps } from './stamps.ts';

/** The linked workspace, as the registry knows it (security §1). */
export interface Linked {
  id: string;
  name: string;
  /** Keychain namespace: `<name>` or `<name>~<id8>`. */
  namespace: string;
  /** Our state folder of this workspace. It exists once the root is linked. */
  state: string;
  /** Recorded for a journal alone: setup has approved nothing here, so no secret store is opened for it. */
  journalOnly?: true;
}

/** What a step may look at. Nothing reachable from here changes anything. */
export interface Read {
  readonly root: string;
  readonly wanted: Wanted;
  /** The environment we were started with. */
  readonly env: Env;
  /** PATH after security §5. */
  readonly path: string;
  readonly paths: UserPaths;
  /** Undefined in a root that is not linked. */
  readonly linked: Linked | undefined;
  /** Has the person approved this manifest? False: start no interpreter, no uv project command, no check (contracts §3). */
  readonly approved: boolean;
  readonly ci: boolean;
  readonly offline: boolean;
  /** Ignore stamps. */
  readonly recheck: boolean;
  /** May the person be asked for what is optional? Only at a terminal, in a run they confirm themselves. */
  readonly offerOptional?: boolean;
  readonly outputs: Outputs;
  readonly stamps: Stamps;
  /** The store of this machine's secrets; opened lazily. */
  readonly store: SecretStore;
  readonly signal: AbortSignal;
}

/** Options of a step child (security §5): its environment starts from the allow-list. */
export interface StepChild {
  /** Added variables, last. */
  env?: Record<string, string>;
  cwd?: string;
  input?: string;
  timeout?: number;
  /** How the child is stopped on Ctrl-C; default SIGTERM. Undefined signal handling: pass `signal: false` to let it finish. */
  killSignal?: NodeJS.Signals;
  signal?: AbortSignal | false;
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  onSpawn?: (pid: number) => void;
}

/** A part of a file that we own: what stood there and what we put there (contracts §5). */
export interface Region<Text = string> {
  /** Byte offset of `after` in the written file. */
  offset: number;
  before: Text;
  after: Text;
}

/** Journalled writes of one change. Each call records what is needed to take it back before it touches anything. */
export interface FilesPort {
  /** Replaces a file that is ours alone; its former bytes are kept in the journal. `mode` defaults to 0644. */
  replaceWhole(path: string, content: string, mode?: number): void;
  /**
   * Replaces a file of which only regions are ours; only those regions are kept.
   * @param edit `expected`: the bytes the edit was made from; if the file no longer holds them, throws `FileChanged`.
   *   `secret`: what stood there, or what will stand there too, is a secret whatever it looks like.
   */
  replaceRegions(
    path: string,
    edit: {
      content: string;
      regions: readonly Region[];
      mode: number;
      expected: string | undefined;
      secret?: 'before' | 'both';
    },
  ): void;
  removeWhole(path: string): void;
  /** Symbolic link; the former target is kept. */
  link(path: string, target: string): void;
  /** Renames a folder out of the way (or empties it where a rename cannot be) and returns where it went. */
  setAside(path: string): string;
  /** Records that the change made this path, so that undo may remove it. Call it before making it. */
  created(path: string): void;
  /** Makes a folder, 0700; undo removes it, and those that had to be made above it, when they are empty then. */
  privateFolder(path: string): void;
  /**
   * Keeps a text of a file in the secret store, since a secret stands in it; the engine calls this when one of the
   * methods above threw `UnkeptSecret`, and applies the change again. @throws UserError 78 when no store can keep it.
   */
  keepSecret(path: string, text: string): Promise<void>;
}

/** The file was changed by somebody else since it was read. */
export class FileChanged extends Error {}

/** Journalled writes to the secret store (contracts §5). */
export interface KeychainPort {
  set(name: string, value: string): Promise<void>;
}

export interface Write extends Read {
  readonly ask: Ask;
  readonly emit: (event: RunEvent) => void;
  readonly files: FilesPort;
  readonly keychain: KeychainPort;
  /** Id of this run. */
  readonly run: string;
  /** Runs a step child and streams its lines as events. */
  readonly spawn: (argv: readonly string[], options?: StepChild) => Promise<Finished>;
}

export interface Inspection<S> {
  state: S;
  findings: Finding[];
}

export type Undone = { kind: 'undone'; text: string };
export interface Refused {
  kind: 'refused';
  reason: string;
  diff?: string;
  /** There is no way back at all: said, but no reason to leave the rest as it is. */
  stays?: true;
}

/** A line of the journal (contracts §5). */
export interface JournalRecord {
  schema: 1;
  seq: number;
  at: string;
  run: string;
  kind: 'open' | 'intent' | 'saved' | 'done' | 'failed' | 'close' | 'undone';
  step?: Writer;
  change?: Change;
  before?: unknown;
  after?: unknown;
}

/** An input that only a person or a team's store can give. */
export interface Missing {
  secret: string;
  required: boolean;
  /** Every spelling that would supply it: commands and variables. */
  ways: readonly string[];
}

/** One thing a machine gets (contracts §2). */
export interface Step<S = unknown, C extends Change = Change> {
  readonly id: StepId;
  readonly title: string;
  /** Steps that must be done and verified before this one is applied. */
  readonly needs: readonly StepId[];
  /** Steps that must be done and verified before this one is verified. */
  readonly verifyNeeds: readonly StepId[];
  /** True: the step's changes do not build on each other, so one failing does not keep the others from trying. */
  readonly independent?: boolean;
  /** Reads only. */
  inspect(ctx: Read): Promise<Inspection<S>>;
  /** Pure; [] = in order. */
  plan(state: S, wanted: Wanted): C[];
  /** Pure; inputs that were found nowhere. */
  missing?(state: S, wanted: Wanted): Missing[];
  /** Keeps what an inspection learned for the next run, in our own caches. Only in a run that may write. */
  remember?(state: S, ctx: Read): Promise<void>;
  /** What undo will need and the plan does not show (the undo command of a task); journalled with the intent. */
  payload?(change: C): unknown;
  /** Idempotent, abortable, mends what it broke. */
  apply(change: C, ctx: Write): Promise<void>;
  /** Asks the real thing; [] = good. A finding of level `fail` fails the step. Runs only in a run that changes something, or when a stamp does not hold. */
  verify(ctx: Write): Promise<Finding[]>;
  /**
   * What `doctor` asks instead of `verify`: the questions that `apply` asks (readiness), or all but those that a check of
   * `doctor` asks anyway (the server of Prefect).
   */
  examine?(ctx: Write): Promise<Finding[]>;
  /**
   * Pure. Does the change only ask the real thing? Then it waits for `verifyNeeds` as the verification does, and
   * `doctor`, which asks by itself, need not announce it.
   */
  asks?(change: C): boolean;
  /**
   * Would `undo` be refused? Looks only: all of an undo is checked before its first write. For steps with an `undo` of
   * their own, which note in `files` what it will write.
   */
  undoable?(records: readonly JournalRecord[], ctx: Read, files: Foreseen, force?: boolean): Refused | undefined;
  /**
   * Takes back what the files and keychain ports cannot (a `.venv`, a task). `records` are this change's, oldest first.
   * @param force also what somebody changed since, keeping a copy of it.
   */
  undo?(records: readonly JournalRecord[], ctx: Write, force?: boolean): Promise<Undone | Refused>;
}
