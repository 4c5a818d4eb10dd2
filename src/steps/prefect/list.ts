import { Redactor } from '../../core/redact.ts';
import type { Read } from '../../engine/step.ts';
import type { Wanted } from '../../manifest/wanted.ts';
import { readProfilesFile } from '../../prefect/profiles-reading.ts';
import { compareProfile, settingText } from '../../prefect/profiles-text.ts';
import { ownedNames } from './ownership.ts';

/** One environment of the manifest and its Prefect profile on this machine. Never a value of a setting but the URL. */
export interface ProfileRow {
  environment: string;
  /** Undefined for an environment without Prefect. */
  profile: string | undefined;
  /** What the manifest wants. */
  apiUrl: string | undefined;
  /** What stands in the file, with no user info. */
  foundUrl: string | undefined;
  /** `ours`: as wanted; `different`: ours, but not as wanted; `not ours`: somebody else made it. */
  state: 'ours' | 'different' | 'not ours' | 'missing' | 'none';
  /** Wanted settings that the profile has otherwise or not at all. */
  differs: readonly string[];
  /** Secret settings that stand in it in the clear. */
  secrets: readonly string[];
  /** Is this the environment of this folder? */
  selected: boolean;
  /** Is this the profile that Prefect uses by itself? */
  active: boolean;
}

/**
 * The profiles of all environments, as `profiles.toml` has them.
 * @param wanted what each environment wants, in the order of the manifest.
 * @throws UserError 78 for a file that Prefect cannot read either.
 */
export async function listProfiles(
  ctx: Read,
  wanted: readonly Wanted[],
): Promise<{ path: string; active: string | undefined; rows: ProfileRow[] }> {
  const { path, found } = await readProfilesFile(ctx);
  const rows = wanted.map(({ environment, prefect }): ProfileRow => {
    const selected = environment === ctx.wanted.environment;
    if (!prefect) {
      const none = { profile: undefined, apiUrl: undefined, foundUrl: undefined, differs: [], secrets: [] };
      return { environment, ...none, state: 'none', selected, active: false };
    }
    const { profile, apiUrl, settings } = prefect;
    const table = found.profiles.get(profile);
    const owned = ownedNames(ctx.stamps, path, profile);
    const { state, secrets } = compareProfile(found, profile, settings, owned ?? []);
    const url = settingText(table, 'PREFECT_API_URL');
    return {
      environment,
      profile,
      apiUrl,
      foundUrl: url === undefined ? undefined : new Redactor().clean(url),
      state: state === 'absent' ? 'missing' : !owned ? 'not ours' : state === 'same' ? 'ours' : 'different',
      differs: table ? Object.keys(settings).filter(name => settingText(table, name) !== settings[name]) : [],
      secrets,
      selected,
      active: found.active === profile,
    };
  });
  return { path, active: found.active, rows };
}
