import { InputNeeded } from '../core/errors.ts';
import type { Ask } from '../core/ports.ts';
import type { Session } from './session.ts';

/**
 * The prompts of a command that shows no progress.
 * @param next the command that needs no answer, `hotpass-bootstrap …`; said where nobody can be asked.
 */
export async function openAsk({ interactive, style, command }: Session, next?: string): Promise<Ask> {
  const { noInputAsk, terminalAsk } = await import('../terminal/prompts.ts');
  return interactive ? terminalAsk({ style, command, emit: () => {} }) : noInputAsk(() => next);
}

/**
 * A yes or no after which a command goes on either way, answered beforehand by --yes.
 * @throws InputNeeded where nobody can be asked.
 */
export async function confirmed(session: Session, message: string, next: string): Promise<boolean> {
  return session.yes || isYes(session, message, true, next);
}

interface Going {
  message: string;
  /** The answer of Enter alone; yes when left out. */
  default?: boolean;
  /** What a no means, without a full stop: `Nothing was changed`. */
  undone: string;
  /** Why this is asked; said with `undone`. */
  cause?: string;
  /** The command that does it without asking, `hotpass-bootstrap … --yes`. */
  next: string;
  /** What is typed after a no; `next` when left out. */
  instead?: string;
  /** Was it answered beforehand? By --yes and what implies it (design §2), when left out. */
  yes?: boolean;
}

/** Asks once before a command changes anything. @throws InputNeeded (3) for a no, and where nobody can be asked. */
export async function goAhead(session: Session, going: Going): Promise<void> {
  const { message, undone, cause, next, instead = next, yes = session.yes } = going;
  if (yes) return;
  if (!session.interactive) {
    throw new InputNeeded({
      message: `${undone}: nobody can be asked here.`,
      cause: cause ?? 'Standard input or standard error is not a terminal, and no flag answers for you.',
      next,
    });
  }
  if (await isYes(session, message, going.default ?? true, next)) return;
  throw new InputNeeded({ message: `${undone}.`, cause: cause ?? 'It was not confirmed.', next: instead });
}

async function isYes(session: Session, message: string, byDefault: boolean, next: string): Promise<boolean> {
  const ask = await openAsk(session, next);
  const answer = await ask({ kind: 'confirm', id: 'go-ahead', message, default: byDefault }, session.abort.signal);
  return answer.kind === 'yes';
}
