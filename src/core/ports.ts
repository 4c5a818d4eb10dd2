/** A question to the person. The terminal implements the port as a queue with one open question. */
export type Question =
  | { kind: 'confirm'; id: string; message: string; default: boolean }
  | { kind: 'select'; id: string; message: string; choices: readonly { value: string; label: string; hint?: string }[] }
  | {
      kind: 'secret';
      id: string;
      message: string;
      /** What it is. */
      description: string;
      /** Where to get it. */
      obtain?: string;
      optional: boolean;
      /** The command that gives it later, `hotpass-bootstrap …`; said when it is skipped. */
      later?: string;
      /** Says why a value will not do, or undefined when it will. */
      validate: (value: string) => string | undefined | Promise<string | undefined>;
    };

export type Answer = { kind: 'value'; value: string } | { kind: 'yes' } | { kind: 'no' } | { kind: 'skipped' };

/**
 * Asks and waits. Rejects with `InputNeeded` when nobody can answer, with `Interrupted` on Ctrl-C,
 * and with the signal's reason when the run is aborted.
 */
export type Ask = (question: Question, signal?: AbortSignal) => Promise<Answer>;
