import { EXIT, Interrupted } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import type { Ask } from '../core/ports.ts';
import type { SetupOutcome } from '../engine/setup.ts';
import type { Workspace } from '../engine/workspace.ts';
import type { RunClock } from '../onboarding/run-clock.ts';
import { commandName } from '../system/command-name.ts';
import { safePath } from '../system/environment.ts';
import { partOf } from '../terminal/looked-at.ts';
import { say, windowSize } from '../terminal/output.ts';
import { idleLine, summaryLines } from '../terminal/summary.ts';
import { wrap } from '../terminal/text.ts';
import { planDocument } from './plan-document.ts';
import { isItsEnd, recordSetup } from './record.ts';
import { nameFromNow, type Session } from './session.ts';
import { onboardingLine, readyRows } from './setup-ready.ts';
import { hasWizard } from './wizard-needs.ts';

/** How a setup was carried out, as far as its last words depend on it. */
export interface Carried {
  /** Name of the store its secrets are in. */
  store: string;
  /** Names of the secrets that are to be given later. */
  left: readonly string[];
  /** Asks the person; the run itself is over. */
  ask: Ask;
}

/** What a setup says at its end, what it records, and its exit code. */
export async function finish(
  session: Session,
  workspace: Workspace,
  outcome: SetupOutcome,
  clock: RunClock,
  { store, left, ask }: Carried,
): Promise<number> {
  const { options, style, redactor } = session;
  const idle = outcome.idle && outcome.exit === EXIT.ok;
  const ready = outcome.exit === EXIT.ok && outcome.plan.steps.some(({ step }) => step.id === 'readiness');
  const parts = clock.parts();
  const isNews = !idle || (ready && isItsEnd(session, workspace.wanted.root));
  const episode = !isNews
    ? undefined
    : await recordSetup(session, workspace, clock, ask, { exit: outcome.exit, ready, run: outcome.run });
  if (options.json) {
    const { printJson } = await import('../terminal/json-view.ts');
    printJson(document(workspace, outcome, parts), redactor.clean);
    if (outcome.exit === EXIT.ok || outcome.failures.length === 0) return outcome.exit;
  }
  if (idle) {
    if (!options.quiet) {
      const part = partOf(outcome.plan.steps.map(({ step }) => step.id));
      say(idleText(session, workspace, outcome.findings, part));
    }
    return EXIT.ok;
  }
  if (options.dryRun) {
    const { printPlan } = await import('./print-plan.ts');
    printPlan(session, workspace, outcome.plan);
    return outcome.exit;
  }
  await sayFindings(session, outcome);
  if (outcome.exit !== EXIT.ok) {
    await sayFailures(session, outcome);
    return outcome.exit;
  }
  if (options.quiet) return EXIT.ok;
  const ms = { elapsed: parts.elapsed * 1000, machine: parts.machine * 1000, prompt: parts.prompt * 1000 };
  const look = { style, width: windowSize().columns };
  const { template } = workspace;
  // This very run may have put the command on PATH.
  const now = nameFromNow(session);
  if (left.length > 0) {
    for (const line of summaryLines(ms, undefined, look)) say(line);
    say('');
    for (const line of wrap(`Still to be given: ${left.join(', ')}. When the keychain works:`, look.width)) say(line);
    say(`  ${style.command(`${now} setup`)}`);
    return EXIT.ok;
  }
  const next = [
    { command: `${now} run -- python`, what: 'runs a program with these settings' },
    { command: `${now} undo`, what: 'takes back what this run changed' },
    ...(template === undefined
      ? []
      : [
          {
            command: `${now} init --template ${template}`,
            what: 'writes the template into the project, for everybody',
          },
        ]),
  ];
  const rows = ready && hasWizard(session) ? readyRows(workspace, store, episode, session.env) : [];
  for (const line of summaryLines(ms, ready ? next : undefined, look, rows)) say(line);
  const story = rows.length > 0 ? undefined : onboardingLine(episode, workspace);
  if (story !== undefined) say(story);
  return EXIT.ok;
}

/**
 * The one line of a run with nothing to do. Its warnings are counted, not told.
 * @param part what it can speak for, where that is not everything.
 */
export function idleText(session: Session, workspace: Workspace, findings: readonly Finding[], part?: string): string {
  const { env } = session;
  // The command may have come onto PATH in this very run.
  const path = safePath(env, '');
  const line = idleLine({ command: commandName(env, path), environment: workspace.wanted.environment, part });
  const many = findings.filter(finding => finding.level !== 'info').length;
  return many === 0
    ? line
    : `${line}; ${many} thing${many === 1 ? '' : 's'} worth knowing: ${nameFromNow(session)} plan`;
}

async function sayFindings(session: Session, outcome: SetupOutcome): Promise<void> {
  const shown = outcome.findings.filter(({ level, message }) => level === 'warn' && !session.told.has(message));
  if (shown.length === 0 || session.options.quiet) return;
  const { findingBlock } = await import('../terminal/plan-view.ts');
  const look = { style: session.style, width: windowSize().columns, command: nameFromNow(session) };
  say('');
  for (const finding of shown) for (const line of findingBlock(finding, look)) say(line);
  say('');
}

/** The view has shown the failures; where nobody watched they are told now. The last line names what to type. */
async function sayFailures(session: Session, outcome: SetupOutcome): Promise<void> {
  const { options, style, redactor } = session;
  const command = nameFromNow(session);
  const stopped = outcome.failures.filter(failure => failure instanceof Interrupted).slice(0, 1);
  const others = outcome.failures.filter(failure => !(failure instanceof Interrupted));
  const untold = options.quiet || options.json ? [...others, ...stopped] : stopped;
  if (untold.length > 0) {
    const { renderError } = await import('../terminal/errors-view.ts');
    for (const failure of untold) {
      for (const line of renderError(failure, { style, command, redact: redactor.clean })) say(line);
    }
  }
  say(`What was done stays. To go on: ${style.command(`${command} setup`)}`);
}

function document(
  workspace: Workspace,
  outcome: SetupOutcome,
  parts: { elapsed: number; machine: number; prompt: number },
) {
  return {
    schema: 1,
    kind: 'setup',
    ...planDocument(workspace, outcome.plan, outcome.idle && outcome.exit === EXIT.ok, outcome.findings),
    steps: outcome.results.map(({ id, status, ms }) => ({ id, status, ms: Math.round(ms) })),
    durations: { elapsed: parts.elapsed, machine: parts.machine, prompt: parts.prompt, blocked: 0 },
    run: outcome.run ?? null,
    exit: outcome.exit,
  };
}
