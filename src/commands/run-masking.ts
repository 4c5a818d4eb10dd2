import { maskTable } from '../core/mask.ts';
import type { Approved } from '../engine/workspace.ts';
import { givenByCaller } from '../secrets/given.ts';
import type { Injection } from '../secrets/inject.ts';
import { canBeHidden } from '../secrets/pattern.ts';
import type { Masked } from '../system/foreground.ts';
import { say } from '../terminal/output.ts';
import { terminals } from '../terminal/streams.ts';
import type { Session } from './session.ts';

/**
 * What `run` masks in the output of the program: in CI always, elsewhere with --redact and never on a terminal (a
 * program that finds a pipe in its place shows no colours and asks nothing).
 * @returns undefined when nothing is to be masked. Says what cannot be.
 */
export function maskedOutput(session: Session, { wanted }: Approved, injection: Injection): Masked | undefined {
  const { ci, env, options } = session;
  if (!ci && !options.redact) return undefined;
  const tell = (text: string): void => {
    if (!options.quiet) say(text);
  };
  const { stdoutTTY, stderrTTY } = terminals();
  const stdout = ci || !stdoutTTY;
  const stderr = ci || !stderrTTY;
  if (!stdout) tell('--redact: standard output is a terminal, and is left as it is.');
  const values: string[] = [];
  for (const secret of wanted.secrets) {
    // An index's password is not given to the program, but it stands in the environment that the caller gave us.
    const value = injection.variables[secret.env] ?? givenByCaller(secret, env);
    if (value === undefined) continue;
    if (canBeHidden(value)) values.push(value);
    else tell(`${secret.name} is not masked: it is too short or too common a word, and masking it would garble all.`);
  }
  const table = maskTable(values);
  return table && (stdout || stderr) ? { table, stdout, stderr } : undefined;
}
