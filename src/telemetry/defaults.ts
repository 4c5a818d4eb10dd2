import { type Finding, finding } from '../core/findings.ts';
import { analyticsVariables, PREFECT_ANALYTICS } from './analytics.ts';
import { type FileSettings, telemetryFileContent } from './managed-file.ts';
import { type Collector, collectorOf, exportersOf, protocolOf, type TelemetrySettings } from './settings.ts';
import { settingTraps } from './traps.ts';

export interface TelemetryInput extends TelemetrySettings {
  workspace: string;
  environment: string;
  resource: Readonly<Record<string, string>>;
  file: { path: string; keys?: Readonly<Record<string, string>> | undefined } | undefined;
  /** Names of the distributions in the workspace's lock; without it the switches of all known tools are written. */
  distributions?: readonly string[] | undefined;
}

export interface TelemetryDefaults {
  /** For the environment file. */
  variables: Record<string, string>;
  /** For the Prefect profile. */
  prefectSettings: Record<string, string>;
  file: { path: string; content: string } | undefined;
  findings: Finding[];
}

/**
 * The consistent set of telemetry settings of one environment (facts telemetry §1c): either everything that the
 * exporter needs, or off. Pure. A set that does not hold together is written as off, with a finding.
 * Never `OTEL_EXPORTER_OTLP_TIMEOUT` (T7), never headers, never a scheme but http and https.
 */
export function telemetryDefaults(input: TelemetryInput): TelemetryDefaults {
  const findings = settingTraps(input, input.environment);
  const on = input.enabled && !findings.some(({ level }) => level === 'fail');
  const collector = on && input.endpoint !== undefined ? collectorOf(input.endpoint) : undefined;
  const resource = resourceOf(input);
  const file = managedFile(input, on, collector, resource, findings);
  return {
    variables: {
      ...(on ? sdkVariables(input, collector, resource) : { OTEL_SDK_DISABLED: 'true' }),
      ...analyticsVariables(input.distributions),
    },
    prefectSettings: { ...PREFECT_ANALYTICS },
    file,
    findings,
  };
}

function sdkVariables(
  input: TelemetryInput,
  collector: Collector | undefined,
  resource: Readonly<Record<string, string>>,
): Record<string, string> {
  const variables: Record<string, string> = {
    OTEL_SERVICE_NAME: serviceName(input),
    OTEL_RESOURCE_ATTRIBUTES: resourceAttributes(resource),
  };
  if (collector === undefined || input.endpoint === undefined) return variables;
  const protocol = protocolOf(input);
  variables['OTEL_EXPORTER_OTLP_ENDPOINT'] = input.endpoint;
  variables['OTEL_EXPORTER_OTLP_PROTOCOL'] = protocol;
  // The variable is defined for gRPC alone.
  if (protocol === 'grpc') variables['OTEL_EXPORTER_OTLP_INSECURE'] = String(isInsecure(collector));
  return variables;
}

function managedFile(
  input: TelemetryInput,
  on: boolean,
  collector: Collector | undefined,
  resource: Readonly<Record<string, string>>,
  findings: Finding[],
): TelemetryDefaults['file'] {
  if (!input.file) return undefined;
  const settings: FileSettings = {
    enabled: on,
    service_name: serviceName(input),
    environment: input.environment,
    // An exporter without its endpoint, or the other way round, stops the program (T2): all of it or nothing.
    ...(on ? { exporters: exportersOf(input) } : {}),
    ...(collector && input.endpoint !== undefined
      ? {
          otlp_endpoint: input.endpoint,
          otlp_insecure: isInsecure(collector),
          otlp_timeout: input.timeout ?? (collector.loopback ? 2 : 5),
        }
      : {}),
    resource_attributes: resource,
  };
  const { path, keys } = input.file;
  const content = telemetryFileContent(path, settings, keys);
  if (content !== undefined) return { path, content };
  findings.push(
    finding(
      'HB411',
      'fail',
      `The telemetry file ${path} ends in neither .toml nor .json.`,
      'Its format follows from its ending, so it is not written.',
    ),
  );
  return undefined;
}

/** The scheme decides whether there is TLS; exporters that take a flag as well are told the same. */
function isInsecure(collector: Collector): boolean {
  return collector.scheme === 'http';
}

/** `service.name` of the resource, else the workspace. */
function serviceName(input: TelemetryInput): string {
  return input.resource['service.name'] ?? input.workspace;
}

/** Resource attributes beside the service's name; the environment is always one of them. */
function resourceOf(input: TelemetryInput): Record<string, string> {
  const { 'service.name': _, ...rest } = input.resource;
  return { 'deployment.environment.name': input.environment, ...rest };
}

/**
 * `key=value,key=value`, values percent-encoded (OpenTelemetry specification, resource SDK): every character beside
 * letters, digits, `-`, `_` and `.`, so that nothing in it needs quotes in an environment file.
 */
export function resourceAttributes(resource: Readonly<Record<string, string>>): string {
  return Object.entries(resource)
    .map(([key, value]) => `${encode(key)}=${encode(value)}`)
    .join(',');
}

function encode(text: string): string {
  const wellFormed = text.replace(/\p{Surrogate}/gu, '\ufffd');
  return encodeURIComponent(wellFormed).replace(
    /[!~*'()]/g,
    char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
