import { changesOf, type Plan } from '../engine/plan.ts';
import type { Workspace } from '../engine/workspace.ts';
import { partOf } from '../terminal/looked-at.ts';
import { print, windowSize } from '../terminal/output.ts';
import { planLines } from '../terminal/plan-view.ts';
import { resultStyle, type Session } from './session.ts';

/** Shows a plan as a result: `plan`, and `setup --dry-run`. */
export function printPlan(session: Session, { wanted, grown }: Workspace, plan: Plan): void {
  const shown = {
    workspace: wanted.workspace,
    environment: wanted.environment,
    changes: changesOf(plan),
    approvals: grown,
    needs: plan.missing,
    findings: plan.findings,
    part: partOf(plan.steps.map(({ step }) => step.id)),
  };
  const { command, paths } = session;
  const look = { style: resultStyle(session), width: windowSize().columns, command, home: paths.home };
  for (const line of planLines(shown, look)) print(line);
}
