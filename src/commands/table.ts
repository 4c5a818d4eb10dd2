/** One option: flags as commander reads them, and a sentence for the help. */
export interface OptionSpec {
  flags: string;
  help: string;
  /** May be given several times. */
  repeat?: boolean;
}

export interface CommandSpec {
  name: string;
  /** One sentence. */
  summary: string;
  /** Positional arguments, e.g. `[action] [name]`. */
  args?: string;
  /** Words the first argument may be. */
  actions?: readonly string[];
  options: readonly OptionSpec[];
  examples: readonly string[];
  /** Everything after the first word that is no option of ours belongs to the program that is run. */
  passThrough?: boolean;
  /** Changes something, so it takes --yes. */
  changes?: boolean;
}

/** Options of every command (design §2). */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: '-C, --directory <path>', help: 'work in this folder instead of the current one' },
  { flags: '--manifest <file>', help: 'read this manifest instead of the one at the root' },
  { flags: '--env <name>', help: 'the environment, e.g. staging' },
  { flags: '--answers <file>', help: 'answers to the questions, TOML or JSON' },
  { flags: '--no-input', help: 'ask nothing; say what is missing and stop' },
  { flags: '--json', help: 'print one JSON document on standard output' },
  { flags: '-q, --quiet', help: 'say only what went wrong' },
  { flags: '-v, --verbose', help: 'show what the programs that are run say' },
  { flags: '--no-color', help: 'no colours' },
  { flags: '--offline', help: 'use no network' },
];

const STEPS: readonly OptionSpec[] = [
  { flags: '--only <steps>', help: 'only these steps and what they need, e.g. uv,python' },
  { flags: '--skip <steps>', help: 'leave out these steps and what needs them' },
  { flags: '--template <name>', help: 'use a manifest that comes with the tool, e.g. hotpass' },
  { flags: '--recheck', help: 'check everything again, whatever was verified before' },
];

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'setup',
    summary: 'Bring this machine in order for the workspace (the command when none is named).',
    options: [
      ...STEPS,
      { flags: '-n, --dry-run', help: 'show what would change, change nothing' },
      { flags: '--wait <seconds>', help: 'wait this long for another run to end' },
      { flags: '--break-lock', help: 'take the lock of a run that will not come back' },
      { flags: '--link <id>', help: 'let this folder use the secrets of that workspace' },
      { flags: '--approve-origin <url>', help: 'let a stored secret be sent to this address', repeat: true },
      { flags: '--blocked-on <reason>', help: 'why it cannot go on: access, secret, network, hardware or human' },
    ],
    examples: ['hotpass-bootstrap', 'hotpass-bootstrap setup --env staging'],
    changes: true,
  },
  {
    name: 'plan',
    summary: 'Show what setup would change, and change nothing.',
    options: STEPS,
    examples: ['hotpass-bootstrap plan', 'hotpass-bootstrap plan --env staging --json'],
  },
  {
    name: 'run',
    summary: "Run a command with the environment's settings and secrets.",
    args: '[command...]',
    options: [],
    examples: [
      'hotpass-bootstrap run -- python flows/refine.py',
      'hotpass-bootstrap --env staging run -- prefect version',
    ],
    passThrough: true,
  },
  {
    name: 'env',
    summary: 'Print the same settings for a shell or a file.',
    options: [
      { flags: '--format <format>', help: 'shell (default), dotenv or json' },
      { flags: '--secrets', help: 'with the secrets, into a pipe or a file' },
      { flags: '--otel', help: 'with the OTEL_ variables, which re-route other programs too' },
      { flags: '--reveal', help: 'allow secrets on a terminal' },
      { flags: '--output <file>', help: 'write to this file, readable by you alone' },
    ],
    examples: ['eval "$(hotpass-bootstrap env)"', 'hotpass-bootstrap env --format dotenv --output .env.local'],
  },
  {
    name: 'secrets',
    summary: 'List, set, read or remove the secrets of this environment, or say where they are kept.',
    args: '[action] [name]',
    actions: ['list', 'set', 'get', 'remove', 'where'],
    options: [{ flags: '--reveal', help: 'allow a secret on a terminal' }],
    examples: ['hotpass-bootstrap secrets list', 'hotpass-bootstrap secrets set prefect-auth < value.txt'],
    changes: true,
  },
  {
    name: 'undo',
    summary: 'Take back what a run changed.',
    args: '[run]',
    options: [
      { flags: '--to <run>', help: 'take back all runs after this one' },
      { flags: '--list', help: 'list the runs' },
      { flags: '-n, --dry-run', help: 'show what would be taken back' },
      { flags: '--force', help: 'also where a file was changed since, keeping a copy of it' },
    ],
    examples: ['hotpass-bootstrap undo', 'hotpass-bootstrap undo --list'],
    changes: true,
  },
  {
    name: 'init',
    summary: 'Write a manifest for this project.',
    options: [{ flags: '--template <name>', help: 'start from a manifest that comes with the tool, e.g. hotpass' }],
    examples: ['hotpass-bootstrap init', 'hotpass-bootstrap init --template hotpass'],
    changes: true,
  },
];

/** All options of a command, its own first. */
export function optionsOf(spec: CommandSpec): readonly OptionSpec[] {
  const yes: OptionSpec[] = spec.changes ? [{ flags: '-y, --yes', help: 'go on without asking for confirmation' }] : [];
  return [...spec.options, ...yes, ...GLOBAL_OPTIONS];
}
