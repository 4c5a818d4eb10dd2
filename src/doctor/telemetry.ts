import type { Check } from './check.ts';
import { telemetryExporter } from './telemetry-exporter.ts';
import { telemetryPrefect } from './telemetry-prefect.ts';
import { telemetryOff, telemetryShell } from './telemetry-shell.ts';
import { telemetryVariables } from './telemetry-variables.ts';

/** Checks about telemetry that belong to no step. */
export const TELEMETRY_CHECKS: readonly Check[] = [
  telemetryShell,
  telemetryVariables,
  telemetryOff,
  telemetryExporter,
  telemetryPrefect,
];
