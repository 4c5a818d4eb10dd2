import { formatDuration } from '../core/durations.ts';
import { venvVersion } from '../engine/fingerprint.ts';
import type { Workspace } from '../engine/workspace.ts';
import type { EpisodeParts } from '../onboarding/events.ts';
import { givenByCaller } from '../secrets/given.ts';
import type { Env } from '../system/environment.ts';
import type { Row } from '../terminal/rows-view.ts';

/** What is ready after a setup, a row each: Python, Prefect, settings, secrets, and the time against the baseline. */
export function readyRows(workspace: Workspace, store: string, episode: EpisodeParts | undefined, env: Env): Row[] {
  const { wanted } = workspace;
  const version = venvVersion(wanted.root);
  const { prefect, telemetry } = wanted;
  const required = wanted.secrets.filter(secret => secret.required);
  const secrets = (given: boolean, from: string): string[] => {
    const some = required.filter(
      secret => given === (store === 'environment' || givenByCaller(secret, env) !== undefined),
    );
    return some.length === 0 ? [] : [`${some.map(({ name }) => name).join(', ')} ${from}`];
  };
  const kept = store === 'vault' ? 'in Vault' : `in your ${store === 'sealed-file' ? 'sealed file' : 'keychain'}`;
  const story = onboardingLine(episode, workspace) ?? against(workspace);
  const texts: [string, string | undefined][] = [
    ['environment', wanted.environment],
    ['Python', `${version === undefined ? '' : `${version} in `}.venv, profile ${wanted.python.profile}`],
    ['Prefect', prefect && `profile ${prefect.profile}${prefect.apiUrl === undefined ? '' : `, ${prefect.apiUrl}`}`],
    ['telemetry', telemetry.enabled && telemetry.endpoint !== undefined ? `to ${telemetry.endpoint}` : undefined],
    ['settings', wanted.envFile.path],
    ['secrets', [...secrets(false, kept), ...secrets(true, 'from environment variables')].join('; ') || undefined],
    ['time', story],
  ];
  return texts.flatMap(([label, text]) => (text === undefined ? [] : [{ label, text, state: 'good' as const }]));
}

/** How long the onboarding took as a whole, when it was more than this run or there is something to compare with. */
export function onboardingLine(episode: EpisodeParts | undefined, workspace: Workspace): string | undefined {
  if (episode === undefined) return undefined;
  const compared = against(workspace);
  if (episode.runs < 2 && episode.away < 60 && compared === undefined) return undefined;
  const blocked = episode.blocked >= 60 ? `, ${formatDuration(episode.blocked * 1000)} of it blocked` : '';
  const runs = `${episode.runs} run${episode.runs === 1 ? '' : 's'}`;
  const took = `onboarding took ${formatDuration(episode.elapsed * 1000)} in ${runs}${blocked}`;
  return compared === undefined ? took : `${took}; ${compared}`;
}

/** What the manifest's [report] says of onboarding: `the baseline is 2 h 30 min (new here: 1 d), the target 1 h`. */
function against({ wanted }: Workspace): string | undefined {
  const time = (seconds: number | undefined): string | undefined =>
    seconds === undefined ? undefined : formatDuration(seconds * 1000);
  const experienced = time(wanted.baselines['onboarding-experienced']);
  const fresh = time(wanted.baselines['onboarding-new']);
  const target = time(wanted.targets['onboarding']);
  const base = experienced ?? fresh;
  const both = experienced !== undefined && fresh !== undefined ? ` (${fresh} for people who are new)` : '';
  const parts = [
    base === undefined ? undefined : `the baseline is ${base}${both}`,
    target === undefined ? undefined : `the target is ${target}`,
  ].filter(part => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(', ');
}
