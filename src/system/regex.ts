export type MatchOutcome = 'match' | 'no match' | 'timeout' | 'invalid';

const PROGRAM = 'new RegExp(pattern, "u").test(text)';

/**
 * Does the whole text match the pattern? A pattern of a stranger can take for ever (catastrophic backtracking), so
 * it runs with a time limit.
 * @param limit milliseconds.
 */
export function matchesWhole(pattern: string, text: string, limit = 100): MatchOutcome {
  const whole = `^(?:${pattern})$`;
  try {
    new RegExp(pattern, 'u');
    // Loaded here: a run that checks no value has no use for it.
    const { runInNewContext } = process.getBuiltinModule('node:vm');
    return runInNewContext(PROGRAM, { pattern: whole, text }, { timeout: limit }) ? 'match' : 'no match';
  } catch (error) {
    return (error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? 'timeout' : 'invalid';
  }
}
