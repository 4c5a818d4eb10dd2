import { publicChange } from '../core/changes.ts';
import { type OneStepRun, runOneStep } from '../engine/one-step-run.ts';
import { changesOf, type Plan } from '../engine/plan.ts';
import type { Linked, Step } from '../engine/step.ts';
import { refuseUntrusted } from '../engine/untrusted-event.ts';
import type { Workspace } from '../engine/workspace.ts';
import { clean } from '../terminal/clean.ts';
import { printJson } from '../terminal/json-view.ts';
import { say, windowSize } from '../terminal/output.ts';
import { findingBlock, planLines } from '../terminal/plan-view.ts';
import { goAhead } from './asking.ts';
import { contextOf } from './looking.ts';
import { openStore, type Session } from './session.ts';

/** What a no means. */
export const DECLINED = { undone: 'Nothing was changed', instead: 'hotpass-bootstrap profile list' };

export interface ProfileAction {
  action: 'use' | 'adopt';
  /** What is typed, without the name of the program: `profile use staging`. */
  call: string;
  step: Step;
  link: () => Promise<Linked>;
  /** Asks in place of the common confirmation; true when that answered everything. */
  beforehand?: () => Promise<boolean>;
}

/**
 * Shows the plan of `profile use` or `profile adopt`, has it confirmed, and carries it out.
 * @throws InputNeeded 3 when nobody can be asked, or the answer is no.
 */
export async function changeProfile(session: Session, workspace: Workspace, act: ProfileAction): Promise<OneStepRun> {
  refuseUntrusted(session.env, workspace.grown);
  const { store } = await openStore(session, workspace.wanted.root);
  const told = new Set<string>();
  const result = await runOneStep(act.step, workspace.linked, act.call, {
    look: linked => contextOf(session, { ...workspace, linked }, store, { recheck: true }),
    confirm: async plan => {
      showPlan(session, workspace, plan);
      for (const { message } of plan.findings) told.add(message);
      if (await act.beforehand?.()) return;
      await goAhead(session, {
        message: 'Go ahead?',
        ...DECLINED,
        next: `hotpass-bootstrap ${act.call} --yes`,
      });
    },
    link: act.link,
    emit: event => {
      if (event.type === 'note' && !session.options.quiet) say(clean(event.text));
    },
  });
  if (!session.options.json && !session.options.quiet) {
    const look = lookOf(session);
    for (const finding of result.findings) {
      if (finding.level !== 'info' && !told.has(finding.message))
        for (const line of findingBlock(finding, look)) say(line);
    }
  }
  return result;
}

/** What was done, as a document, or as sentences with what to type next. */
export function tellResult(
  session: Session,
  workspace: Workspace,
  act: ProfileAction,
  run: OneStepRun,
  said: string[],
): void {
  const { environment, prefect } = workspace.wanted;
  if (session.options.json) {
    const profile = prefect?.profile ?? null;
    const changes = run.changes.map(publicChange);
    const { findings } = run;
    printJson({
      schema: 1,
      kind: 'profile',
      action: act.action,
      environment,
      profile,
      changes,
      findings,
      run: run.run ?? null,
    });
    return;
  }
  if (!session.options.quiet) for (const line of said) say(clean(line));
}

function showPlan(session: Session, workspace: Workspace, plan: Plan): void {
  const { options, yes } = session;
  if (options.json || (options.quiet && yes)) return;
  const { workspace: name, environment } = workspace.wanted;
  const shown = { workspace: name, environment, changes: changesOf(plan), findings: plan.findings };
  for (const line of planLines(shown, lookOf(session))) say(line);
  say('');
}

function lookOf(session: Session) {
  return { style: session.style, width: windowSize().columns, command: session.command, home: session.paths.home };
}
