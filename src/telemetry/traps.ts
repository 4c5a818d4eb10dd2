import { type Finding, finding } from '../core/findings.ts';
import { collectorOf, exportersOf, protocolOf, swappedPort, type TelemetrySettings } from './settings.ts';

/** What a dead or wrong endpoint costs each run of the program (facts telemetry §1b, T5). */
const COST = 'A program that cannot reach its collector waits about 12 seconds at its end, and the data is lost.';

/**
 * Traps that can be told from the settings alone (facts telemetry §1b: T2, T4, T6). With one of level `fail` the set
 * does not hold together, and telemetry is written as off.
 */
export function settingTraps(settings: TelemetrySettings, environment: string): Finding[] {
  if (!settings.enabled) return [];
  const { endpoint } = settings;
  const table = `[environments.${environment}.telemetry]`;
  const exporters = exportersOf(settings);
  const otlp = exporters.includes('otlp');
  if (endpoint !== undefined && !otlp) {
    return [
      finding(
        'HB401',
        'fail',
        `${table} sets an endpoint, but its exporters (${exporters.join(', ')}) do not include otlp.`,
        'The program would stop with "settings provided for exporters that are not enabled", so telemetry is written as off.',
      ),
    ];
  }
  if (otlp && endpoint === undefined) {
    return [
      finding(
        'HB402',
        'fail',
        `${table} wants the exporter otlp but names no endpoint.`,
        `Nothing listens where the program would look. ${COST} Telemetry is written as off.`,
      ),
    ];
  }
  return endpoint === undefined ? [] : endpointTraps(settings, endpoint, table);
}

function endpointTraps(settings: TelemetrySettings, endpoint: string, table: string): Finding[] {
  const collector = collectorOf(endpoint);
  if (!collector) {
    return [
      finding(
        'HB403',
        'fail',
        `The telemetry endpoint of ${table} must begin with http:// (no TLS) or https://.`,
        `With grpc:// or no scheme the exporter speaks TLS to a port that may have none. ${COST} Telemetry is written as off.`,
      ),
    ];
  }
  const swapped = swappedPort(settings);
  if (swapped) {
    return [
      finding(
        'HB404',
        'warn',
        `The telemetry endpoint of ${table} uses port ${swapped.is} with ${protocolOf(settings)}, which usually listens on ${swapped.should}.`,
        `Ports 4317 (grpc) and 4318 (http/protobuf) are swapped. ${COST}`,
      ),
    ];
  }
  if (settings.insecure && collector.scheme === 'https') {
    return [
      finding(
        'HB405',
        'warn',
        `${table} says insecure = true, but its endpoint is https://.`,
        'The scheme decides: the connection uses TLS, and insecure is written as false.',
      ),
    ];
  }
  if (collector.scheme === 'http' && !collector.loopback) {
    return [
      finding(
        'HB406',
        'warn',
        `The telemetry of ${table} travels to ${collector.host} in the clear.`,
        'http:// has no TLS; it is meant for a collector on this machine.',
      ),
    ];
  }
  return [];
}

const TIMEOUT = /^OTEL_EXPORTER_OTLP_(TRACES_|METRICS_|LOGS_)?TIMEOUT$/;
const PROTOCOL = /^OTEL_EXPORTER_OTLP_(TRACES_|METRICS_|LOGS_)?PROTOCOL$/;
const ENDPOINT = /^OTEL_EXPORTER_OTLP_(TRACES_|METRICS_|LOGS_)?ENDPOINT$/;
const LEGAL = ['grpc', 'http/protobuf', 'http/json'];

/**
 * Traps in variables that are set (T4, T7, T8). No value is repeated: an endpoint may carry a credential.
 * @param where in words, e.g. `your environment`.
 */
export function variableTraps(variables: Readonly<Record<string, string | undefined>>, where: string): Finding[] {
  const found: Finding[] = [];
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined || value === '') continue;
    if (TIMEOUT.test(name)) {
      found.push(
        finding(
          'HB407',
          'warn',
          `${name} is set in ${where}.`,
          'Python reads it as seconds and JavaScript as milliseconds: 2000 makes Python wait 33 minutes. Set timeout under telemetry instead.',
          { command: `unset ${name}`, safe: false },
        ),
      );
    } else if (PROTOCOL.test(name) && !LEGAL.includes(value)) {
      found.push(
        finding(
          'HB408',
          'warn',
          `${name} in ${where} is none of ${LEGAL.join(', ')}.`,
          'Such a value has no effect or stops the program. OTEL_SDK_DISABLED=true turns telemetry off.',
          { command: `unset ${name}`, safe: false },
        ),
      );
    } else if (ENDPOINT.test(name) && !/^https?:\/\//i.test(value)) {
      found.push(
        finding(
          'HB409',
          'warn',
          `${name} in ${where} does not begin with http:// or https://.`,
          `With grpc:// or no scheme the exporter speaks TLS to a port that may have none. ${COST}`,
          { command: `unset ${name}`, safe: false },
        ),
      );
    }
  }
  return found;
}

/**
 * T1: the exporter that the settings want is not installed, and the program would fall back to the console without a
 * word.
 * @param distributions names of what is installed, any spelling; undefined when there is no environment to look at.
 */
export function exporterTrap(
  settings: TelemetrySettings,
  distributions: readonly string[] | undefined,
  environment: string,
): Finding[] {
  if (!settings.enabled || !exportersOf(settings).includes('otlp') || distributions === undefined) return [];
  const grpc = protocolOf(settings) === 'grpc';
  const wanted = `opentelemetry-exporter-otlp-proto-${grpc ? 'grpc' : 'http'}`;
  if (distributions.some(name => normalised(name) === wanted)) return [];
  return [
    finding(
      'HB400',
      'warn',
      `The environment ${environment} exports telemetry by ${grpc ? 'gRPC' : 'HTTP'}, but ${wanted} is not installed in .venv.`,
      'The program would print to the console instead and say nothing. Add the extra that has the exporter to the [python.profiles] entry of this environment.',
    ),
  ];
}

/** PEP 503. */
function normalised(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}
