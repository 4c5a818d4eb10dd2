import { EXIT, exitOf, InputNeeded, UserError } from '../core/errors.ts';
import { EventStream } from '../core/events.ts';
import type { StepId } from '../core/ids.ts';
import type { Ask } from '../core/ports.ts';
import { changesOf, selectSteps } from '../engine/plan.ts';
import { type SetupOutcome, type SetupPorts, setup } from '../engine/setup.ts';
import type { Step } from '../engine/step.ts';
import type { Workspace } from '../engine/workspace.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { RunClock } from '../onboarding/run-clock.ts';
import { STEPS } from '../steps/index.ts';
import { startTrace } from '../system/trace.ts';
import { say, windowSize } from '../terminal/output.ts';
import { keepSettled } from './keep.ts';
import type { Invocation } from './parse.ts';
import { stepNames } from './plan-document.ts';
import { checkBlockedOn, recordSetup } from './record.ts';
import { itemFor, openSession, openStore, type Session, workspaceOf } from './session.ts';
import { watch } from './watching.ts';

/** `setup`: bring the machine in order. With nothing to do it starts nothing but uv's own question. */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  checkBlockedOn(invocation.options.blockedOn);
  const trace = startTrace();
  const session = await openSession(invocation, abort);
  const workspace = await workspaceOf(session);
  const { env, paths, ci, interactive, options, answers } = session;
  const steps = selectSteps(STEPS, stepNames(options.only ?? answers.only), stepNames(options.skip ?? answers.skip));
  const { store } = await openStore(session, workspace.wanted.root);
  const events = new EventStream();
  const clock = new RunClock({ waits: question => waitingFor(question, workspace.wanted.secrets, steps) });
  events.listen(clock.listen);
  const watching = watch(session, events);
  const ports: SetupPorts = {
    ask: watching.ask,
    emit: events.emit,
    storeFor: () => store,
    itemFor: (linked, secret) => itemFor(linked, workspace.wanted.environment, secret),
    confirm: (plan, grown, again) => confirm(session, workspace, watching.ask, plan, grown, again),
  };
  let outcome: SetupOutcome;
  try {
    outcome = await setup(
      workspace,
      steps,
      {
        env,
        paths,
        ci,
        offline: options.offline === true,
        recheck: options.recheck === true,
        dryRun: options.dryRun === true,
        interactive,
        wait: seconds(options.wait) * 1000,
        breakLock: options.breakLock === true,
        joinId: options.link ?? answers.link,
        approvedOrigins: options.approveOrigin ?? [],
        signal: abort.signal,
      },
      ports,
    );
  } catch (error) {
    await watching.stop();
    // A run that ended for want of a secret or a network is a part of the onboarding too.
    await recordSetup(session, workspace, clock, { exit: exitOf(error), ready: false, run: undefined });
    throw error;
  }
  await watching.stop();
  const { finish } = await import('./setup-end.ts');
  const exit = await finish(session, workspace, outcome, clock);
  await keepSettled(session, workspace, outcome, steps, trace);
  return exit;
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
async function confirm(
  session: Session,
  workspace: Workspace,
  ask: Ask,
  plan: Parameters<SetupPorts['confirm']>[0],
  grown: readonly string[],
  again: boolean,
): Promise<boolean> {
  const { options, style, command, interactive, yes } = session;
  if (!options.json && !(options.quiet && yes)) {
    const { planLines } = await import('../terminal/plan-view.ts');
    const { workspace: name, environment } = workspace.wanted;
    const shown = {
      workspace: name,
      environment,
      changes: changesOf(plan),
      approvals: grown,
      needs: plan.missing,
      findings: plan.findings,
    };
    for (const finding of plan.findings) session.told.add(finding.message);
    for (const line of planLines(shown, { style, width: windowSize().columns, command })) say(line);
    say('');
  }
  if (yes) return true;
  if (!interactive) {
    throw new InputNeeded({
      message: 'The plan above was not carried out: nobody can be asked here.',
      cause: 'Standard input or standard error is no terminal, and no flag answers for you.',
      next: 'hotpass-bootstrap setup --yes',
    });
  }
  const message = again ? 'More is to be done than was shown before. Go ahead?' : 'Go ahead?';
  return (await ask({ kind: 'confirm', id: 'plan', message, default: true })).kind === 'yes';
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
