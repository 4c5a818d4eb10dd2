import type { Workspace } from '../engine/workspace.ts';
import type { Session } from './session.ts';

/** May this call show the wizard's screens? Only to a person who did not ask for less. */
export function hasWizard(session: Session): boolean {
  const { interactive, yes, options } = session;
  return interactive && !yes && options.quiet !== true && options.dryRun !== true;
}

/** Is the environment still to be chosen: several, none given for this call, and none remembered? */
export function needsEnvironment(session: Session, { loaded, record }: Workspace): boolean {
  const { options, answers, env } = session;
  const given = options.env ?? (env['HOTPASS_BOOTSTRAP_ENV'] || undefined) ?? answers.environment;
  const remembered = record?.environment !== undefined && loaded.environments.includes(record.environment);
  return given === undefined && !remembered && loaded.environments.length > 1;
}
