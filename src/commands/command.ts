import type { Invocation } from './parse.ts';

/** What a command's file exports. */
export interface CommandModule {
  /** @returns the exit code. Throws UserError for what a person can mend. */
  execute(invocation: Invocation, abort: AbortController): Promise<number>;
}
