import type { FindingId } from './findings.ts';

/** Exit codes of the command line (design §2). Stable: other programs read them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  pending: 2,
  inputNeeded: 3,
  usage: 64,
  unreachable: 69,
  locked: 75,
  invalid: 78,
  runFailed: 125,
  notExecutable: 126,
  notFound: 127,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface UserErrorParts {
  /** One sentence: what happened. */
  message: string;
  /** Why, in one sentence. May be empty when the message says it all. */
  cause?: string;
  /** The command to type next, runnable as it stands. */
  next?: string;
  exit: ExitCode;
  id?: FindingId;
  /** Particulars of ours, one a line, shown under the cause. */
  details?: readonly string[];
  /** The failing child's own last lines, shown under that. */
  lines?: readonly string[];
  /** What of the manifest it is about: keys from its top. */
  at?: readonly (string | number)[];
}

/** A failure a person can act on. Anything else that is thrown is a bug of ours. */
export class UserError extends Error {
  readonly exit: ExitCode;
  readonly why: string;
  readonly next: string | undefined;
  readonly id: FindingId | undefined;
  readonly details: readonly string[];
  readonly lines: readonly string[];
  readonly at: readonly (string | number)[] | undefined;

  constructor(parts: UserErrorParts) {
    super(parts.message);
    this.name = 'UserError';
    this.exit = parts.exit;
    this.why = parts.cause ?? '';
    this.next = parts.next;
    this.id = parts.id;
    this.details = parts.details ?? [];
    this.lines = parts.lines ?? [];
    this.at = parts.at;
  }
}

/** A question had to be asked and nobody could answer it (exit 3). */
export class InputNeeded extends UserError {
  constructor(parts: Omit<UserErrorParts, 'exit'>) {
    super({ ...parts, exit: EXIT.inputNeeded });
    this.name = 'InputNeeded';
  }
}

/** The person or the system stopped us: Ctrl-C (130) or SIGTERM (143). */
export class Interrupted extends UserError {
  constructor(signal: 'SIGINT' | 'SIGTERM' = 'SIGINT') {
    super({
      message: signal === 'SIGINT' ? 'Stopped by Ctrl-C.' : 'Stopped by SIGTERM.',
      exit: signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated,
    });
    this.name = 'Interrupted';
  }
}

/** Which of several failures decides the exit code: the first that applies (design §2). */
const PRECEDENCE: readonly ExitCode[] = [130, 143, 78, 3, 75, 69, 1];

/**
 * The exit code of a run in which several things failed.
 * @param codes exit codes of the failures; an empty list is success.
 */
export function worstExit(codes: readonly ExitCode[]): ExitCode {
  return PRECEDENCE.find(code => codes.includes(code)) ?? codes[0] ?? EXIT.ok;
}

/** The exit code that an arbitrary thrown value stands for; a bug counts as a failed step. */
export function exitOf(error: unknown): ExitCode {
  return error instanceof UserError ? error.exit : EXIT.failed;
}

/** The code of a Node system error (`ENOENT`, …), or undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
