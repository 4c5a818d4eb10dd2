import type { Check } from './check.ts';
import { MACHINE_CHECKS } from './machine.ts';
import { PREFECT_CHECKS } from './prefect.ts';
import { PYTHON_CHECKS } from './python.ts';
import { SECRETS_CHECKS } from './secrets.ts';
import { TELEMETRY_CHECKS } from './telemetry.ts';

/** What is looked at besides the steps, in the order in which people read it. */
export const CHECKS: readonly Check[] = [
  ...MACHINE_CHECKS,
  ...PYTHON_CHECKS,
  ...PREFECT_CHECKS,
  ...SECRETS_CHECKS,
  ...TELEMETRY_CHECKS,
];
