import { parseDuration } from '../core/durations.ts';
import { indexVariable } from '../secrets/index-credentials.ts';
import type { Loaded } from './load.ts';
import type { ManifestSecret } from './schema.ts';
import { originOf } from './url-rules.ts';
import type { Origin, WantedSecret } from './wanted.ts';

/** The secrets one environment asks for, with what differs there and where each may be sent (security §3). */
export function secretsOf(loaded: Loaded, environment: string): WantedSecret[] {
  const names = loaded.manifest.environments[environment]?.secrets ?? [];
  return names.flatMap(name => {
    const entry = loaded.manifest.secrets?.[name];
    return entry ? [secretOf(loaded, environment, name, entry)] : [];
  });
}

function secretOf(loaded: Loaded, environment: string, name: string, entry: ManifestSecret): WantedSecret {
  const own = { ...entry, ...entry.environments?.[environment] };
  const index = entry.for?.slice('index:'.length);
  const known = index === undefined ? undefined : loaded.indexes[index];
  const env = entry.env ?? indexVariable(index ?? name, 'PASSWORD');
  return {
    name,
    env,
    description:
      own.description ?? (index === undefined ? `Value of ${env}` : `Password of the package index ${index}`),
    obtain: own.obtain,
    vault: own.vault?.replaceAll('{environment}', environment),
    required: own.required ?? true,
    shared: entry.shared ?? false,
    maxAge: own['max-age'] === undefined ? undefined : parseDuration(own['max-age']),
    check: own.check,
    pattern: own.pattern,
    index,
    audience: known ? originOf(known.url) : audienceOf(loaded, environment, env),
    indexUser: index === undefined ? undefined : (entry.user ?? known?.user),
    indexUrl: known?.url,
  };
}

/** The only origin a credential of a known kind may be sent to. */
function audienceOf(loaded: Loaded, environment: string, env: string): Origin | undefined {
  const entry = loaded.manifest.environments[environment];
  if (/^PREFECT_(API_KEY|API_AUTH_STRING|CLIENT_CUSTOM_HEADERS)$/i.test(env)) {
    return originOf(entry?.prefect?.['api-url'] ?? '');
  }
  if (/^OTEL_EXPORTER_OTLP_(TRACES_|METRICS_|LOGS_)?HEADERS$/.test(env))
    return originOf(entry?.telemetry?.endpoint ?? '');
  return undefined;
}
