import { profileName, sentence } from '../rules.ts';
import { isLoopback, parseUrl } from '../url-rules.ts';
import type { EnvFile, Variable } from './env-files.ts';
import { type FoundEnvironment, type FoundTelemetry, last, refusedUrl, telemetryOf } from './environments.ts';
import { isPlainValue } from './names.ts';
import type { DeploymentFacts } from './prefect-files.ts';
import type { FoundNames, FoundSecret, FoundVariable } from './secrets-found.ts';
import { comment, listText, off, offPair, type Place, pair, placeText } from './words.ts';

/** The environment everybody starts with, as it is inferred without a manifest. */
export interface LocalFacts {
  python: string;
  prefect: { profile: string; apiUrl: string; from: string } | undefined;
  /** Settings of `prefect.toml` and `[tool.prefect]`, which beat every profile. */
  overrides: readonly { name: string; place: Place }[];
}

/** `[environments.local]`: what is inferred, and beside it what files suggest, as comments. */
export function localSection(
  local: LocalFacts,
  files: readonly EnvFile[],
  names: FoundNames,
  secrets: readonly string[],
  deployments: DeploymentFacts,
): string[] {
  const variables = files.filter(file => file.environment === 'local').flatMap(file => file.variables);
  const lines = ['[environments.local]', ...pair('python', local.python)];
  if (secrets.length > 0) lines.push(...pair('secrets', secrets));
  if (local.prefect) {
    const { profile, apiUrl, from } = local.prefect;
    lines.push(...comment(from), ...pair('prefect', profileTable(profile, apiUrl)));
    lines.push(
      ...otherServer(profile, apiUrl, variables),
      ...otherSettings(variables),
      ...overrideText(local.overrides),
    );
  } else if (deployments.deployments.length > 0) {
    lines.push(...comment('No Prefect profile: Prefect 3 is not among the packages that the lock holds.'));
  }
  if (deployments.deployments.length > 0) {
    lines.push(...comment(`Deployments, which setup leaves alone: ${listText(deployments.deployments.slice(0, 8))}.`));
  }
  lines.push(...pair('telemetry', { enabled: false }), ...telemetryHint(telemetryOf(variables)));
  return [
    ...lines,
    ...variablesText(
      'local',
      names.variables.filter(one => one.environment === undefined),
    ),
  ];
}

/** A name that is too long is left out: it is the default anyway. */
function profileTable(profile: string, url: string): Record<string, string> {
  return { ...(profileName(profile) === undefined ? { profile } : {}), 'api-url': url };
}

/** Another address in `.env` or its template: a suggestion, unless it is what is written anyway. */
function otherServer(profile: string, apiUrl: string, variables: readonly Variable[]): string[] {
  const url = last(variables, 'PREFECT_API_URL');
  if (!url || url.value === apiUrl || !isPlainValue(url.value) || url.value === '') return [];
  const where = placeText(url.place);
  const reason = refusedUrl(url.value);
  if (reason !== undefined) return comment(`The address in ${where} ${reason}.`);
  return [...comment(`${where} names another server:`), ...offPair('prefect', profileTable(profile, url.value))];
}

function otherSettings(variables: readonly Variable[]): string[] {
  const others = variables.filter(
    ({ name, value }) =>
      /^PREFECT_(?!API_URL$|PROFILE$)/.test(name) &&
      value !== '' &&
      isPlainValue(value) &&
      !/KEY|AUTH|PASSW/.test(name),
  );
  if (others.length === 0) return [];
  const named = others.map(({ name, value, place }) => ({ name: `${name} = "${value}"`, place }));
  return comment(`Also set, and for settings = { … } in prefect if everybody should have it: ${listText(named)}.`);
}

function overrideText(overrides: LocalFacts['overrides']): string[] {
  if (overrides.length === 0) return [];
  const one = overrides.length === 1;
  return comment(
    `Set by the project itself, which beats ${one ? 'the profile' : 'every profile'}: ${listText(overrides)}.`,
  );
}

function telemetryHint(found: FoundTelemetry | undefined): string[] {
  if (!found || !isPlainValue(found.endpoint.value)) return [];
  if (found.refused !== undefined) return comment(`The endpoint in ${found.endpoint.from} ${found.refused}.`);
  return [...comment(`On, as in ${found.endpoint.from}:`), ...offPair('telemetry', telemetryTable(found))];
}

function telemetryTable({ endpoint, protocol }: FoundTelemetry): Record<string, string | boolean> {
  const url = parseUrl(endpoint.value);
  const plain = url?.protocol === 'http:' && isLoopback(url.hostname);
  return { endpoint: endpoint.value, ...(protocol ? { protocol } : {}), ...(plain ? { insecure: true } : {}) };
}

/** An environment that files or profiles speak of. */
export function environmentSection(
  found: FoundEnvironment,
  python: string,
  prefect: boolean,
  names: FoundNames,
  secrets: readonly string[],
): string[] {
  const lines = [...comment(`From ${found.from.join(' and ')}.`), `[environments.${found.name}]`];
  lines.push(...pair('python', python));
  if (secrets.length > 0) lines.push(...pair('secrets', secrets));
  if (prefect) lines.push(...prefectText(found));
  lines.push(...telemetryText(found.telemetry));
  const own = names.variables.filter(one => one.environment === found.name);
  return [...lines, ...variablesText(found.name, own)];
}

function prefectText({ profile, api, apiRefused, settings }: FoundEnvironment): string[] {
  if (api === undefined) {
    return [
      ...comment('No file names the server of this environment. Once you have put it in:'),
      ...offPair('prefect', profileTable(profile, 'https://prefect.example.com/api')),
    ];
  }
  if (apiRefused !== undefined) {
    return [
      ...comment(`The address in ${api.from} ${apiRefused}. With another one:`),
      ...offPair('prefect', profileTable(profile, 'https://prefect.example.com/api')),
    ];
  }
  const table = Object.fromEntries(settings.map(({ name, value }) => [name, value]));
  const said = settings.length === 0 ? '' : `; settings: ${listText(settings)}`;
  const prefect = { ...profileTable(profile, api.value), ...(settings.length === 0 ? {} : { settings: table }) };
  return [...comment(`The address is that of ${api.from}${said}.`), ...pair('prefect', prefect)];
}

function telemetryText(found: FoundTelemetry | undefined): string[] {
  if (!found) return pair('telemetry', { enabled: false });
  if (found.refused !== undefined) {
    return [
      ...comment(`The endpoint in ${found.endpoint.from} ${found.refused}. With another one:`),
      ...offPair('telemetry', { endpoint: 'https://otel.example.com:4317', protocol: 'grpc' }),
      ...pair('telemetry', { enabled: false }),
    ];
  }
  return [...comment(`The endpoint is that of ${found.endpoint.from}.`), ...pair('telemetry', telemetryTable(found))];
}

/** Variables that are not secrets, as comments: what of them everybody needs is for the maintainer to say. */
function variablesText(environment: string, variables: readonly FoundVariable[]): string[] {
  if (variables.length === 0) return [];
  const lines = variables.map(({ name, value, places }) => {
    const [line = ''] = pair(name, value ?? '');
    return `${line}  # ${places.slice(0, 2).map(placeText).join(', ')}`;
  });
  return [
    '',
    ...comment('Variables that are not secrets by their names; what everybody needs can be set here.'),
    ...off([`[environments.${environment}.variables]`, ...lines]),
  ];
}

/**
 * `[secrets.NAME]` of all that was found by name.
 * @param unused those that no environment has a server for.
 * @param refusedNames those that no manifest may name.
 */
export function secretsSection(
  secrets: readonly FoundSecret[],
  unused: readonly FoundVariable[],
  refusedNames: readonly FoundVariable[],
): string[] {
  const lines: string[] = [];
  if (secrets.length > 0) {
    lines.push(
      ...comment(
        'Secrets, found by their names alone: no value was read into this file. Without an optional one setup goes on; ' +
          'delete "required = false" where nobody can work without it. obtain = "…" tells people where to get it, ' +
          'vault = "path#field" reads it from Vault.',
      ),
    );
  }
  for (const secret of secrets) {
    lines.push('', ...comment(secret.places.slice(0, 3).map(placeText).join(', ')), `[secrets.${secret.key}]`);
    lines.push(...pair('env', secret.name), ...pair('description', describe(secret)), ...pair('required', false));
  }
  const rest = [
    { why: 'Left out, since no environment above talks to a server that asks for it', names: unused },
    { why: 'Left out, since other tools read them by themselves', names: refusedNames },
  ];
  for (const { why, names } of rest) {
    if (names.length === 0) continue;
    const named = names.map(({ name, places }) => ({ name, place: places[0] ?? { file: 'the code' } }));
    lines.push(...(lines.length === 0 ? [] : ['']), ...comment(`${why}: ${listText(named)}.`));
  }
  return lines;
}

function describe({ hint, name, places }: FoundSecret): string {
  if (hint !== undefined) return hint;
  const [place] = places;
  const text = place?.file.endsWith('.py') ? `${name}, read in ${place.file}` : `${name} of ${place?.file}`;
  return sentence(text) === undefined ? text : name;
}
