import { parseDuration } from '../core/durations.ts';
import { EXIT, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import { quoteCommand } from '../core/quote.ts';
import { checkSetting } from '../prefect/settings.ts';
import { telemetryDefaults } from '../telemetry/defaults.ts';
import type { Loaded } from './load.ts';
import { secretsOf } from './resolve-secrets.ts';
import type { Manifest } from './schema.ts';
import { exportersOf, isEnabled } from './telemetry-rules.ts';
import type { Wanted, WantedPrefect, WantedPython, WantedTelemetry } from './wanted.ts';

/** Which environment a call is about. */
export interface Selection {
  /** Undefined means the manifest's first. */
  environment?: string | undefined;
  /** Where the name comes from, for the sentence when there is no such environment; default `--env` or `--answers`. */
  source?: string | undefined;
  /** The command to be typed with another name, without our own; default `setup`. */
  command?: string | undefined;
}

const INPUTS = ['pyproject.toml', 'uv.lock'];

/**
 * What one environment should look like on this machine (contracts §1). Pure: everything that was read is in `loaded`.
 * Variables that Prefect and telemetry want are contributed to the environment file here; the manifest's own win.
 * @throws UserError 64 for an unknown environment.
 */
export function resolve(loaded: Loaded, selection: Selection = {}): Wanted {
  const environment = environmentOf(loaded, selection);
  const { manifest, root, workspace, source, environments } = loaded;
  const entry = manifest.environments[environment] ?? {};
  const { telemetry, variables, prefectSettings } = telemetryOf(loaded, environment);
  const prefect = prefectOf(loaded, environment, prefectSettings);
  return {
    root,
    workspace,
    source,
    environment,
    environments,
    python: pythonOf(loaded, entry.python),
    prefect,
    telemetry,
    secrets: secretsOf(loaded, environment),
    envFile: {
      path: loaded.envFile,
      variables: { ...(prefect ? { PREFECT_PROFILE: prefect.profile } : {}), ...variables, ...entry.variables },
    },
    tasks: (manifest.tasks ?? []).map(task => ({
      name: task.name,
      inputs: task.inputs ?? INPUTS,
      check: task.check,
      run: task.run,
      undo: task.undo,
    })),
    readiness: (manifest.readiness ?? []).map(check => ({
      name: check.name,
      inputs: check.inputs ?? INPUTS,
      run: check.run,
    })),
    ...(manifest.vault === undefined ? {} : { vault: manifest.vault }),
    baselines: secondsOf(manifest.report?.baselines),
    targets: secondsOf(manifest.report?.targets),
  };
}

function environmentOf(loaded: Loaded, selection: Selection): string {
  const { environments } = loaded;
  const [first = 'local'] = environments;
  const name = selection.environment;
  if (name === undefined || environments.includes(name)) return name ?? first;
  const guess = nearest(name, environments) ?? (environments.length === 1 ? first : undefined);
  throw new UserError({
    message: `There is no environment ${quoteCommand([name])}${guess ? `; did you mean ${guess}?` : '.'}`,
    cause: `It was named by ${selection.source ?? '--env or --answers'}; this workspace has: ${environments.join(', ')}.`,
    next: `hotpass-bootstrap ${selection.command ?? 'setup'} --env ${guess ?? first}`,
    exit: EXIT.usage,
    id: 'HB144',
  });
}

function pythonOf(loaded: Loaded, named: string | undefined): WantedPython {
  const profiles = loaded.manifest.python?.profiles ?? {};
  const names = Object.keys(profiles);
  const profile = named ?? (names.includes('core') ? 'core' : names[0]) ?? 'core';
  const entry = profiles[profile] ?? {};
  return {
    profile,
    extras: entry.extras ?? [],
    groups: entry.groups ?? [],
    defaultGroups: entry['default-groups'] ?? true,
    packages: entry.packages,
    exact: loaded.source.kind !== 'inferred',
    uvRange: loaded.uvRange,
  };
}

function prefectOf(
  loaded: Loaded,
  environment: string,
  defaults: Readonly<Record<string, string>>,
): WantedPrefect | undefined {
  const entry = loaded.manifest.environments[environment]?.prefect;
  if (!entry) return undefined;
  const settings: Record<string, string> = {};
  const apiUrl = entry['api-url'];
  if (apiUrl !== undefined) settings['PREFECT_API_URL'] = apiUrl;
  Object.assign(settings, defaults);
  for (const [name, value] of Object.entries(entry.settings ?? {})) {
    const check = checkSetting(name, value);
    if (check.ok) settings[check.name] = check.value;
  }
  return { profile: entry.profile ?? `${loaded.workspace}-${environment}`, apiUrl, settings };
}

function telemetryOf(
  loaded: Loaded,
  environment: string,
): { telemetry: WantedTelemetry; variables: Record<string, string>; prefectSettings: Record<string, string> } {
  const entry = loaded.manifest.environments[environment]?.telemetry;
  const settings = {
    enabled: isEnabled(entry),
    endpoint: entry?.endpoint,
    protocol: entry?.protocol,
    exporters: exportersOf(entry),
    insecure: entry?.insecure,
    timeout: entry?.timeout,
    resource: entry?.resource ?? {},
  };
  const { variables, prefectSettings, file } = telemetryDefaults({
    ...settings,
    workspace: loaded.workspace,
    environment,
    file: fileOf(entry?.file),
    distributions: loaded.reporting,
  });
  return { telemetry: { ...settings, file }, variables, prefectSettings };
}

type FileEntry = NonNullable<Manifest['environments'][string]['telemetry']>['file'];

function fileOf(entry: FileEntry): { path: string; keys?: Record<string, string> } | undefined {
  if (entry === undefined) return undefined;
  if (typeof entry === 'string') return { path: entry };
  return entry.keys ? { path: entry.path, keys: { ...entry.keys } as Record<string, string> } : { path: entry.path };
}

function secondsOf(durations: Readonly<Record<string, string>> | undefined): Record<string, number> {
  return Object.fromEntries(Object.entries(durations ?? {}).map(([name, text]) => [name, parseDuration(text) ?? 0]));
}
