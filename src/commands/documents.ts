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

const environment = z.strictObject({
  schema: z.literal(1),
  kind: z.literal('env'),
  variables: z.record(z.string(), z.string()),
});

/** Every document that `--json` prints; `kind` tells which. `secrets`, `undo` and `init` have members by action. */
export const output = z.union([
  plan,
  setup,
  error,
  environment,
  z.looseObject({ schema: z.literal(1), kind: z.literal('secrets'), action: z.string() }),
  z.looseObject({ schema: z.literal(1), kind: z.literal('undo') }),
  z.strictObject({ schema: z.literal(1), kind: z.literal('init'), path: z.string() }),
]);
