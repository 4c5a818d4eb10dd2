import { EXIT, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import { print } from '../terminal/output.ts';
import { SCRIPTS } from './completion-scripts.ts';
import type { Invocation } from './parse.ts';
import { actionNames } from './spec.ts';

/** `completion SHELL`: the text that makes a shell ask this program while a person types. Starts nothing. */
export async function execute({ command, args }: Invocation): Promise<number> {
  const [shell, ...more] = args;
  const script = more.length === 0 && shell !== undefined && isKnown(shell) ? SCRIPTS[shell] : undefined;
  if (script === undefined) throw unknownShell(shell, actionNames(command));
  print(script);
  return EXIT.ok;
}

function isKnown(shell: string): shell is keyof typeof SCRIPTS {
  return Object.hasOwn(SCRIPTS, shell);
}

function unknownShell(shell: string | undefined, known: readonly string[]): UserError {
  const near = shell === undefined ? undefined : nearest(shell, known);
  return new UserError({
    message: shell === undefined ? 'Which shell?' : `There is no completion for ${shell}.`,
    cause: near === undefined || near === shell ? `There is one for ${known.join(', ')}.` : `Did you mean ${near}?`,
    next: `hotpass-bootstrap completion ${near ?? '--help'}`,
    exit: EXIT.usage,
  });
}
