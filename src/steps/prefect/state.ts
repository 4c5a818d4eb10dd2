import { EXIT, UserError } from '../../core/errors.ts';
import { Redactor } from '../../core/redact.ts';
import type { Read } from '../../engine/step.ts';
import type { WantedPrefect } from '../../manifest/wanted.ts';
import { type ProfilesFile, readProfilesFile } from '../../prefect/profiles-reading.ts';
import { type Comparison, compareProfile, type Profiles, settingText } from '../../prefect/profiles-text.ts';
import { ownedNames } from './ownership.ts';

/** What stands in `profiles.toml`, against what is wanted. */
export interface ProfileState extends ProfilesFile {
  comparison: Comparison;
  /** Settings an earlier run wrote. */
  written: readonly string[];
  /** Did this workspace write the profile, or adopt it? */
  owned: boolean;
  /** The name that `active` has and that will do, or undefined when it is to be ours. */
  active: string | undefined;
}

/**
 * Reads `profiles.toml` and compares the wanted profile with what stands there.
 * @param size bytes it had when it was planned.
 * @param adopt the person takes the profile over, whoever made it.
 * @throws UserError 78 for a file Prefect cannot read either, a link that leads nowhere, a profile that is not ours.
 */
export async function lookAtProfile(ctx: Read, wanted: WantedPrefect, size = 0, adopt = false): Promise<ProfileState> {
  const file = await readProfilesFile(ctx, size);
  const { path, found } = file;
  const names = ownedNames(ctx.stamps, path, wanted.profile);
  const comparison = compareProfile(found, wanted.profile, wanted.settings, names ?? []);
  if (!adopt && comparison.state === 'differs' && (names === undefined || comparison.secrets.length > 0)) {
    throw notOurs(found, wanted, comparison, path);
  }
  const active = activeThatWillDo(found, wanted.profile);
  return { ...file, comparison, written: names ?? [], owned: names !== undefined, active };
}

/**
 * The active profile when it may stay: one that exists, or ours (which is about to). Prefect falls back to `ephemeral`
 * by itself, so that name needs no table.
 * @param ours the profile that is about to be written, if one is.
 */
export function activeThatWillDo({ active, profiles }: Profiles, ours?: string): string | undefined {
  if (active === undefined) return undefined;
  return profiles.has(active) || active === 'ephemeral' || active === ours ? active : undefined;
}

/** A profile that somebody else made, or that holds a secret, is not changed without being asked (security §3). */
function notOurs(found: Profiles, wanted: WantedPrefect, comparison: Comparison, path: string): UserError {
  const table = found.profiles.get(wanted.profile);
  const clean = new Redactor().clean;
  const from = clean(settingText(table, 'PREFECT_API_URL') ?? 'no API URL');
  const to = wanted.settings['PREFECT_API_URL'] ?? 'no API URL';
  const urls = from === to ? `its API URL stays ${to}` : `its API URL would change from ${from} to ${to}`;
  const secret = comparison.secrets.length > 0 ? ` and holds ${comparison.secrets.join(', ')} in the clear` : '';
  return new UserError({
    id: 'HB202',
    message: `The profile ${wanted.profile} in ${path} differs from what is wanted${secret}.`,
    cause: secret
      ? `A key beside a changed URL would be sent to the new server: ${urls}.`
      : `It was not made here, so it is left alone: ${urls}.`,
    next: `hotpass-bootstrap profile adopt ${wanted.profile}`,
    exit: EXIT.invalid,
  });
}
