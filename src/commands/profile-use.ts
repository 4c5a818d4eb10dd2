import { EXIT } from '../core/errors.ts';
import type { Step } from '../engine/step.ts';
import type { Workspace } from '../engine/workspace.ts';
import { useStep } from '../steps/prefect/use.ts';
import { changeProfile, type ProfileAction, tellResult } from './profile-change.ts';
import { nameFromNow, requireLinked, type Session } from './session.ts';

/**
 * `profile use ENV`: remembers the environment for this folder (CI never) and makes its profile the one that Prefect
 * uses by itself.
 * @throws InputNeeded 3 in a folder that setup has not linked, or whose manifest has grown.
 */
export async function useCommand(session: Session, workspace: Workspace): Promise<number> {
  const { wanted, record } = workspace;
  const linked = requireLinked(workspace, `hotpass-bootstrap setup --env ${wanted.environment}`);
  const { environment, prefect } = wanted;
  const act: ProfileAction = {
    action: 'use',
    call: `profile use ${environment}`,
    step: useStep({ environment: record?.environment, keep: !session.ci }) as Step,
    link: async () => linked,
  };
  const run = await changeProfile(session, workspace, act);
  const now = nameFromNow(session);
  const active = prefect ? `; ${prefect.profile} is the active profile of Prefect` : '';
  tellResult(session, workspace, act, run, [
    session.ci
      ? `${environment} is not remembered in CI${active}.`
      : `${environment} is the environment of this folder${active}.`,
    ...(run.run === undefined ? [] : [`To bring the rest in step: ${now} setup`, `To take it back: ${now} undo`]),
  ]);
  return EXIT.ok;
}
