import type { RunEvent } from '../core/events.ts';
import type { Question } from '../core/ports.ts';
import { withCommand } from './errors-view.ts';
import type { HeldKeys } from './held-keys.ts';
import type { Live } from './live.ts';
import { MESSAGES } from './messages.ts';
import type { Style } from './style.ts';

/** Typed alone it opens the page where the secret is to be had; no secret is a question mark. */
export const OPEN_PAGE = '?';

export interface AskOptions {
  style: Style;
  /** Hears `question-opened` and `question-closed`. */
  emit: (event: RunEvent) => void;
  /** The live text that shares the screen with a prompt; looked up when a question opens. */
  live?: () => Live | undefined;
  /** Holds the terminal between questions; without it each question takes the terminal for itself. */
  keys?: HeldKeys;
  /** How this program is really called; default `hotpass-bootstrap`. */
  command?: string;
  /** The person's browser, where there is one. */
  browser?: Browser;
  /** What an unanswered question leads to, e.g. `hotpass-bootstrap setup --yes`. */
  next?: (question: Question) => string | undefined;
}

/** Opens the page where a secret is to be had. */
export interface Browser {
  /** The page that a text names, if it can be opened here. */
  pageOf: (text: string) => string | undefined;
  /** Resolves with whether it worked. */
  open: (page: string) => Promise<boolean>;
}

/** What is said of a secret that was not given, and the command that gives it later, if there is one. */
export function skippedText(question: Question, command = 'hotpass-bootstrap'): string[] {
  if (question.kind !== 'secret' || question.later === undefined) return [MESSAGES.skipped];
  return [`${MESSAGES.skipped}; ${MESSAGES.giveLater}`, `  ${withCommand(question.later, command)}`];
}
