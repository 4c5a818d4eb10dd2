import { type Finding, finding } from '../core/findings.ts';
import type { WantedPrefect } from '../manifest/wanted.ts';
import { type InForce, profileInForce, valueInForce } from '../prefect/in-force.ts';
import { isSecretSetting } from '../prefect/settings.ts';
import { readWorkspaceSettings } from '../prefect/workspace-settings.ts';
import type { WorkspaceCheck } from './check.ts';
import { type ProfilesThere, profilesIfReadable } from './prefect-look.ts';

/** What Prefect uses when somebody starts it by hand in this shell, without `run`. */
export const prefectInForce: WorkspaceCheck = {
  title: 'Prefect in this shell',
  about: 'workspace',
  async run(look) {
    const wanted = look.wanted.prefect;
    const read = await profilesIfReadable(look);
    if (!wanted || !read) return [];
    const { file } = read;
    const keys = plainKeys(file, wanted);
    const profile = profileInForce(look.env, file);
    if (profile.name === wanted.profile) return keys;
    if (profile.state !== 'there') return [notThere(profile, wanted, file), ...keys];
    const beats = await readWorkspaceSettings(look.root, look.env);
    const value = (name: string): string | undefined => valueInForce(name, beats, profile, file?.profiles);
    const temporary =
      !value('PREFECT_API_URL') && /^(true|1|yes|on|t|y)$/i.test(value('PREFECT_SERVER_EPHEMERAL_ENABLED') ?? '');
    return [
      temporary && wanted.apiUrl ? temporaryServer(profile, wanted, wanted.apiUrl) : another(profile, wanted),
      ...keys,
    ];
  },
};

/** `prefect config view` may show settings that are not in force (facts prefect §2). */
function notThere(profile: InForce, wanted: WantedPrefect, file: ProfilesThere | undefined): Finding {
  const what = profile.by === 'active' ? 'The active profile' : 'PREFECT_PROFILE';
  const cause =
    profile.state === 'shown'
      ? '"prefect config view" shows settings under that name, but none is in force: each flow starts a server of its own.'
      : 'Prefect says so once and goes on with ephemeral: each flow starts a server of its own.';
  const message = `${what} is ${profile.name}, and ${file?.path ?? 'profiles.toml'} has no such profile.`;
  return finding('HB267', 'warn', message, cause, select(wanted, profile));
}

function temporaryServer(profile: InForce, wanted: WantedPrefect, apiUrl: string): Finding {
  return finding(
    'HB268',
    'warn',
    `Started by hand, Prefect uses the profile ${profile.name}, which has no server: each flow starts one of its own.`,
    `That takes about 20 seconds a flow, and its runs are not seen at ${apiUrl}. With "hotpass-bootstrap run" the profile is ${wanted.profile}.`,
    select(wanted, profile),
  );
}

function another(profile: InForce, wanted: WantedPrefect): Finding {
  return finding(
    'HB266',
    'info',
    `Started by hand, Prefect uses the profile ${profile.name}, not ${wanted.profile}.`,
    'Your choice was left as it is; "hotpass-bootstrap run" selects the profile of this workspace.',
    select(wanted, profile),
  );
}

/** Without a name that will do, `setup` selects ours; a choice of the person's is left to them. */
function select(wanted: WantedPrefect, { by, state }: InForce): { command: string; safe: boolean } {
  const ours = by === 'default' || (by === 'active' && state !== 'there');
  return ours
    ? { command: 'hotpass-bootstrap setup --only prefect', safe: true }
    : { command: `export PREFECT_PROFILE=${wanted.profile}`, safe: false };
}

/** Keys in other profiles than ours, by name alone. */
function plainKeys(file: ProfilesThere | undefined, wanted: WantedPrefect): Finding[] {
  const keys = [...(file?.profiles ?? [])].flatMap(([profile, table]) =>
    profile === wanted.profile
      ? []
      : Object.keys(table).flatMap(name => (isSecretSetting(name) ? [`${name} of ${profile}`] : [])),
  );
  if (keys.length === 0) return [];
  const message = `Other profiles in ${file?.path} hold keys in the clear: ${keys.join(', ')}.`;
  return [
    finding('HB269', 'info', message, 'Every program that runs as you can read them; they are left as they are.'),
  ];
}
