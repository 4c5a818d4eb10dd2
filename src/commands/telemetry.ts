import { EXIT, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import type { Invocation } from './parse.ts';
import { openSession } from './session.ts';
import { actionNames } from './spec.ts';

/** `telemetry status|on|off|show|flush`. */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const [action = 'status', ...rest] = invocation.args;
  const actions = actionNames(invocation.command);
  const { endpoint, token } = invocation.options;
  if (!actions.includes(action) || rest.length > 0) throw unknownAction(action, actions);
  if (action !== 'on' && (endpoint !== undefined || token)) throw onlyForOn(action);
  const session = await openSession(invocation, abort);
  switch (action) {
    case 'on':
      return (await import('./telemetry-on.ts')).switchOn(session);
    case 'off':
      return (await import('./telemetry-on.ts')).switchOff(session);
    case 'show':
      return (await import('./telemetry-show.ts')).show(session);
    case 'flush':
      return (await import('./telemetry-flush.ts')).flush(session);
    default:
      return (await import('./telemetry-status.ts')).status(session);
  }
}

function unknownAction(action: string, actions: readonly string[]): UserError {
  const known = actions.includes(action);
  const near = known ? action : nearest(action, actions);
  return new UserError({
    message: known ? `telemetry ${action} takes no more words.` : `telemetry cannot ${action}.`,
    cause: known ? 'An endpoint is named by --endpoint.' : `It can ${actions.join(', ')}.`,
    next: near === undefined || known ? 'hotpass-bootstrap telemetry --help' : `hotpass-bootstrap telemetry ${near}`,
    exit: EXIT.usage,
  });
}

function onlyForOn(action: string): UserError {
  return new UserError({
    message: `telemetry ${action} takes neither --endpoint nor --token.`,
    cause: 'They belong to telemetry on, which is where an endpoint is agreed to.',
    next: 'hotpass-bootstrap telemetry on --help',
    exit: EXIT.usage,
  });
}
