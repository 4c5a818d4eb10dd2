import type { Finding } from '../../core/findings.ts';
import { venvFolder } from '../../engine/fingerprint.ts';
import type { Step, Write } from '../../engine/step.ts';
import type { Wanted } from '../../manifest/wanted.ts';
import { settingText } from '../../prefect/profiles-text.ts';
import { originOf, sameOrigin } from '../../secrets/origin.ts';
import { lstatOf } from '../../system/files.ts';
import { inspectProfile, type PrefectChange, type PrefectState, prefectStep } from '../prefect.ts';
import type { ProfileState } from './state.ts';

/**
 * `profile adopt`: a profile that somebody else made, or that holds a secret, is made what the manifest wants and is in
 * the care of this workspace from then on (security §3). The person's other settings stay. Undone by the Prefect step.
 */
export const adoptStep: Step<PrefectState | undefined, PrefectChange> = {
  id: 'prefect',
  title: 'Prefect profile',
  needs: [],
  verifyNeeds: [],
  inspect: ctx => inspectProfile(ctx, true),
  plan: (state, wanted) => (state ? adoption(state.profile, prefectStep.plan(state, wanted), wanted) : []),
  payload: ({ profile, former }) => ({ profile, former }),
  apply: (change, ctx) => prefectStep.apply(change, ctx),
  verify: verifyWhereAllowed,
};

/**
 * Asks Prefect, unless there is no `.venv` yet or the manifest was not approved: then nothing of the workspace is
 * started (contracts §3), and the next setup asks.
 */
export async function verifyWhereAllowed(ctx: Write): Promise<Finding[]> {
  return ctx.approved && lstatOf(venvFolder(ctx.root)) !== undefined ? prefectStep.verify(ctx) : [];
}

function adoption(profile: ProfileState, planned: readonly PrefectChange[], { prefect }: Wanted): PrefectChange[] {
  const { state } = profile.comparison;
  if (!prefect || state === 'absent' || (state === 'same' && profile.owned)) return [];
  const change = planned.find(({ key }) => key === 'profile');
  if (change) return [{ ...change, adopt: true }];
  return [
    {
      step: 'prefect',
      key: 'profile',
      action: 'change',
      target: `profile ${prefect.profile} in ${profile.path}`,
      certain: true,
      detail: 'nothing is written now; from now on setup keeps it in step with the manifest',
      size: Buffer.byteLength(profile.text ?? ''),
      profile: prefect.profile,
      adopt: true,
    },
  ];
}

/** A credential in a profile whose server would be another one. */
export interface MovingCredential {
  /** Names of the settings, never their values. */
  settings: readonly string[];
  /** Origin, or undefined when the profile has no API URL. */
  from: string | undefined;
  to: string | undefined;
}

/** The credential that an adoption would send to another server, or undefined when there is none (security §3). */
export function movingCredential({ comparison, found }: ProfileState, wanted: Wanted): MovingCredential | undefined {
  const { prefect } = wanted;
  if (!prefect || comparison.secrets.length === 0) return undefined;
  const from = originOf(settingText(found.profiles.get(prefect.profile), 'PREFECT_API_URL') ?? '');
  const to = originOf(prefect.apiUrl ?? '');
  return from !== undefined && sameOrigin(from, to) ? undefined : { settings: comparison.secrets, from, to };
}
