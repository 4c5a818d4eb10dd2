import type { Change } from '../core/changes.ts';
import { EXIT, exitOf, worstExit } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import type { Finding } from '../core/findings.ts';
import type { Ask } from '../core/ports.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { readIndex } from '../secrets/index-file.ts';
import type { Item, SecretStore } from '../secrets/store.ts';
import type { Env } from '../system/environment.ts';
import type { UserPaths } from '../system/paths.ts';
import { endTrace } from '../system/trace.ts';
import { applyPlan, type StepResult } from './apply.ts';
import { approveOrigins } from './approve-origins.ts';
import { readContext, writeContext } from './context.ts';
import { filesPort } from './files-port.ts';
import { venvFingerprint } from './fingerprint.ts';
import { journalled, type OpenRun, underLock } from './journalled.ts';
import { keychainPort } from './keychain-port.ts';
import { link, rememberIfChosen } from './link.ts';
import { NotConfirmed } from './not-confirmed.ts';
import { changesOf, hasGrown, inOrder, makePlan, type Plan } from './plan.ts';
import { requireInputs, suppliedTo } from './required-inputs.ts';
import type { Linked, Read, Step } from './step.ts';
import { refuseUntrusted } from './untrusted-event.ts';
import { MANIFEST_STAMP, manifestDigest, type Workspace } from './workspace.ts';

export interface SetupOptions {
  env: Env;
  paths: UserPaths;
  ci: boolean;
  offline: boolean;
  recheck: boolean;
  dryRun: boolean;
  /** Can secrets be asked for? */
  interactive: boolean;
  /** Are optional ones asked for too? */
  offerOptional: boolean;
  /** Milliseconds to wait for another run. */
  wait: number;
  breakLock: boolean;
  /** `--link ID`. */
  joinId: string | undefined;
  /** `--approve-origin URL`: where stored secrets may be sent from now on. */
  approvedOrigins: readonly string[];
  signal: AbortSignal;
}

export interface SetupPorts {
  ask: Ask;
  emit: (event: RunEvent) => void;
  /** The store of the linked workspace's secrets; `undefined` before it is linked. */
  storeFor: (linked: Linked | undefined) => SecretStore;
  itemFor: (linked: Linked, secret: WantedSecret) => Item;
  /**
   * Shows a plan and what it newly approves, and asks unless that was answered beforehand.
   * @returns false when the person says no. Throws InputNeeded when nobody can be asked.
   */
  confirm: (plan: Plan, grown: readonly string[], again: boolean) => Promise<boolean>;
  /** Names of the secrets that `ask` will answer by itself, from the team's source. Asked where nobody can be. */
  supplied?: () => Promise<ReadonlySet<string>>;
}

export interface SetupOutcome {
  plan: Plan;
  findings: readonly Finding[];
  results: readonly StepResult[];
  /** The failures of the steps; what they say is already on the screen. */
  failures: readonly unknown[];
  exit: number;
  /** Nothing had to be done. */
  idle: boolean;
  run: string | undefined;
  linked: Linked | undefined;
}

/**
 * Brings the machine in order: inspect, plan, confirm once, link, lock, inspect again, apply along the graph, verify
 * (design §5). Returns the outcome of the steps; throws for what stops it before the first change.
 */
export async function setup(
  workspace: Workspace,
  steps: readonly Step[],
  options: SetupOptions,
  ports: SetupPorts,
): Promise<SetupOutcome> {
  const first = look(workspace, options, ports, workspace.linked, workspace.grown.length === 0);
  const plan = await makePlan(steps, first, workspace.loaded.findings);
  const known = workspace.linked !== undefined && workspace.grown.length === 0;
  if (known && inOrder(plan)) {
    if (!options.dryRun) {
      await rememberIfChosen(workspace, options);
      await plan.remember();
      first.stamps.save();
    }
    return outcome(plan, [], [], workspace.linked, undefined);
  }
  if (options.dryRun) return { ...outcome(plan, [], [], workspace.linked, undefined), exit: EXIT.pending, idle: false };
  refuseUntrusted(options.env, workspace.grown);
  if (!(await ports.confirm(plan, workspace.grown, false))) throw new NotConfirmed();

  const linked = await link(workspace, options, ports.ask);
  const lock = {
    wait: options.wait,
    purpose: `setup of ${workspace.wanted.workspace}`,
    breakWith: 'hotpass-bootstrap setup --break-lock',
    force: options.breakLock,
    signal: options.signal,
  };
  const { root } = workspace.wanted;
  return underLock(linked, { lock, root, store: ports.storeFor(linked), emit: ports.emit }, async () => {
    await approveOrigins(workspace.wanted, linked, options.paths, options.approvedOrigins);
    const read = look(workspace, options, ports, linked, true);
    read.stamps.adopt(first.stamps);
    const now = await makePlan(steps, read, workspace.loaded.findings);
    await now.remember();
    const holder = linked.namespace === workspace.wanted.workspace ? undefined : workspace.holder;
    const supplied = await suppliedTo(now, options.interactive, read.store, ports.supplied);
    requireInputs(now, options.interactive, read.store, holder, supplied);
    if (hasGrown(plan, now) && !(await ports.confirm(now, [], true))) throw new NotConfirmed();
    return await carryOut(now, read, linked, workspace, ports);
  });
}

/** Applies a confirmed plan under the lock, with its journal. */
async function carryOut(
  plan: Plan,
  read: Read,
  linked: Linked,
  workspace: Workspace,
  ports: SetupPorts,
): Promise<SetupOutcome> {
  if (changesOf(plan).length === 0) {
    read.stamps.save();
    return outcome(plan, [], [], linked, undefined);
  }
  endTrace(); // A run that changes something is not what the next one can go by.
  const { environment, root, secrets } = workspace.wanted;
  const header = { environment, changes: changesOf(plan).length };
  const act = async ({ run, journal, nextCopy, keep }: OpenRun): Promise<SetupOutcome> => {
    const writeFor = (change: Change) =>
      writeContext(read, {
        ask: ports.ask,
        emit: ports.emit,
        run,
        files: filesPort(journal, change, keep),
        keychain: keychainPort(
          journal,
          change,
          read.store,
          secrets,
          secret => ports.itemFor(linked, secret),
          nextCopy,
          user => readIndex(read.paths.state, linked.namespace)[user],
        ),
      });
    const verification: Change = { step: 'readiness', key: 'verify', action: 'run', target: '', certain: true };
    ports.emit({ type: 'run-started', run, steps: plan.steps.map(({ step }) => ({ id: step.id, title: step.title })) });
    try {
      const { results, findings } = await applyPlan(plan, {
        emit: ports.emit,
        journal,
        writeFor,
        verifyContext: writeFor(verification),
      });
      read.stamps.settle(venvFingerprint(root));
      return outcome(plan, results, findings, linked, run);
    } finally {
      read.stamps.save();
    }
  };
  let exit: number = EXIT.failed;
  try {
    const result = await journalled(linked, header, read.store, act, ({ exit }) => exit);
    exit = result.exit;
    return result;
  } finally {
    ports.emit({ type: 'run-finished', exit });
  }
}

function look(
  workspace: Workspace,
  options: SetupOptions,
  ports: SetupPorts,
  linked: Linked | undefined,
  approved: boolean,
): Read {
  const { env, paths, ci, offline, recheck, offerOptional, signal } = options;
  const store = ports.storeFor(linked);
  const { wanted } = workspace;
  const ctx = readContext({ wanted, env, paths, linked, approved, ci, offline, recheck, offerOptional, store, signal });
  const valid = manifestDigest(wanted.root, workspace.loaded.text);
  if (ctx.stamps.holds(MANIFEST_STAMP, valid) === undefined) ctx.stamps.record(MANIFEST_STAMP, valid);
  return ctx;
}

function outcome(
  plan: Plan,
  results: readonly StepResult[],
  found: readonly Finding[],
  linked: Linked | undefined,
  run: string | undefined,
): SetupOutcome {
  const failures = results.flatMap(result => (result.error === undefined ? [] : [result.error]));
  return {
    plan,
    findings: dedupe([...plan.findings, ...found]),
    results,
    failures,
    exit: failures.length === 0 ? EXIT.ok : worstExit(failures.map(exitOf)),
    idle: results.length === 0,
    run,
    linked,
  };
}

/** The same finding may come from the plan and from the verification. */
function dedupe(findings: readonly Finding[]): Finding[] {
  const seen = new Map(findings.map(finding => [`${finding.id} ${finding.message}`, finding]));
  return [...seen.values()];
}
