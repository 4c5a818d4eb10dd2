import type { Ask } from '../core/ports.ts';
import { openAsk } from './asking.ts';
import type { Session } from './session.ts';

/** Short of this a passphrase is tried out in a day. */
const SHORTEST = 12;

/**
 * Asks for the passphrase of the sealed file; for a new one twice.
 * @param ask the port of a run that is under way; a prompt of its own when left out.
 * @param again the one before was wrong.
 * @throws InputNeeded, Interrupted when it is not given.
 */
export async function askPassphrase(
  session: Session,
  ask: Ask | undefined,
  kind: 'new' | 'open',
  again: boolean,
): Promise<string> {
  const put = ask ?? (await openAsk(session));
  const one = async (message: string, description: string, wrong: (value: string) => string | undefined) => {
    const question = { kind: 'secret', id: 'passphrase', message, description, optional: false } as const;
    const answer = await put({ ...question, validate: wrong }, session.abort.signal);
    if (answer.kind !== 'value') throw new Error('a passphrase was skipped');
    session.redactor.add(answer.value);
    return answer.value;
  };
  if (kind === 'open') {
    const message = again ? 'That passphrase does not open it. Once more' : 'Passphrase of your sealed file';
    return one(message, 'Your secrets are kept in it; the passphrase is kept nowhere.', () => undefined);
  }
  const chosen = await one(
    'A passphrase for your sealed file',
    `At least ${SHORTEST} characters. It is kept nowhere, and nobody can recover a forgotten one.`,
    value => ([...value].length < SHORTEST ? `It has fewer than ${SHORTEST} characters.` : undefined),
  );
  return one('The same passphrase again', 'So that a slip of the finger locks nothing away.', value =>
    value === chosen ? undefined : 'It differs from the first one.',
  );
}
