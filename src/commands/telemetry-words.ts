import { LIMITS } from '../telemetry/spool.ts';

/** What a person agrees to with `telemetry on`, beside where it goes. Each line is held against what is really sent by a test. */
export const AGREEMENT: [label: string, text: string][] = [
  [
    'what',
    'how long onboarding, setup, its steps and measured commands took; how they ended (of a short list); what onboarding was blocked on; the cohort you gave; since this quarter began',
  ],
  [
    'sender',
    'the version of this tool, the kind of system (linux, darwin, windows), and a random id that changes every quarter',
  ],
  ['never', 'user, machine, project, folder, branch, command line, error text, secret'],
  ['why', 'to see what setting up a machine costs, and to make it shorter'],
  [
    'how long',
    `here at most ${LIMITS.age / 86_400_000} days for what could not be sent; there as long as its owner keeps it, which a report needs for 12 months`,
  ],
];
