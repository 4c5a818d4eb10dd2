import { EXIT, exitOf, InputNeeded, UserError } from '../core/errors.ts';
import { EventStream } from '../core/events.ts';
import type { StepId } from '../core/ids.ts';
import { changesOf, type Plan, selectSteps } from '../engine/plan.ts';
import { type SetupOutcome, type SetupPorts, setup } from '../engine/setup.ts';
import type { Step } from '../engine/step.ts';
import type { Workspace } from '../engine/workspace.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { RunClock } from '../onboarding/run-clock.ts';
import { rememberStore } from '../secrets/choose.ts';
import type { SecretStore } from '../secrets/store.ts';
import { StoreError } from '../secrets/store-error.ts';
import { STEPS } from '../steps/index.ts';
import { startTrace } from '../system/trace.ts';
import { say, windowSize } from '../terminal/output.ts';
import { approvalsIn } from './answers-approvals.ts';
import { keepSettled } from './keep.ts';
import type { Invocation } from './parse.ts';
import { stepNames } from './plan-document.ts';
import { recordBeginning, recordSetup, toldAbout } from './record.ts';
import { itemFor, nameFromNow, openSession, openStore, type Session, workspaceOf } from './session.ts';
import { vaultBehind } from './store-behind.ts';
import { type RunTelemetry, startTelemetry } from './telemetry-run.ts';
import type { VaultOffer } from './vault-offer.ts';
import { type Watching, watch } from './watching.ts';
import type { Wizard } from './wizard.ts';
import { hasWizard, needsEnvironment } from './wizard-needs.ts';

/** `setup`: bring the machine in order. With nothing to do it starts nothing but uv's own question. */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const trace = startTrace();
  const session = await openSession(invocation, abort);
  // A word that is not known is told before anything happens.
  const told = toldAbout(session);
  const { options, answers } = session;
  if (options.dryRun && options.saveAnswers !== undefined) throw nothingAnswered();
  const steps = (without: readonly StepId[] = []): Step[] =>
    selectSteps(STEPS, stepNames(options.only ?? answers.only), [
      ...(stepNames(options.skip ?? answers.skip) ?? []),
      ...without,
    ]);
  const all = steps();
  let workspace = await workspaceOf(session);
  const opened = await openStore(session, workspace.wanted.root, (...question) => watching.ask(...question));
  const events = new EventStream();
  const clock = new RunClock({ waits: question => waitingFor(question, workspace.wanted.secrets, all) });
  events.listen(clock.listen);
  events.listen(recordBeginning(session, workspace.wanted.root, clock, told));
  const telemetry = options.dryRun ? undefined : await startTelemetry(session);
  if (telemetry) events.listen(telemetry.listen);
  const job = session.ci && !options.dryRun ? new (await import('./ci-job.ts')).Job(session, workspace) : undefined;
  if (job) events.listen(job.listen);
  // What is said during the run is said after the environment was remembered.
  const watching = watch({ ...session, command: nameFromNow(session) }, events);
  const wizard = hasWizard(session) ? lazily(() => openWizard(session, watching)) : undefined;
  let approved = workspace.grown.length === 0;
  const store = await vaultBehind(session, workspace, opened.store, () => approved);
  const vault = lazily(() => openOffer(session, () => call.workspace, watching, events));
  const approve = (): void => {
    approved = true;
    // An answer stands for what the wizard would have asked, and that is remembered.
    const { why, store: name, key } = opened.choice;
    if (why === 'answered' && !session.ci) rememberStore(session.paths, name, key);
  };
  const call: Call = { session, workspace, steps: all, store, events, watching, wizard, vault, approve, telemetry };
  let left: string[] = [];
  let outcome: SetupOutcome;
  try {
    if (wizard && needsEnvironment(session, workspace)) {
      workspace = await (await wizard()).environment(workspace, store);
      call.workspace = workspace;
    }
    try {
      outcome = await bringAbout(call);
    } catch (error) {
      if (!wizard || !(error instanceof StoreError) || store.name !== 'keychain') throw error;
      const elsewhere = await (await wizard()).elsewhere(error, workspace);
      if (elsewhere === 'later') {
        call.steps = steps(['secrets']);
        left = workspace.wanted.secrets.filter(secret => secret.required).map(secret => secret.name);
      }
      if (elsewhere !== 'later') call.store = elsewhere;
      outcome = await bringAbout(call);
    }
  } catch (error) {
    await watching.stop();
    // A run that ended for want of a secret or a network is a part of the onboarding too.
    const end = { exit: exitOf(error), ready: false, run: undefined, error };
    await recordSetup(session, workspace, clock, watching.ask, end);
    await telemetry?.end(session, workspace.wanted, end.exit);
    await job?.end(workspace, clock, { error });
    throw error;
  }
  await watching.stop();
  const { finish } = await import('./setup-end.ts');
  const exit = await finish(session, workspace, outcome, clock, {
    store: call.store.name,
    left,
    ask: watching.ask,
  });
  await job?.end(workspace, clock, { outcome });
  if (options.saveAnswers !== undefined) {
    const { saveAnswers } = await import('./save-answers.ts');
    const elsewhere = call.store === store ? undefined : call.store.name;
    saveAnswers(options.saveAnswers, session, { workspace, outcome, choice: opened.choice, elsewhere });
  }
  keepSettled(session, workspace, outcome, trace);
  // An everyday run with nothing to do has nothing to tell.
  if (!outcome.idle || exit !== EXIT.ok) await telemetry?.end(session, workspace.wanted, exit);
  return exit;
}

/** One setup with what was chosen for it. */
interface Call {
  session: Session;
  workspace: Workspace;
  steps: readonly Step[];
  store: SecretStore;
  events: EventStream;
  watching: Watching;
  /** Loaded when there is something to show: not by a run with nothing to do. */
  wizard: (() => Promise<Wizard>) | undefined;
  /** Asks Vault before the person; loaded with the first question for a secret. */
  vault: () => Promise<VaultOffer>;
  /** The person has confirmed the plan, and with it what the manifest asks for. */
  approve: () => void;
  /** Undefined while telemetry is off. */
  telemetry: RunTelemetry | undefined;
}

async function openWizard(session: Session, watching: Watching): Promise<Wizard> {
  const { Wizard } = await import('./wizard.ts');
  return new Wizard(session, watching.ask);
}

async function openOffer(session: Session, workspace: () => Workspace, { ask }: Watching, events: EventStream) {
  const { VaultOffer } = await import('./vault-offer.ts');
  return new VaultOffer({ session, workspace, ask, emit: events.emit });
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function bringAbout(call: Call): Promise<SetupOutcome> {
  const { session, workspace, steps, store, events, watching, vault, approve } = call;
  const { env, paths, ci, interactive, options, abort } = session;
  const ports: SetupPorts = {
    ask: async (question, signal) =>
      question.kind === 'secret' ? (await vault()).ask(question, signal) : watching.ask(question, signal),
    supplied: async () => (await vault()).names(),
    emit: events.emit,
    storeFor: () => store,
    itemFor: (linked, secret) => itemFor(linked, workspace.wanted.environment, secret),
    confirm: async (plan, grown, again) => {
      const yes = await confirm(call, plan, grown, again);
      if (yes) approve();
      return yes;
    },
  };
  return setup(
    workspace,
    steps,
    {
      env: call.telemetry?.env ?? env,
      paths,
      ci,
      offline: options.offline === true,
      recheck: options.recheck === true,
      dryRun: options.dryRun === true,
      interactive,
      offerOptional: call.wizard !== undefined,
      wait: seconds(options.wait) * 1000,
      breakLock: options.breakLock === true,
      ...approvalsIn(session, workspace.wanted.root),
      signal: abort.signal,
    },
    ports,
  );
}

/**
 * Steps that can do nothing while a question is open: uv is not started before it has the passwords of its indexes, and
 * what is verified with python waits for it.
 */
function waitingFor(question: string, secrets: readonly WantedSecret[], steps: readonly Step[]): StepId[] {
  const name = question.slice(question.indexOf(':') + 1);
  const isIndex = secrets.some(secret => secret.name === name && secret.index !== undefined);
  if (!isIndex) return ['secrets'];
  const withPython = steps.filter(step => step.verifyNeeds.includes('python'));
  return ['secrets', 'python', ...withPython.map(step => step.id)];
}

/** Shows the plan and asks once, unless that was answered beforehand. */
async function confirm(call: Call, plan: Plan, grown: readonly string[], again: boolean): Promise<boolean> {
  const { session, workspace, store, wizard, watching } = call;
  const { options, style, command, interactive, yes, paths } = session;
  if (!again) await (await wizard?.())?.beforePlan(workspace, store, plan);
  if (!options.json && !(options.quiet && yes)) {
    const { planLines } = await import('../terminal/plan-view.ts');
    const { workspace: name, environment } = workspace.wanted;
    const shown = {
      workspace: name,
      environment,
      changes: changesOf(plan),
      approvals: grown,
      needs: plan.missing,
      // That the secrets were not looked up is news for those who only look; this run is about to.
      findings: plan.findings.filter(finding => finding.id !== 'HB314'),
    };
    for (const finding of plan.findings) session.told.add(finding.message);
    for (const line of planLines(shown, { style, width: windowSize().columns, command, home: paths.home })) say(line);
    say('');
  }
  if (yes) return true;
  if (!interactive) {
    throw new InputNeeded({
      message: 'The plan above was not carried out: nobody can be asked here.',
      cause: 'Standard input or standard error is not a terminal, and no flag answers for you.',
      next: 'hotpass-bootstrap setup --yes',
    });
  }
  const { planCounts } = await import('../terminal/plan-view.ts');
  // The head of a long plan has left the screen by now.
  const counts = `${workspace.wanted.workspace} (${workspace.wanted.environment}): ${planCounts(changesOf(plan))}`;
  const message = again ? `More is to be done than was shown before. ${counts}. Go ahead?` : `${counts}. Go ahead?`;
  return (await watching.ask({ kind: 'confirm', id: 'plan', message, default: true })).kind === 'yes';
}

function nothingAnswered(): UserError {
  return new UserError({
    message: 'A dry run asks nothing, so there are no answers to save.',
    next: 'hotpass-bootstrap setup --save-answers FILE',
    exit: EXIT.usage,
  });
}

function seconds(text: string | undefined): number {
  if (text === undefined) return 0;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new UserError({
    message: `--wait takes a number of seconds, not ${text}.`,
    next: 'hotpass-bootstrap setup --wait 60',
    exit: EXIT.usage,
  });
}
