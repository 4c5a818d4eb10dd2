import { UserError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { realPath } from '../system/files.ts';

/** Commands that mean the same in every folder: ours, those of the machine, and those of the shell itself. */
const ANYWHERE =
  /^(hotpass-bootstrap|sudo|df|echo|export|unset|ulimit|\S*uv (--version|cache|python (list|install)))\b/;
/** A path that says itself where it begins. */
const PLACED = /(^|[\s'"=])(\/|~|\$HOME)/;

/**
 * A command of a step, which is meant for the workspace's root, as it can be typed in the folder this run began in: with
 * `-C`, or below the root, that is another one.
 */
export function fromHere(root: string, command: string): string {
  if (realPath('.') === root || ANYWHERE.test(command) || PLACED.test(command)) return command;
  return `cd ${quoteWord(root)} && ${command}`;
}

export function findingFromHere(root: string, finding: Finding): Finding {
  if (!finding.fix) return finding;
  return { ...finding, fix: { ...finding.fix, command: fromHere(root, finding.fix.command) } };
}

/** The same for the next command of an error; what is no plain error of a step comes back as it is. */
export function errorFromHere(root: string, error: unknown): unknown {
  if (!(error instanceof UserError) || error.constructor !== UserError || error.next === undefined) return error;
  const next = fromHere(root, error.next);
  if (next === error.next) return error;
  const { message, why, exit, id, details, lines } = error;
  return new UserError({ message, cause: why, next, exit, details, lines, ...(id === undefined ? {} : { id }) });
}
