import { EXIT, InputNeeded, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import { linkForJournal } from '../engine/link.ts';
import type { Step } from '../engine/step.ts';
import type { Workspace } from '../engine/workspace.ts';
import { resolve } from '../manifest/resolve.ts';
import { originOf, sameOrigin } from '../secrets/origin.ts';
import { adoptStep, type MovingCredential, movingCredential } from '../steps/prefect/adopt.ts';
import { lookAtProfile } from '../steps/prefect/state.ts';
import { clean } from '../terminal/clean.ts';
import { goAhead } from './asking.ts';
import { contextOf } from './looking.ts';
import { changeProfile, DECLINED, type ProfileAction, tellResult } from './profile-change.ts';
import { openStore, type Session } from './session.ts';

/**
 * `profile adopt NAME`: takes a profile that somebody else made, or that holds a secret, into the care of this folder.
 * A credential in it goes to another server only when the person says so, never by --yes alone (security §3).
 * @throws UserError 64 for a name that no environment has; InputNeeded 3 naming what to type.
 */
export async function adoptCommand(session: Session, opened: Workspace, name: string | undefined): Promise<number> {
  const workspace = withProfile(opened, name);
  const { wanted } = workspace;
  const { prefect } = wanted;
  if (!prefect) throw new Error('an environment without a profile was chosen');
  const { store } = await openStore(session, wanted.root);
  const state = await lookAtProfile(contextOf(session, workspace, store, { recheck: true }), prefect, 0, true);
  if (state.comparison.state === 'absent') throw notThere(prefect.profile, state.path, wanted.environment);
  const moving = movingCredential(state, wanted);
  const act: ProfileAction = {
    action: 'adopt',
    call: `profile adopt ${prefect.profile}`,
    step: adoptStep as Step,
    link: async () => workspace.linked ?? linkForJournal(session.paths, workspace),
    ...(moving === undefined ? {} : { beforehand: () => allowCredential(session, act.call, moving) }),
  };
  const run = await changeProfile(session, workspace, act);
  const { secrets } = state.comparison;
  tellResult(session, workspace, act, run, [
    run.run === undefined
      ? `${prefect.profile} is looked after by this folder already, and is as the manifest wants it.`
      : `${prefect.profile} is as the manifest wants it; setup and undo look after it from now on.`,
    ...(secrets.length === 0 ? [] : [`${secrets.join(', ')} was left in ${state.path}, in the clear.`]),
    ...(run.run === undefined
      ? []
      : [`To go on: ${session.command} setup`, `To take it back: ${session.command} undo`]),
  ]);
  return EXIT.ok;
}

/** The workspace with the environment whose profile this is; the chosen one first. */
function withProfile(workspace: Workspace, name: string | undefined): Workspace {
  const { loaded } = workspace;
  const all = [workspace.wanted, ...loaded.environments.map(environment => resolve(loaded, { environment }))];
  const wanted = all.find(({ prefect }) => prefect && prefect.profile === name);
  if (wanted) return { ...workspace, wanted };
  const names = [...new Set(all.flatMap(({ prefect }) => (prefect ? [prefect.profile] : [])))];
  const near =
    name === undefined
      ? undefined
      : (all.find(each => each.environment === name)?.prefect?.profile ?? nearest(name, names));
  throw new UserError({
    id: 'HB531',
    message: name === undefined ? 'Which profile?' : `No environment of this workspace has a profile ${name}.`,
    cause: names.length === 0 ? 'Its environments have no Prefect profiles.' : `Its profiles are: ${names.join(', ')}.`,
    next: near === undefined ? 'hotpass-bootstrap profile list' : `hotpass-bootstrap profile adopt ${near}`,
    exit: EXIT.usage,
  });
}

function notThere(profile: string, path: string, environment: string): UserError {
  return new UserError({
    id: 'HB532',
    message: `There is no profile ${profile} in ${path}, so there is nothing to take over.`,
    cause: 'setup makes it, with what the manifest wants.',
    next: `hotpass-bootstrap setup --env ${environment}`,
    exit: EXIT.usage,
  });
}

/** @returns true when the person was asked, so that no other confirmation is needed. */
async function allowCredential(session: Session, call: string, moving: MovingCredential): Promise<boolean> {
  const { settings, from, to = 'no server' } = moving;
  const approved = (session.options.approveOrigin ?? []).some(url => sameOrigin(originOf(url) ?? url, to));
  if (approved) return false;
  const what = settings.join(', ');
  const next = `hotpass-bootstrap ${call} --yes --approve-origin ${to}`;
  if (session.interactive) {
    const message = `${what} in this profile would then be sent to ${to}, not to ${from ?? 'no server'}. Is that right?`;
    await goAhead(session, { message: clean(message), default: false, ...DECLINED, next, yes: false });
    return true;
  }
  throw new InputNeeded({
    id: 'HB533',
    message: `${what} in this profile would be sent to ${to}, not to ${from ?? 'no server'} as until now.`,
    cause: 'A credential goes to another server only when you say so, and --yes does not say it.',
    next,
  });
}
