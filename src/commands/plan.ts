import { EXIT } from '../core/errors.ts';
import { readContext } from '../engine/context.ts';
import { changesOf, inOrder, makePlan, selectSteps } from '../engine/plan.ts';
import type { Workspace } from '../engine/workspace.ts';
import type { SecretStore } from '../secrets/store.ts';
import { STEPS } from '../steps/index.ts';
import { printJson } from '../terminal/json-view.ts';
import { partOf } from '../terminal/looked-at.ts';
import { print, windowSize } from '../terminal/output.ts';
import { planLines } from '../terminal/plan-view.ts';
import { terminals } from '../terminal/streams.ts';
import { styleFor } from '../terminal/style.ts';
import type { Invocation } from './parse.ts';
import { planDocument, stepNames } from './plan-document.ts';
import { openSession, openStore, type Session, workspaceOf } from './session.ts';

/** `plan`: what setup would change; downloads and changes nothing (contracts §3). */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const session = await openSession(invocation, abort);
  const workspace = await workspaceOf(session, { trustStamp: false });
  const { wanted, linked, grown } = workspace;
  const { env, paths, ci, options, answers } = session;
  const steps = selectSteps(STEPS, stepNames(options.only ?? answers.only), stepNames(options.skip ?? answers.skip));
  const approved = linked !== undefined && grown.length === 0;
  const { store: opened } = await openStore(session, wanted.root);
  const store = approved ? await withVault(session, workspace, opened) : opened;
  const plan = await makePlan(
    steps,
    readContext({
      wanted,
      env,
      paths,
      linked,
      approved,
      ci,
      offline: options.offline === true,
      recheck: options.recheck === true,
      store,
      signal: abort.signal,
    }),
    workspace.loaded.findings,
  );
  // An approval that is still to be given is a change like any other.
  const settled = inOrder(plan) && approved;
  if (options.json) printJson({ schema: 1, kind: 'plan', ...planDocument(workspace, plan, settled) });
  else if (!options.quiet || !settled) {
    const style = styleFor(env, { isTTY: terminals().stdoutTTY }, { noColor: !options.color });
    const look = { style, width: windowSize().columns, command: session.command, home: session.paths.home };
    const shown = {
      workspace: wanted.workspace,
      environment: wanted.environment,
      changes: changesOf(plan),
      approvals: grown,
      needs: plan.missing,
      findings: plan.findings,
      part: partOf(steps.map(({ id }) => id)),
    };
    for (const line of planLines(shown, look)) print(line);
  }
  return settled ? EXIT.ok : EXIT.pending;
}

/** Where nothing is stored, Vault stands behind the variables, as in setup. */
async function withVault(session: Session, workspace: Workspace, store: SecretStore): Promise<SecretStore> {
  if (store.name !== 'environment') return store;
  return (await import('./vault-access.ts')).withVaultBehind(session, workspace, store, () => true);
}
