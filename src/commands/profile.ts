import { EXIT, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import type { Invocation } from './parse.ts';
import { openSession, workspaceOf } from './session.ts';
import { actionNames } from './spec.ts';

/** `profile list`, `profile use ENV`, `profile adopt NAME`. */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const [action = 'list', name, ...rest] = invocation.args;
  const actions = actionNames(invocation.command);
  if (!actions.includes(action) || rest.length > 0 || (action === 'list' && name !== undefined)) {
    throw unknownAction(action, actions);
  }
  if (action === 'use') return useEnvironment(invocation, abort, name);
  const session = await openSession(invocation, abort);
  const workspace = await workspaceOf(session);
  if (action === 'list') return (await import('./profile-list.ts')).listCommand(session, workspace);
  return (await import('./profile-adopt.ts')).adoptCommand(session, workspace, name);
}

/** The name is that of an environment, so it is opened as with `--env`. */
async function useEnvironment(invocation: Invocation, abort: AbortController, name?: string): Promise<number> {
  const { options } = invocation;
  if (name === undefined || (options.env !== undefined && options.env !== name)) {
    throw new UserError({
      message: name === undefined ? 'Which environment?' : `profile use ${name} and --env ${options.env} disagree.`,
      cause: 'profile use takes the name of one environment of the manifest.',
      next: 'hotpass-bootstrap profile list',
      exit: EXIT.usage,
    });
  }
  const session = await openSession({ ...invocation, options: { ...options, env: name } }, abort);
  return (await import('./profile-use.ts')).useCommand(session, await workspaceOf(session));
}

function unknownAction(action: string, actions: readonly string[]): UserError {
  const known = actions.includes(action);
  const near = known ? action : nearest(action, actions);
  return new UserError({
    message: known ? `profile ${action} does not take that many words.` : `profile cannot ${action}.`,
    cause: known ? '' : `It can ${actions.join(', ')}.`,
    next: near === undefined || known ? 'hotpass-bootstrap profile --help' : `hotpass-bootstrap profile ${near}`,
    exit: EXIT.usage,
  });
}
