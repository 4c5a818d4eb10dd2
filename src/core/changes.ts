import type { Writer } from './ids.ts';

/** One thing that a run would do, as people and programs see it (contracts §2). */
export interface Change {
  step: Writer;
  /** Stable within its step: `profile`, `active`, `task:git hooks`. */
  key: string;
  action: 'add' | 'change' | 'remove' | 'run';
  target: string;
  from?: string;
  to?: string;
  /** False when it can only be known later, "after uv is there". */
  certain: boolean;
  detail?: string;
}

/** The public fields of a change, for JSON, the journal and comparison; steps may carry more. */
export function publicChange(change: Change): Change {
  const { step, key, action, target, from, to, certain, detail } = change;
  return {
    step,
    key,
    action,
    target,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    certain,
    ...(detail === undefined ? {} : { detail }),
  };
}

/** Two changes are the same when they do the same thing to the same target. */
export function sameChange(a: Change, b: Change): boolean {
  return (
    JSON.stringify(publicChange({ ...a, certain: true })) === JSON.stringify(publicChange({ ...b, certain: true }))
  );
}
