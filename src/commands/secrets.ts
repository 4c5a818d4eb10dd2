import { EXIT, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import { looksSecret } from '../core/redact.ts';
import type { Invocation } from './parse.ts';
import { openSession, workspaceOf } from './session.ts';
import { actionNames } from './spec.ts';

/** `secrets list|set|get|remove|where|repair|import|scan|pull|push|rotate|check [NAME]`. */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const [action = 'list', name, ...rest] = invocation.args;
  const actions = actionNames(invocation.command);
  if (!actions.includes(action)) throw unknownAction(action, actions);
  if (rest.length > 0) throw await oneNameOnly(action, name ?? '');
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
    case 'import':
      return (await import('./secrets-import.ts')).importCommand(session, workspace, name);
    case 'scan':
      return (await import('./secrets-scan.ts')).scanSecrets(session, workspace);
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

function unknownAction(action: string, actions: readonly string[]): UserError {
  const near = nearest(action, actions);
  return new UserError({
    message: /^[a-z-]{1,20}$/.test(action) ? `secrets cannot ${action}.` : 'secrets cannot do that.',
    cause: `It can ${actions.join(', ')}.`,
    next: near ? `hotpass-bootstrap secrets ${near}` : 'hotpass-bootstrap secrets --help',
    exit: EXIT.usage,
  });
}

/** What stands behind the name may be a value, so it is not repeated; nor is a name that may be one. */
async function oneNameOnly(action: string, name: string): Promise<UserError> {
  const { entryName } = await import('../manifest/rules.ts');
  const stores = action === 'set' || action === 'rotate';
  const isPlain = entryName(name) === undefined && !looksSecret(name);
  return new UserError({
    message: stores
      ? `secrets ${action} takes the name alone; a value is never an argument.`
      : `secrets ${action} takes one name at most.`,
    cause: stores
      ? 'Other programs can read arguments, and the shell remembers them. The value comes from a prompt, or from standard input.'
      : 'Anything more is not looked at.',
    next:
      stores && isPlain ? `hotpass-bootstrap secrets ${action} ${name}` : `hotpass-bootstrap secrets ${action} --help`,
    exit: EXIT.usage,
  });
}
