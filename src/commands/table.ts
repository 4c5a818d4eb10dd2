import { STEP_IDS } from '../core/ids.ts';
import { RUN } from './plain-run.ts';
import type { ActionSpec, CommandSpec, OptionSpec } from './spec.ts';
import { FIGURE_COMMANDS } from './table-figures.ts';
import { ITEM_COMMANDS } from './table-items.ts';
import { VAULT_OPTIONS } from './table-secrets.ts';
import { TELEMETRY_COMMAND } from './table-telemetry.ts';

/** Options of every command (design §2). */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: '-C, --directory <path>', help: 'work in this folder instead of the current one', values: 'folder' },
  { flags: '--manifest <file>', help: 'read this manifest instead of the one at the root', values: 'file' },
  { flags: '--env <name>', help: 'the environment, e.g. staging', values: 'environment' },
  { flags: '--answers <file>', help: 'answers to the questions, TOML or JSON', values: 'file' },
  { flags: '--no-input', help: 'ask nothing; say what is missing and stop' },
  { flags: '--json', help: 'print one JSON document on standard output' },
  { flags: '-q, --quiet', help: 'say only what went wrong' },
  { flags: '-v, --verbose', help: 'show what the programs that are run say' },
  { flags: '--no-color', help: 'no colours' },
  { flags: '--offline', help: 'use no network' },
];

const YES: OptionSpec = { flags: '-y, --yes', help: 'go on without asking for confirmation' };

const WHAT = 'What to look at';
const STEPS: readonly OptionSpec[] = [
  {
    flags: '--only <steps>',
    help: 'only these steps and what they need, e.g. uv,python',
    use: WHAT,
    values: STEP_IDS,
    list: true,
  },
  {
    flags: '--skip <steps>',
    help: 'leave out these steps and what needs them',
    use: WHAT,
    values: STEP_IDS,
    list: true,
  },
  { flags: '--recheck', help: 'check everything again, whatever was verified before', use: WHAT },
  {
    flags: '--template <name>',
    help: 'use a manifest that comes with the tool, e.g. hotpass; it is remembered, none forgets it',
    use: WHAT,
    values: 'template',
  },
];

const STUCK = 'When it cannot go on';

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'setup',
    summary: 'Set up this machine for the project, or bring it up to date.',
    about:
      'This is what happens when no command is named. The plan is shown and confirmed once; with nothing to do it prints one line.',
    options: [
      { flags: '-n, --dry-run', help: 'show what would change, change nothing' },
      ...STEPS,
      { flags: '--wait <seconds>', help: 'wait this long for another run to end', use: STUCK },
      { flags: '--break-lock', help: 'take the lock of a run that will not come back', use: STUCK },
      {
        flags: '--blocked-on <reason>',
        help: 'why it cannot go on, for the report: access, secret, network, hardware or human',
        use: STUCK,
        values: ['access', 'secret', 'network', 'hardware', 'human'],
      },
      {
        flags: '--cohort <cohort>',
        help: 'how you come to this project, for the report: new, experienced or returning',
        values: ['new', 'experienced', 'returning'],
      },
      {
        flags: '--link <id>',
        help: 'let this folder use the secrets of that workspace',
        use: STUCK,
        values: 'workspace',
      },
      {
        flags: '--approve-origin <url>',
        help: 'let a stored secret be sent to this address',
        use: STUCK,
        repeat: true,
      },
      {
        flags: '--save-answers <file>',
        help: 'keep what was answered, without secrets',
        values: 'file',
      },
      ...VAULT_OPTIONS,
    ],
    examples: ['hotpass-bootstrap', 'hotpass-bootstrap setup --env staging'],
    ends: [
      ['0', 'everything is in order'],
      ['1', 'a step failed'],
      ['2', '-n: changes are pending'],
      ['3', 'something is missing that only you can give'],
      ['69', 'something that is needed cannot be reached'],
      ['75', 'another run is at work'],
      ['78', 'the manifest is not valid, or a security rule forbids it'],
    ],
    changes: true,
  },
  {
    name: 'plan',
    summary: 'Show what setup would change, and change nothing.',
    options: STEPS,
    examples: ['hotpass-bootstrap plan', 'hotpass-bootstrap plan --env staging --json'],
    ends: [
      ['0', 'there is nothing to do'],
      ['2', 'changes are pending, a missing secret among them'],
    ],
  },
  {
    name: 'doctor',
    summary: 'Say what is wrong here and what to type.',
    options: [
      { flags: '--fix', help: 'run the fixes that are safe, after showing them and asking once' },
      { flags: '--deep', help: 'also look at what takes longer than two seconds' },
    ],
    examples: ['hotpass-bootstrap doctor', 'hotpass-bootstrap doctor --fix'],
    ends: [
      ['0', 'there is nothing to do'],
      ['2', 'something needs attention'],
    ],
    changes: true,
  },
  RUN,
  ...FIGURE_COMMANDS,
  TELEMETRY_COMMAND,
  ...ITEM_COMMANDS,
];

/** All options of a command, its own first. */
export function optionsOf(spec: CommandSpec): readonly OptionSpec[] {
  return [...spec.options, ...(spec.changes ? [YES] : []), ...GLOBAL_OPTIONS];
}

/** What the help and the completion of a command, or of one of its actions, show. */
export function shownOptions(spec: CommandSpec, action?: ActionSpec): readonly OptionSpec[] {
  const own = new Set(action?.options ?? spec.options);
  return optionsOf(spec).filter(option => {
    // What a program prints under `run` is the program's.
    if (spec.passThrough && option.flags === '--json') return false;
    return own.has(option) || !spec.options.includes(option);
  });
}
