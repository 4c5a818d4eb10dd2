import { EXIT, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import { newRunId } from '../engine/journal.ts';
import { findRecord, linkedOf, readRegistry } from '../engine/registry.ts';
import type { Workspace } from '../engine/workspace.ts';
import { blockedOn, countsAsOnboarding } from '../onboarding/episode.ts';
import { BLOCKED_ON, type BlockedOn, type EpisodeParts } from '../onboarding/events.ts';
import { openLedger } from '../onboarding/ledger.ts';
import { recordRun } from '../onboarding/record.ts';
import type { RunClock } from '../onboarding/run-clock.ts';
import type { Session } from './session.ts';

/**
 * Records how long a setup took, in the ledger of the workspace if it is linked by now.
 * @returns the parts of the onboarding that this run completed. Recording is never a reason to fail.
 */
export async function recordSetup(
  session: Session,
  workspace: Workspace,
  clock: RunClock,
  end: { exit: number; ready: boolean; run: string | undefined },
): Promise<EpisodeParts | undefined> {
  try {
    const { root } = workspace.wanted;
    const found = findRecord(readRegistry(session.paths), root);
    if (!found) return undefined;
    const { ci, agent, env } = session;
    return await recordRun(openLedger(linkedOf(session.paths, found.record).state), {
      run: end.run ?? newRunId(),
      started: clock.started,
      onboarding: countsAsOnboarding({ ci, agent, env }) ? { root } : undefined,
      parts: clock.parts(),
      steps: clock.steps,
      exit: end.exit,
      ready: end.ready,
      blockedOn: blockedOn(end.exit, session.options.blockedOn as BlockedOn | undefined),
    });
  } catch {
    return undefined;
  }
}

/** @throws UserError 64 for a reason that `--blocked-on` does not know. */
export function checkBlockedOn(reason: string | undefined): void {
  if (reason === undefined || (BLOCKED_ON as readonly string[]).includes(reason)) return;
  const near = nearest(reason, BLOCKED_ON);
  throw new UserError({
    message: `--blocked-on does not know ${reason}.`,
    cause: `The reasons are: ${BLOCKED_ON.join(', ')}.${near ? ` Did you mean ${near}?` : ''}`,
    next: 'hotpass-bootstrap setup --help',
    exit: EXIT.usage,
  });
}
