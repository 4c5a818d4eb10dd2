import type { Env } from '../../system/environment.ts';
import { isCI } from '../interactive.ts';

/** CI services that are spoken to in their own words; `other` gets plain lines. */
export type CiService = 'github' | 'gitlab' | 'other';

/** The CI service of this job; undefined outside CI. */
export function ciService(env: Env): CiService | undefined {
  if (!isCI(env)) return undefined;
  if (env['GITHUB_ACTIONS'] === 'true') return 'github';
  return env['GITLAB_CI'] === 'true' ? 'gitlab' : 'other';
}
