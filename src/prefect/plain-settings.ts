import { readProfiles, settingText } from './profiles-text.ts';
import { canonicalName, isSecretSetting } from './settings.ts';

/** A secret setting that stands in a profile in the clear. */
export interface PlainSetting {
  profile: string;
  /** Its name in Prefect today, which is that of its variable. */
  name: string;
  /** The name as it is written there. */
  written: string;
  value: string;
  /** Where it begins, from 1. */
  line: number;
  /** The API that the profile goes to. */
  apiUrl: string | undefined;
}

/**
 * Secret settings of all profiles of a `profiles.toml`, empty ones left out.
 * @param path named in sentences alone. @throws UserError 78 for what Prefect cannot read either.
 */
export async function plainSettings(text: string, path: string): Promise<PlainSetting[]> {
  const { profiles } = readProfiles(text, path);
  const found = [...profiles].flatMap(([profile, table]) =>
    Object.keys(table)
      .filter(isSecretSetting)
      .flatMap(written => {
        const value = settingText(table, written);
        const name = canonicalName(written) ?? written;
        const apiUrl = settingText(table, 'PREFECT_API_URL');
        return value ? [{ profile, name, written, value, apiUrl }] : [];
      }),
  );
  if (found.length === 0) return [];
  const places = await placesOf(text);
  return found.map(setting => ({ ...setting, line: places.get(`${setting.profile}\0${setting.written}`) ?? 1 }));
}

/** Lines by profile and name. */
async function placesOf(text: string): Promise<Map<string, number>> {
  const { parseTOML } = await import('toml-eslint-parser');
  const places = new Map<string, number>();
  for (const node of parseTOML(text, { tomlVersion: '1.0' }).body[0].body) {
    if (node.type !== 'TOMLTable' || node.resolvedKey[0] !== 'profiles') continue;
    for (const { key } of node.body) {
      const names = [
        ...node.resolvedKey.slice(1),
        ...key.keys.map(one => (one.type === 'TOMLBare' ? one.name : one.value)),
      ];
      places.set(names.join('\0'), key.loc.start.line);
    }
  }
  return places;
}
