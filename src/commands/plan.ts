import { EXIT } from '../core/errors.ts';
import { inOrder, makePlan, selectSteps } from '../engine/plan.ts';
import { STEPS } from '../steps/index.ts';
import { printJson } from '../terminal/json-view.ts';
import { contextOf } from './looking.ts';
import type { Invocation } from './parse.ts';
import { planDocument, stepNames } from './plan-document.ts';
import { printPlan } from './print-plan.ts';
import { openSession, openStore, workspaceOf } from './session.ts';
import { vaultBehind } from './store-behind.ts';

/** `plan`: what setup would change; downloads and changes nothing (contracts §3). */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const session = await openSession(invocation, abort);
  const workspace = await workspaceOf(session, { trustStamp: false });
  const { wanted, linked, grown } = workspace;
  const { options, answers } = session;
  const steps = selectSteps(STEPS, stepNames(options.only ?? answers.only), stepNames(options.skip ?? answers.skip));
  const approved = linked !== undefined && grown.length === 0;
  const { store: opened } = await openStore(session, wanted.root);
  const store = approved ? await vaultBehind(session, workspace, opened, () => true) : opened;
  const plan = await makePlan(steps, contextOf(session, workspace, store), workspace.loaded.findings);
  // An approval that is still to be given is a change like any other.
  const settled = inOrder(plan) && approved;
  if (options.json) printJson({ schema: 1, kind: 'plan', ...planDocument(workspace, plan, settled) });
  else if (!options.quiet || !settled) printPlan(session, workspace, plan);
  return settled ? EXIT.ok : EXIT.pending;
}
