import type { Ask } from '../core/ports.ts';
import type { Session } from './session.ts';

/**
 * The prompts of a command that shows no progress.
 * @param next the command that needs no answer, `hotpass-bootstrap …`; said where nobody can be asked.
 */
export async function openAsk({ interactive, style }: Session, next?: string): Promise<Ask> {
  const { noInputAsk, terminalAsk } = await import('../terminal/prompts.ts');
  return interactive ? terminalAsk({ style, emit: () => {} }) : noInputAsk(() => next);
}

/** A yes or no, answered beforehand by --yes. @throws InputNeeded where nobody can be asked. */
export async function confirmed(session: Session, message: string, next: string): Promise<boolean> {
  if (session.yes) return true;
  const ask = await openAsk(session, next);
  const answer = await ask({ kind: 'confirm', id: 'go-ahead', message, default: true }, session.abort.signal);
  return answer.kind === 'yes';
}
