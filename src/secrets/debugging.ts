import { EXIT, UserError } from '../core/errors.ts';
import type { Env } from '../system/environment.ts';

const LEAKING_OPTION = /inspect|report|heap|trace|require|import|loader|(?:^|\s)-r\b/i;

/**
 * Refuses to open a store while Node is told to print or dump what a process holds (security §5; tried: NODE_DEBUG
 * prints what the worker answers).
 * @throws UserError 78.
 */
export function refuseDebugging(env: Env): void {
  const debug = env['NODE_DEBUG'] ? 'NODE_DEBUG' : env['NODE_DEBUG_NATIVE'] ? 'NODE_DEBUG_NATIVE' : undefined;
  const options = LEAKING_OPTION.test(env['NODE_OPTIONS'] ?? '') ? 'NODE_OPTIONS' : undefined;
  const name = debug ?? options;
  if (name === undefined) return;
  throw new UserError({
    id: 'HB310',
    message: `No secret is read or stored while ${name} is set as it is.`,
    cause:
      name === 'NODE_OPTIONS'
        ? "It loads code into Node or makes it write out its memory; an editor's auto-attach does that too."
        : 'It makes Node print what passes between processes, and that would be the secrets.',
    next: `unset ${[debug, options].filter(Boolean).join(' ')}`,
    exit: EXIT.invalid,
  });
}
