import type { Env } from './environment.ts';

/** Holds, as JSON, the variables that an earlier step's setup gave to the later steps of a job. */
export const EXPORTED = 'HOTPASS_BOOTSTRAP_EXPORTED';

/**
 * The environment as the job has it, without what an earlier setup exported: settings for one environment are no
 * choice of the person who then asks for another. A value that was changed since is theirs.
 */
export function withoutExported(env: Env): Env {
  if (!env[EXPORTED]) return env;
  const out: Record<string, string | undefined> = { ...env };
  delete out[EXPORTED];
  for (const [name, value] of Object.entries(exportedBefore(env))) if (out[name] === value) delete out[name];
  return out;
}

/** What earlier steps of the job exported, by name. */
export function exportedBefore(env: Env): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(env[EXPORTED] ?? '');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
