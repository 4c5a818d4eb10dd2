import type { Step } from '../engine/step.ts';
import { envFileStep } from './env-file.ts';
import { prefectStep } from './prefect.ts';
import { pythonStep } from './python.ts';
import { readinessStep } from './readiness.ts';
import { secretsStep } from './secrets.ts';
import { selfStep } from './self.ts';
import { tasksStep } from './tasks.ts';
import { telemetryStep } from './telemetry.ts';
import { uvStep } from './uv.ts';

/** What a machine gets, in the order in which people read it (design §5). */
export const STEPS: readonly Step[] = [
  selfStep,
  uvStep,
  pythonStep,
  prefectStep,
  telemetryStep,
  secretsStep,
  envFileStep,
  tasksStep,
  readinessStep,
] as readonly Step[];
