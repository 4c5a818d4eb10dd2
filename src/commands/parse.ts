import { EXIT, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import type { Given } from '../system/command-name.ts';
import type { CommandSpec } from './spec.ts';
import { COMMANDS, GLOBAL_OPTIONS, optionsOf } from './table.ts';

/** Options by their camel-cased long names; `--no-input` is `input: false`. */
export interface Options {
  directory?: string;
  manifest?: string;
  env?: string;
  answers?: string;
  saveAnswers?: string;
  input: boolean;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
  color: boolean;
  offline?: boolean;
  yes?: boolean;
  only?: string;
  skip?: string;
  template?: string;
  recheck?: boolean;
  dryRun?: boolean;
  wait?: string;
  breakLock?: boolean;
  link?: string;
  approveOrigin?: string[];
  blockedOn?: string;
  format?: string;
  secrets?: boolean;
  otel?: boolean;
  reveal?: boolean;
  use?: string;
  redact?: boolean;
  fromKeytar?: string;
  rewrite?: boolean;
  sarif?: string;
  output?: string;
  to?: string;
  list?: boolean;
  force?: boolean;
  makefile?: boolean;
  envrc?: boolean;
  ci?: string;
  devcontainer?: boolean;
  fix?: boolean;
  deep?: boolean;
  browser?: boolean;
  callbackPort?: string;
  month?: string;
  from?: string;
  check?: boolean;
  export?: string;
  abandon?: string;
  cohort?: string;
  endpoint?: string;
  token?: boolean;
}

export interface Invocation {
  command: CommandSpec;
  /** The command line as it was given. */
  argv: readonly string[];
  options: Options;
  args: readonly string[];
  /** What printed commands have to repeat; known once the workspace was opened, until then all that was given. */
  repeats?: Given;
}

export type Parsed = { kind: 'help'; text: string } | { kind: 'version' } | { kind: 'run'; invocation: Invocation };

/** Options that take a value, of all commands: a word after one of them is no command. */
const VALUED = new Set(
  [...GLOBAL_OPTIONS, ...COMMANDS.flatMap(command => [...command.options])]
    .filter(option => option.flags.includes('<'))
    .flatMap(option => option.flags.replace(/ <.*/, '').split(', ')),
);

/**
 * Reads the command line. Without a command it is `setup`; a first word that is no command is an error, never a
 * silent `setup`.
 * @throws UserError 64
 */
export async function parse(argv: readonly string[]): Promise<Parsed> {
  const at = firstWord(argv);
  const word = at === -1 ? 'setup' : argv[at];
  const rest = at === -1 ? [...argv] : [...argv.slice(0, at), ...argv.slice(at + 1)];
  if (word === 'help') return parse([...rest, '--help']);
  if (at === -1 && rest.some(arg => arg === '--help' || arg === '-h')) {
    return { kind: 'help', text: (await import('./help.ts')).rootHelp() };
  }
  const command = COMMANDS.find(candidate => candidate.name === word);
  if ((rest.includes('--version') || rest.includes('-V')) && !command?.passThrough) return { kind: 'version' };
  if (!command) throw unknownCommand(word ?? '');
  return parseCommand(command, rest, argv);
}

function firstWord(argv: readonly string[]): number {
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] ?? '';
    if (arg === '--') return -1;
    if (!arg.startsWith('-')) return i;
    if (VALUED.has(arg)) i += 1;
  }
  return -1;
}

async function parseCommand(spec: CommandSpec, rest: readonly string[], argv: readonly string[]): Promise<Parsed> {
  const { Command, CommanderError } = await import('commander');
  const command = new Command(`hotpass-bootstrap ${spec.name}`);
  command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  for (const option of optionsOf(spec)) {
    if (option.repeat)
      command.option(option.flags, option.help, (value: string, all: string[] = []) => [...all, value]);
    else command.option(option.flags, option.help);
  }
  for (const argument of spec.args?.split(' ') ?? []) command.argument(argument);
  if (spec.passThrough) command.passThroughOptions();
  if (spec.takesMore) command.allowExcessArguments();
  try {
    command.parse([...rest], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return { kind: 'help', text: await helpOf(spec, rest) };
    throw usage(error.message.replace(/^error: /, ''), spec);
  }
  return { kind: 'run', invocation: { command: spec, argv, options: command.opts<Options>(), args: command.args } };
}

/** The help of `secrets set` where an action is named, else that of the command. */
async function helpOf(spec: CommandSpec, rest: readonly string[]): Promise<string> {
  const [{ helpText }, { resultWidth }] = await Promise.all([import('./help.ts'), import('../terminal/output.ts')]);
  const word = rest[firstWord(rest)];
  const action = spec.actions?.find(({ name }) => name === word);
  return helpText(spec, action, resultWidth());
}

function usage(message: string, spec: CommandSpec): UserError {
  const [first = '', ...rest] = message.split('\n');
  const sentence = first.charAt(0).toUpperCase() + first.slice(1);
  return new UserError({
    message: /[.?)]$/.test(sentence) ? sentence : `${sentence}.`,
    cause: rest.join(' ').replace(/^\((.*)\)$/, '$1'),
    next: `hotpass-bootstrap ${spec.name} --help`,
    exit: EXIT.usage,
  });
}

function unknownCommand(word: string): UserError {
  const near = nearest(
    word,
    COMMANDS.map(command => command.name),
  );
  return new UserError({
    message: `Unknown command: ${word}.`,
    cause:
      near === undefined
        ? `The commands are: ${COMMANDS.map(({ name }) => name).join(', ')}.`
        : `Did you mean ${near}?`,
    next: near === undefined ? 'hotpass-bootstrap --help' : `hotpass-bootstrap ${near}`,
    exit: EXIT.usage,
  });
}
