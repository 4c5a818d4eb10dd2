import { UserError } from '../core/errors.ts';
import { profilesPath } from '../prefect/profiles-path.ts';
import { decodeProfiles, type Profiles, readProfiles } from '../prefect/profiles-text.ts';
import type { Env } from '../system/environment.ts';
import { readBytes } from '../system/files.ts';
import type { UserPaths } from '../system/paths.ts';

/** `profiles.toml` as Prefect would read it. */
export interface ProfilesFile extends Profiles {
  path: string;
}

type Look = { readonly env: Env; readonly paths: UserPaths };

/**
 * Reads `profiles.toml`; undefined when there is none.
 * @throws UserError 78 (HB200, HB201) when Prefect could not read it either.
 */
export function readProfilesFile({ env, paths }: Look): ProfilesFile | undefined {
  const path = profilesPath(env, paths.home);
  const bytes = readBytes(path);
  return bytes === undefined ? undefined : { path, ...readProfiles(decodeProfiles(bytes, path), path) };
}

/** The same, and undefined for a file that cannot be read: that is told by another check. */
export function profilesIfReadable(look: Look): { file: ProfilesFile | undefined } | undefined {
  try {
    return { file: readProfilesFile(look) };
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
