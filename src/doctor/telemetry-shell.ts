import { type Finding, finding } from '../core/findings.ts';
import type { Env } from '../system/environment.ts';
import { exportersOf } from '../telemetry/settings.ts';
import type { MachineCheck, WorkspaceCheck } from './check.ts';

const ROUTES =
  /^OTEL_(EXPORTER_OTLP_((TRACES|METRICS|LOGS)_)?(ENDPOINT|HEADERS|PROTOCOL)|(TRACES|METRICS|LOGS)_EXPORTER|SERVICE_NAME|RESOURCE_ATTRIBUTES)$/;
const EXPORTERS = ['OTEL_TRACES_EXPORTER', 'OTEL_METRICS_EXPORTER', 'OTEL_LOGS_EXPORTER'];

/** Variables of OpenTelemetry that are exported in the shell: every program started there obeys them. */
export const telemetryShell: MachineCheck = {
  title: 'OpenTelemetry in this shell',
  about: 'machine',
  async run({ env, ci }) {
    if (ci) return []; // There the variables are for exactly this job.
    const names = Object.keys(env).filter(name => ROUTES.test(name) && env[name] !== '');
    if (names.length === 0) return [];
    return [
      finding(
        'HB446',
        'info',
        `Your shell exports ${names.join(', ')}.`,
        'Every program you start there obeys it, docker compose and other projects too. "hotpass-bootstrap run" sets such variables for one program alone.',
        { command: `unset ${names.join(' ')}`, safe: false },
      ),
    ];
  },
};

/** Telemetry that the environment wants, and the shell switches off: `run` passes on what the caller has set. */
export const telemetryOff: WorkspaceCheck = {
  title: 'Telemetry switched off',
  about: 'workspace',
  async run({ env, wanted }) {
    if (!wanted.telemetry.enabled) return [];
    return [...disabled(env, wanted.environment), ...withoutOtlp(env, exportersOf(wanted.telemetry))];
  },
};

function disabled(env: Env, environment: string): Finding[] {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() !== 'true') return [];
  const message = `OTEL_SDK_DISABLED is set in your environment, and the environment ${environment} wants telemetry.`;
  return [
    finding('HB447', 'warn', message, 'No span and no metric is made, and nothing says so.', {
      command: 'unset OTEL_SDK_DISABLED',
      safe: false,
    }),
  ];
}

/** The SDK's own choice of exporters (OpenTelemetry specification, environment variables). */
function withoutOtlp(env: Env, wanted: readonly string[]): Finding[] {
  if (!wanted.includes('otlp')) return [];
  return EXPORTERS.flatMap(name => {
    const value = env[name]?.trim();
    if (!value || value.split(',').some(part => part.trim().startsWith('otlp'))) return [];
    return [
      finding(
        'HB450',
        'warn',
        `${name} in your environment does not include otlp, which this environment exports by.`,
        'The SDK then sends nothing to the collector.',
        { command: `unset ${name}`, safe: false },
      ),
    ];
  });
}
