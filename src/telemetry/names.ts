/**
 * Every name that leaves this machine, in one place: ours begin with `bootstrap.`, the others are OpenTelemetry's
 * conventions 1.45. Those under `UNSTABLE` may still be renamed there (facts telemetry §3).
 */
export const SCOPE = 'hotpass-bootstrap';

export const STABLE = {
  errorType: 'error.type',
  serviceName: 'service.name',
  serviceVersion: 'service.version',
} as const;

export const UNSTABLE = {
  exitCode: 'process.exit.code',
  instance: 'service.instance.id',
  osType: 'os.type',
  pipeline: 'cicd.pipeline.name',
  result: 'cicd.pipeline.result',
  task: 'cicd.pipeline.task.name',
  taskResult: 'cicd.pipeline.task.run.result',
} as const;

export const OURS = {
  cohort: 'bootstrap.cohort',
  part: 'bootstrap.part',
  reason: 'bootstrap.reason',
  gate: 'bootstrap.gate',
} as const;

export interface MetricName {
  name: string;
  /** UCUM. */
  unit: string;
  description: string;
}

const metric = (name: string, unit: string, description: string): MetricName => ({ name, unit, description });

export const METRICS = {
  onboarding: metric('bootstrap.onboarding.duration', 's', 'From the clone or the first run to the first green run'),
  parts: metric('bootstrap.onboarding.part.time', 's', 'Where the time of onboardings went'),
  blocked: metric('bootstrap.onboarding.blocked.time', 's', 'How long onboardings were blocked, by reason'),
  open: metric('bootstrap.onboarding.open', '{episode}', 'Onboardings that are not at their end'),
  runs: metric('bootstrap.runs', '{run}', 'Runs of setup that changed something or failed'),
  run: metric('bootstrap.run.duration', 's', 'How long such a run took'),
  step: metric('bootstrap.step.duration', 's', 'How long a step of setup took'),
  gate: metric('bootstrap.gate.duration', 's', 'How long a measured command took'),
} as const;

/** Seconds; they hold 20 minutes, 90 minutes and 2.5 hours, which the reports compare with (facts telemetry). */
export const BOUNDS = [1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 5400, 9000, 14_400, 28_800, 86_400] as const;
/** Fewer for steps: each bound is a series, for every step of every install. */
export const STEP_BOUNDS = [1, 5, 15, 60, 300, 1800] as const;

export type Attributes = Record<string, string | number>;

/** `cicd.pipeline.result` of a run, and `error.type` where it failed: of a short list, never a text. */
export function resultOf(exit: number): Attributes {
  if (exit === 0) return { [UNSTABLE.result]: 'success' };
  if (exit === 130 || exit === 143) return { [UNSTABLE.result]: 'cancellation' };
  return { [UNSTABLE.result]: 'failure', [STABLE.errorType]: ERRORS[exit] ?? '_OTHER' };
}

const ERRORS: Readonly<Record<number, string>> = {
  1: 'step_failed',
  3: 'input_needed',
  64: 'usage',
  69: 'unreachable',
  75: 'locked',
  78: 'invalid',
};
