import { EXIT, UserError } from '../core/errors.ts';
import { commandEnvironment } from '../steps/command-environment.ts';
import { runForeground } from '../system/foreground.ts';
import type { Invocation } from './parse.ts';
import { openSession, requireApproved, workspaceOf } from './session.ts';

/** `run [--] CMD…`: the caller's environment, this environment's settings, declared secrets last. */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const { options, args } = invocation;
  if (options.json) {
    throw new UserError({
      message: 'run does not take --json: its output is that of the command it runs.',
      next: 'hotpass-bootstrap run --help',
      exit: EXIT.usage,
    });
  }
  if (args.length === 0) {
    throw new UserError({
      message: 'run needs a command to run.',
      next: 'hotpass-bootstrap run -- python --version',
      exit: EXIT.usage,
    });
  }
  const session = await openSession(invocation, abort);
  const workspace = await workspaceOf(session);
  if (!workspace.linked || workspace.grown.length > 0) await requireApproved(session, workspace);
  const injection =
    workspace.wanted.secrets.length === 0
      ? { variables: {}, remove: [] }
      : await (await import('./secret-values.ts')).gatherSecrets(session, workspace);
  const env = commandEnvironment(workspace.wanted, session, injection);
  return runForeground(args, env);
}
