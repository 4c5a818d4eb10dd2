import { UserError } from '../core/errors.ts';
import { readProfilesFile } from '../prefect/profiles-reading.ts';
import type { Profiles } from '../prefect/profiles-text.ts';
import type { Env } from '../system/environment.ts';
import type { UserPaths } from '../system/paths.ts';

/** A `profiles.toml` that is there, as Prefect would read it. */
export interface ProfilesThere extends Profiles {
  path: string;
}

type Look = { readonly env: Env; readonly paths: UserPaths };

/**
 * Reads `profiles.toml`; undefined when there is none.
 * @throws UserError 78 (HB200, HB201, HB217) when Prefect could not read it either.
 */
export async function profilesThere(look: Look): Promise<ProfilesThere | undefined> {
  const { path, text, found } = await readProfilesFile(look);
  return text === undefined ? undefined : { path, ...found };
}

/** The same, and undefined for a file that cannot be read: that is told by another check. */
export async function profilesIfReadable(look: Look): Promise<{ file: ProfilesThere | undefined } | undefined> {
  try {
    return { file: await profilesThere(look) };
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
