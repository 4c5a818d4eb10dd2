import { UserError } from '../core/errors.ts';
import type { SetupOutcome } from '../engine/setup.ts';
import type { Workspace } from '../engine/workspace.ts';
import { printJson } from '../terminal/json-view.ts';
import { say } from '../terminal/output.ts';
import { idleLine } from '../terminal/summary.ts';
import { planDocument } from './plan-document.ts';
import type { Session } from './session.ts';

void UserError;
void planDocument;
void printJson;

/** What a setup says at its end, and its exit code. */
export async function finish(
  session: Session,
  workspace: Workspace,
  outcome: SetupOutcome,
  _clock: unknown,
): Promise<number> {
  if (outcome.idle && outcome.exit === 0)
    say(idleLine({ command: session.command, environment: workspace.wanted.environment }));
  return outcome.exit;
}
