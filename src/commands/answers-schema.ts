import * as z from 'zod/mini';
import { STEP_IDS } from '../core/ids.ts';
import { entryName } from '../manifest/rules.ts';
import { COHORTS } from '../onboarding/events.ts';

/** Where secrets may come from, as an answer names it. */
const STORES = ['keychain', 'sealed-file', 'environment'] as const;

/** What each answer is for; the generator of `schemas/answers.schema.json` reads it. */
export const answerDescriptions = new Map<z.core.$ZodType, string>();

function may<S extends z.core.$ZodType>(description: string, schema: S): z.ZodMiniOptional<S> {
  const optional = z.optional(schema);
  answerDescriptions.set(optional, description);
  return optional;
}

const text = z.string().check(z.minLength(1));
const steps = z.union([text, z.array(z.enum(STEP_IDS))], { error: 'a text with commas or a list of steps' });
const environment = z.string().check(context => {
  const reason = entryName(context.value);
  if (reason) context.issues.push({ code: 'custom', message: reason, input: context.value });
});

/** An answers file (`--answers FILE`): what flags and the questions of the wizard can say, never a secret. */
export const answersSchema = z.strictObject({
  $schema: may('Where an editor finds this schema', z.string()),
  environment: may('The environment, as --env', environment),
  template: may('A manifest that comes with the tool, as --template', text),
  only: may('Only these steps and what they need, as --only', steps),
  skip: may('Leave out these steps and what needs them, as --skip', steps),
  store: may('Where the secrets of this machine come from, as secrets where --use', z.enum(STORES)),
  link: may('Let this folder use the secrets of that workspace, as --link', text),
  'approve-origin': may('Let stored secrets be sent to these addresses, as --approve-origin', z.array(text)),
  cohort: may('How you come to this project, for the report, as --cohort', z.enum(COHORTS)),
});
