import * as z from 'zod/mini';
import { STEP_IDS } from '../core/ids.ts';

/**
 * The JSON documents of the commands (contracts §7), as the shipped schema describes them. Nothing of this is loaded by
 * a command: the generator of `schemas/output.schema.json` reads it, and the tests hold real output against it.
 */
const step = z.enum(STEP_IDS);

const change = z.strictObject({
  step,
  key: z.string(),
  action: z.enum(['add', 'change', 'remove', 'run']),
  target: z.string(),
  from: z.optional(z.string()),
  to: z.optional(z.string()),
  certain: z.boolean(),
  detail: z.optional(z.string()),
});

const finding = z.strictObject({
  id: z.string().check(z.regex(/^HB\d+$/)),
  level: z.enum(['fail', 'warn', 'info']),
  message: z.string(),
  cause: z.string(),
  fix: z.optional(z.strictObject({ command: z.string(), safe: z.boolean() })),
  docs: z.string(),
});

const planned = {
  schema: z.literal(1),
  workspace: z.string(),
  environment: z.string(),
  inOrder: z.boolean(),
  changes: z.array(change),
  approvals: z.array(z.string()),
  needs: z.array(z.strictObject({ secret: z.string(), required: z.boolean(), ways: z.array(z.string()) })),
  findings: z.array(finding),
};

const plan = z.strictObject({ ...planned, kind: z.literal('plan') });

const seconds = z.number().check(z.minimum(0));
const setup = z.strictObject({
  ...planned,
  kind: z.literal('setup'),
  steps: z.array(z.strictObject({ id: step, status: z.enum(['in order', 'done', 'failed', 'skipped']), ms: z.int() })),
  durations: z.strictObject({ elapsed: seconds, machine: seconds, prompt: seconds, blocked: seconds }),
  run: z.nullable(z.string()),
  exit: z.int(),
});

const error = z.strictObject({
  schema: z.literal(1),
  kind: z.literal('error'),
  command: z.nullable(z.string()),
  id: z.nullable(z.string()),
  message: z.string(),
  cause: z.string(),
  details: z.optional(z.array(z.string())),
  next: z.optional(z.string()),
  exit: z.int(),
});

const doctor = z.strictObject({
  schema: z.literal(1),
  kind: z.literal('doctor'),
  /** Null where there is no workspace that could be opened. */
  workspace: z.nullable(z.string()),
  environment: z.nullable(z.string()),
  /** Titles of all that was looked at. */
  checked: z.array(z.string()),
  fixed: z.optional(z.array(z.strictObject({ command: z.string(), exit: z.nullable(z.int()) }))),
  findings: z.array(finding),
});

const environment = z.strictObject({
  schema: z.literal(1),
  kind: z.literal('env'),
  variables: z.record(z.string(), z.string()),
  /** What is to be taken out of an environment: it would send a credential elsewhere. */
  unset: z.optional(z.array(z.string())),
});

const init = z.strictObject({
  schema: z.literal(1),
  kind: z.literal('init'),
  /** The manifest, written or there already. */
  path: z.string(),
  dryRun: z.boolean(),
  files: z.array(z.strictObject({ file: z.string(), action: z.enum(['add', 'change']), added: z.string() })),
  findings: z.array(finding),
  run: z.nullable(z.string()),
});

const list = z.strictObject({
  schema: z.literal(1),
  kind: z.literal('profile'),
  action: z.literal('list'),
  file: z.string(),
  active: z.nullable(z.string()),
  environments: z.array(
    z.strictObject({
      environment: z.string(),
      profile: z.nullable(z.string()),
      apiUrl: z.nullable(z.string()),
      foundUrl: z.nullable(z.string()),
      state: z.enum(['ours', 'different', 'not ours', 'missing', 'none']),
      differs: z.array(z.string()),
      secrets: z.array(z.string()),
      selected: z.boolean(),
      active: z.boolean(),
    }),
  ),
  findings: z.array(finding),
});

const profile = z.strictObject({
  schema: z.literal(1),
  kind: z.literal('profile'),
  action: z.enum(['use', 'adopt']),
  environment: z.string(),
  profile: z.nullable(z.string()),
  changes: z.array(change),
  findings: z.array(finding),
  run: z.nullable(z.string()),
});

const maybe = z.nullable(seconds);
const report = z.strictObject({
  schema: z.literal(1),
  kind: z.literal('report'),
  month: z.string(),
  asOf: z.string(),
  workspace: z.nullable(z.string()),
  own: z.boolean(),
  installs: z.int(),
  metrics: z.array(
    z.strictObject({
      name: z.string(),
      source: z.string(),
      baseline: maybe,
      target: maybe,
      months: z.array(
        z.strictObject({
          month: z.string(),
          hidden: z.boolean(),
          n: z.int(),
          open: z.int(),
          estimator: z.enum(['type-8', 'kaplan-meier']),
          median: maybe,
          low: maybe,
          high: maybe,
          interval: z.nullable(z.enum(['95 %', 'range'])),
          p90: maybe,
          p90Indicative: z.boolean(),
        }),
      ),
    }),
  ),
  parts: z.nullable(
    z.strictObject({ machine: seconds, prompt: seconds, rework: seconds, blocked: seconds, away: seconds }),
  ),
  blocked: z.array(z.strictObject({ reason: z.string(), seconds, onboardings: z.int() })),
  open: z.nullable(
    z.strictObject({ onboardings: z.int(), givenUp: z.int(), blockedOn: z.record(z.string(), z.int()) }),
  ),
  excluded: z.strictObject({ clockSuspect: z.int(), stopped: z.int() }),
  method: z.array(z.string()),
  findings: z.array(finding),
});

const done = { schema: z.literal(1), kind: z.literal('report') };
const count = z.int().check(z.minimum(0));
/** What `report` prints when it does something else than showing the report; the report itself has no `action`. */
const reported = z.discriminatedUnion('action', [
  /** `recorded` is false where no onboarding was open. */
  z.strictObject({ ...done, action: z.literal('abandon'), reason: z.string(), recorded: z.boolean() }),
  z.strictObject({ ...done, action: z.literal('check'), file: z.string(), inOrder: z.boolean() }),
  z.strictObject({ ...done, action: z.literal('export'), folder: z.string(), files: count }),
  z.strictObject({ ...done, action: z.literal('output'), file: z.string() }),
]);

const told = { schema: z.literal(1), kind: z.literal('telemetry') };
const text = z.nullable(z.string());
const trouble = z.nullable(z.enum(['unreachable', 'busy', 'token', 'path', 'redirect', 'no collector', 'certificate']));
const telemetry = z.discriminatedUnion('action', [
  z.strictObject({
    ...told,
    action: z.literal('status'),
    sends: z.boolean(),
    decidedBy: z.enum(['DO_NOT_TRACK', 'OTEL_SDK_DISABLED', 'untrusted job', 'CI', 'config.toml']),
    endpoint: text,
    /** The day on which somebody agreed. */
    since: text,
    token: z.boolean(),
    waiting: count,
    delivery: z.strictObject({
      delivered: text,
      tried: text,
      trouble,
      notBefore: text,
      dropped: count,
      rejected: count,
    }),
  }),
  /** `metrics` and `traces` are requests as they would go, each a text of JSON. */
  z.strictObject({
    ...told,
    action: z.literal('show'),
    endpoint: text,
    metrics: text,
    traces: z.array(z.string()),
  }),
  z.strictObject({
    ...told,
    action: z.literal('on'),
    endpoint: z.string(),
    token: z.boolean(),
    /** Where the agreement is kept. */
    file: z.string(),
    sends: z.boolean(),
  }),
  z.strictObject({ ...told, action: z.literal('off'), was: text, waited: count }),
  z.strictObject({ ...told, action: z.literal('flush'), sent: count, waiting: count, trouble }),
]);

/** Every document that `--json` prints; `kind` tells which. `secrets`, `undo` and `init` have members by action. */
export const output = z.union([
  plan,
  setup,
  doctor,
  error,
  environment,
  list,
  profile,
  report,
  reported,
  telemetry,
  z.looseObject({ schema: z.literal(1), kind: z.literal('secrets'), action: z.string() }),
  z.looseObject({ schema: z.literal(1), kind: z.literal('undo') }),
  init,
]);
