import { githubMasks, masksAreRead } from '../system/github-env.ts';
import { sayRaw } from '../terminal/output.ts';
import type { Session } from './session.ts';

const registered = new Set<string>();

/** Has the runner of GitHub Actions mask these values in the log; each is told once. */
export function registerMasks(values: readonly string[]): void {
  const masks = values.flatMap(githubMasks).filter(mask => !registered.has(mask));
  for (const mask of masks) registered.add(mask);
  if (masks.length > 0) sayRaw(`${masks.join('\n')}\n`);
}

/**
 * Hides a value in all that a CI job says: in our own words, and where a runner of GitHub Actions reads what is said, in
 * everybody's. The streams of `run` and `measure` are their program's, which is masked on its way through us.
 */
export function hideInJob({ redactor, env, invocation }: Session, values: readonly string[]): void {
  for (const value of values) redactor.add(value);
  if (!invocation.command.passThrough && masksAreRead(env)) registerMasks(values);
}
