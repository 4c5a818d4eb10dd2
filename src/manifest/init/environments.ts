import { checkSetting } from '../../prefect/settings.ts';
import { profileName } from '../rules.ts';
import { serverUrl } from '../url-rules.ts';
import { forbiddenPrefectSetting } from '../variable-rules.ts';
import { type EnvFile, environmentOf, type Variable } from './env-files.ts';
import { isPlainValue } from './names.ts';
import type { OwnProfile } from './prefect-files.ts';
import { type Place, placeText } from './words.ts';

/** An environment beside `local` that files or profiles speak of. */
export interface FoundEnvironment {
  name: string;
  /** What speaks of it: `.env.staging`, `your Prefect profile harbour-staging`. */
  from: string[];
  profile: string;
  api: FoundValue | undefined;
  /** Why the address that was found will not do. */
  apiRefused: string | undefined;
  settings: readonly { name: string; value: string; place: Place }[];
  telemetry: FoundTelemetry | undefined;
}

export interface FoundValue {
  value: string;
  from: string;
}

export interface FoundTelemetry {
  endpoint: FoundValue;
  /** Why the endpoint will not do. */
  refused: string | undefined;
  protocol: 'grpc' | 'http/protobuf' | undefined;
}

/** Environments in the order of their names on the way to production. */
const ORDER = ['ci', 'sandbox', 'demo', 'qa', 'uat', 'staging', 'stage', 'preprod', 'prod', 'production'];

/**
 * The environments that `.env.NAME` files and profiles called `WORKSPACE-NAME` speak of; `local` is always there and
 * not among them. Of the files only settings that are not secrets are looked at.
 */
export function findEnvironments(
  files: readonly EnvFile[],
  profiles: readonly OwnProfile[],
  workspace: string,
): FoundEnvironment[] {
  const names = new Set<string>();
  for (const { environment } of files) if (environment !== undefined) names.add(environment);
  for (const { name } of profiles) {
    const environment = environmentOfProfile(name, workspace);
    if (environment !== undefined) names.add(environment);
  }
  names.delete('local');
  const taken = new Set([`${workspace}-local`]);
  return [...names]
    .sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))
    .map(name => found(name, files, profiles, workspace, taken));
}

function found(
  name: string,
  files: readonly EnvFile[],
  profiles: readonly OwnProfile[],
  workspace: string,
  taken: Set<string>,
): FoundEnvironment {
  const own = files.filter(file => file.environment === name);
  const variables = own.flatMap(file => file.variables);
  const said = last(variables, 'PREFECT_PROFILE')?.value;
  const mine = profiles.find(one => one.name === said || environmentOfProfile(one.name, workspace) === name);
  const wanted = [said, mine?.name].find(text => text !== undefined && profileName(text) === undefined);
  const profile = wanted !== undefined && !taken.has(wanted) ? wanted : `${workspace}-${name}`;
  taken.add(profile);
  const url = last(variables, 'PREFECT_API_URL');
  const api =
    url && url.value !== ''
      ? { value: url.value, from: placeText(url.place) }
      : mine?.apiUrl === undefined
        ? undefined
        : { value: mine.apiUrl, from: `the Prefect profile ${mine.name}` };
  const apiRefused = api && refusedUrl(api.value);
  return {
    name,
    from: [...own.map(({ file }) => file), ...(mine ? [`the Prefect profile ${mine.name}`] : [])],
    profile,
    api,
    apiRefused,
    settings: settingsOf(variables),
    telemetry: telemetryOf(variables),
  };
}

/** `harbour-staging` and `harbour_staging` of the workspace harbour: `staging`. */
function environmentOfProfile(profile: string, workspace: string): string | undefined {
  if (!profile.toLowerCase().startsWith(workspace.toLowerCase())) return undefined;
  const rest = profile.slice(workspace.length);
  return /^[-_.]/.test(rest) ? environmentOf(rest.slice(1)) : undefined;
}

/** Why an address may not stand in a manifest; never with the address itself, which may hold a password. */
export function refusedUrl(value: string): string | undefined {
  const check = serverUrl(value) === undefined ? checkSetting('PREFECT_API_URL', value) : undefined;
  return serverUrl(value) ?? (check?.ok === false ? check.reason : undefined);
}

function settingsOf(variables: readonly Variable[]): FoundEnvironment['settings'] {
  const settings = new Map<string, { name: string; value: string; place: Place }>();
  for (const { name, value, place } of variables) {
    if (!name.startsWith('PREFECT_') || name === 'PREFECT_PROFILE' || value === '' || !isPlainValue(value)) continue;
    const check = checkSetting(name, value);
    if (!check.ok || forbiddenPrefectSetting(name) !== undefined || forbiddenPrefectSetting(check.name)) continue;
    settings.set(check.name, { name: check.name, value: check.value, place });
  }
  return [...settings.values()];
}

/** Where telemetry goes, from the variables of OpenTelemetry. */
export function telemetryOf(variables: readonly Variable[]): FoundTelemetry | undefined {
  const at = (suffix: string): Variable | undefined =>
    last(variables, `OTEL_EXPORTER_OTLP_${suffix}`) ?? last(variables, `OTEL_EXPORTER_OTLP_TRACES_${suffix}`);
  const endpoint = at('ENDPOINT');
  if (!endpoint || endpoint.value === '' || last(variables, 'OTEL_SDK_DISABLED')?.value === 'true') return undefined;
  const protocol = at('PROTOCOL')?.value;
  return {
    endpoint: { value: endpoint.value, from: placeText(endpoint.place) },
    refused: serverUrl(endpoint.value),
    protocol: protocol === 'grpc' || protocol === 'http/protobuf' ? protocol : undefined,
  };
}

export function last(variables: readonly Variable[], name: string): Variable | undefined {
  return variables.findLast(variable => variable.name === name);
}
