import type { Env } from '../system/environment.ts';
import { settingText } from './profiles-text.ts';
import { canonicalName } from './settings.ts';
import type { WorkspaceSettings } from './workspace-settings.ts';

/** Profiles that come with Prefect. They count only while there is no `profiles.toml` (facts prefect §4). */
const SHIPPED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ephemeral: { PREFECT_SERVER_EPHEMERAL_ENABLED: 'true' },
  local: { PREFECT_API_URL: 'http://127.0.0.1:4200/api' },
  test: { PREFECT_SERVER_EPHEMERAL_ENABLED: 'true' },
  cloud: {},
};

type Tables = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** The profile Prefect uses when it is started in this shell by hand. */
export interface InForce {
  name: string;
  /** What names it; `default` is Prefect's own `ephemeral`. */
  by: 'PREFECT_PROFILE' | 'active' | 'default';
  /**
   * `missing`: Prefect warns and uses `ephemeral`. `shown`: so it does here, but says nothing, and `config view` shows
   * the settings that Prefect ships under this name.
   */
  state: 'there' | 'missing' | 'shown';
}

/**
 * Which profile counts (facts prefect §2): PREFECT_PROFILE of the process environment, else `active`, else `ephemeral`.
 * @param found what `profiles.toml` says; undefined when there is none.
 */
export function profileInForce(env: Env, found: { active: string | undefined; profiles: Tables } | undefined): InForce {
  const given = env['PREFECT_PROFILE'];
  const name = given || found?.active || 'ephemeral';
  const by = given ? 'PREFECT_PROFILE' : found?.active ? 'active' : 'default';
  const shipped = Object.hasOwn(SHIPPED, name);
  if (name === 'ephemeral' || (found ? found.profiles.has(name) : shipped)) return { name, by, state: 'there' };
  return { name, by, state: shipped ? 'shown' : 'missing' };
}

/** Text of a setting that counts in this shell, former names included: environment and files first, then the profile. */
export function valueInForce(
  setting: string,
  beats: WorkspaceSettings,
  profile: InForce,
  profiles: Tables | undefined,
): string | undefined {
  const entry = beats.entries.find(({ name }) => name === setting);
  if (entry) return entry.value;
  const used = profile.state === 'there' ? profile.name : 'ephemeral';
  const table = profiles?.get(used) ?? (profiles === undefined || used === 'ephemeral' ? SHIPPED[used] : undefined);
  const written = Object.keys(table ?? {}).find(name => canonicalName(name) === setting);
  return written === undefined ? undefined : settingText(table, written);
}
