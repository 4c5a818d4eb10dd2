import { EXIT, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import type { Invocation } from './parse.ts';
import { openSession, workspaceOf } from './session.ts';
import { actionNames } from './spec.ts';

/** `secrets list|set|get|remove|where|pull|push|rotate|check [NAME]`. */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const [action = 'list', name, ...rest] = invocation.args;
  const actions = actionNames(invocation.command);
  if (!actions.includes(action) || rest.length > 0) throw unknownAction(action, actions, rest[0]);
  const session = await openSession(invocation, abort);
  const workspace = await workspaceOf(session);
  switch (action) {
    case 'list':
      return (await import('./secrets-list.ts')).listSecrets(session, workspace);
    case 'where': {
      const { use } = session.options;
      if (use !== undefined) return (await import('./secrets-use.ts')).useStore(session, workspace, use);
      return (await import('./secrets-where.ts')).whereSecrets(session, workspace);
    }
    case 'repair':
      return (await import('./secrets-repair.ts')).repairSecrets(session, workspace);
    case 'pull':
      return (await import('./secrets-pull.ts')).pullSecrets(session, workspace, name);
    case 'push':
      return (await import('./secrets-push.ts')).pushSecrets(session, workspace, name);
    case 'rotate':
      return (await import('./secrets-rotate.ts')).rotateSecret(session, workspace, name);
    case 'check':
      return (await import('./secrets-check.ts')).checkSecrets(session, workspace, name);
    default: {
      const { readSecret, removeSecret, setSecret } = await import('./secrets-item.ts');
      const act = { set: setSecret, get: readSecret, remove: removeSecret }[action as 'set' | 'get' | 'remove'];
      return act(session, workspace, name);
    }
  }
}

function unknownAction(action: string, actions: readonly string[], extra: string | undefined): UserError {
  const near = nearest(action, actions);
  return new UserError({
    message:
      extra === undefined
        ? /^[a-z-]{1,20}$/.test(action)
          ? `secrets cannot ${action}.`
          : 'secrets cannot do that.'
        : 'secrets takes one name; a value is never an argument.',
    cause:
      extra === undefined
        ? `It can ${actions.join(', ')}.`
        : 'Arguments can be read by every program on this machine; give the value on standard input.',
    next: near && extra === undefined ? `hotpass-bootstrap secrets ${near}` : 'hotpass-bootstrap secrets --help',
    exit: EXIT.usage,
  });
}
