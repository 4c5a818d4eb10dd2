import type { Stamps } from '../../engine/stamps.ts';

const key = (profile: string): string => `prefect-profile:${profile}`;

/**
 * Remembers that this workspace wrote (or was allowed to take over) a profile, and which settings it wrote there, so
 * that one the manifest drops later is taken out again.
 * @param path the `profiles.toml`; a profile of the same name in another file is another profile.
 */
export function recordOwnership(stamps: Stamps, path: string, profile: string, names: readonly string[]): void {
  stamps.record(key(profile), JSON.stringify([path, ...[...names].sort()]));
}

/** After an undo the profile is nobody's again. */
export function forgetOwnership(stamps: Stamps, profile: string): void {
  stamps.forget(key(profile));
}

/** Names of the settings this workspace wrote into the profile, or undefined when the profile is not ours. */
export function ownedNames(stamps: Stamps, path: string, profile: string): readonly string[] | undefined {
  try {
    const [file, ...names] = JSON.parse(stamps.digestOf(key(profile)) ?? '[]') as string[];
    return file === path ? names : undefined;
  } catch {
    return undefined;
  }
}
