import { isAbsolute, join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import type { Env } from '../system/environment.ts';
import type { Entry, WorkspaceSettings } from './workspace-settings.ts';

/**
 * Where `profiles.toml` is, as the process environment or the default says (facts prefect §2, security §4).
 * @param home the user's home directory.
 * @throws UserError 78 for a relative path, which would mean another file in each folder.
 */
export function profilesPath(env: Env, home: string): string {
  for (const [name, rest] of [
    ['PREFECT_PROFILES_PATH', ''],
    ['PREFECT_HOME', 'profiles.toml'],
  ] as const) {
    const value = env[name];
    if (!value) continue;
    if (isAbsolute(value)) return join(value, rest);
    throw new UserError({
      id: 'HB200',
      message: `${name} is ${value}, which is not an absolute path.`,
      cause: 'Prefect would look for its profiles in another place in each folder.',
      next: `export ${name}="$(cd ${quoteWord(value).replace(/^~/, '$HOME')} && pwd)"`,
      exit: EXIT.invalid,
    });
  }
  return join(home, '.prefect', 'profiles.toml');
}

/**
 * Refuses a workspace whose own files send Prefect to another `profiles.toml` (security §4): the profile written
 * where the environment says would be ignored, and a repository must not choose which file is edited.
 * @throws UserError 78 naming file and line.
 */
export function refuseRedirect(settings: WorkspaceSettings, env: Env): void {
  if (env['PREFECT_PROFILES_PATH']) return; // The environment beats every file.
  const moves = (entry: Entry): boolean =>
    entry.origin !== 'environment' &&
    (entry.name === 'PREFECT_PROFILES_PATH' || (entry.name === 'PREFECT_HOME' && !env['PREFECT_HOME']));
  const entry = settings.entries.find(moves);
  if (entry === undefined) return;
  const where = placeOf(entry);
  throw new UserError({
    id: 'HB200',
    message: `${where} moves Prefect's profiles to another file (${entry.written}).`,
    cause: 'A file of the workspace must not decide which profiles.toml is used; only your own environment may.',
    next:
      entry.line === undefined ? `grep -n -i prefect ${entry.origin}` : `sed -i.orig ${entry.line}d ${entry.origin}`,
    exit: EXIT.invalid,
  });
}

/** `prefect.toml line 3`, `the environment variable PREFECT_API_URL` */
export function placeOf(entry: Entry): string {
  if (entry.origin === 'environment') return `the environment variable ${entry.written}`;
  return entry.line === undefined ? entry.origin : `${entry.origin} line ${entry.line}`;
}
