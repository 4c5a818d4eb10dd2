import { STEP_IDS, type StepId } from '../core/ids.ts';

/**
 * What a run with `--only` or `--skip` can speak for, in a few words.
 * @returns undefined when every step was looked at.
 */
export function partOf(steps: readonly StepId[]): string | undefined {
  const left = STEP_IDS.filter(id => !steps.includes(id));
  if (left.length === 0) return undefined;
  if (steps.length === 0) return 'nothing was looked at';
  return steps.length <= left.length ? `only ${were(steps)} looked at` : `${were(left)} not looked at`;
}

/** `uv was`, `uv and python were`. */
function were(ids: readonly StepId[]): string {
  const [last = '', ...before] = [...ids].reverse();
  return before.length === 0 ? `${last} was` : `${before.reverse().join(', ')} and ${last} were`;
}
