import type { CommandSpec, OptionSpec, Values } from './spec.ts';
import { COMMANDS, GLOBAL_OPTIONS, shownOptions } from './table.ts';

/** Where the cursor is in a command line. */
export interface Place {
  /** What may stand here: words with what they mean, or names of a kind. Undefined: nothing that we know of. */
  wants: readonly Choice[] | Values | undefined;
  /** What was typed of it. */
  typed: string;
  /** What stands before it in the same word, and comes before each answer. */
  before: string;
  /** How much of an answer the shell takes for words of their own, and does not want back. */
  cut: number;
  /** The command, as far as it is known. */
  command: CommandSpec | undefined;
  /** Values of the options that say which workspace is meant. */
  given: Readonly<Record<string, string>>;
}

export type Choice = readonly [word: string, about: string];

/**
 * Reads a command line up to the cursor, by the same table as the parser.
 * @param words all after the program's name; the last one is under the cursor and may be empty.
 */
export function placeOf(words: readonly string[]): Place {
  const line = joined(words);
  const typed = line.words.at(-1) ?? '';
  const read: Read = { command: undefined, args: [], given: {}, used: new Set(), plain: false };
  for (const word of line.words.slice(0, -1)) take(read, word);
  const { command, given } = read;
  const at = (wants: Place['wants'], from = 0): Place => ({
    wants,
    typed: typed.slice(from),
    before: typed.slice(0, from),
    cut: line.cut,
    command,
    given,
  });
  if (read.waiting) return listAt(read.waiting, at, typed, 0);
  if (passedOn(read)) return at('file');
  if (!read.plain && typed.startsWith('-')) {
    const [name = '', value] = typed.split(/=(.*)/s);
    const option = value === undefined ? undefined : optionNamed(read, name);
    if (value !== undefined) return option ? listAt(option, at, typed, name.length + 1) : at(undefined);
    return at(optionChoices(read));
  }
  return at(positional(read));
}

interface Read {
  command: CommandSpec | undefined;
  args: string[];
  given: Record<string, string>;
  used: Set<OptionSpec>;
  /** After `--`: no more options. */
  plain: boolean;
  /** The option whose value comes next. */
  waiting?: OptionSpec | undefined;
}

function take(read: Read, word: string): void {
  if (read.waiting) {
    read.given[longName(read.waiting)] = word;
    read.waiting = undefined;
  } else if (passedOn(read)) read.args.push(word);
  else if (word === '--') read.plain = true;
  else if (!read.plain && word.startsWith('-')) takeOption(read, word);
  else if (read.command || read.plain) read.args.push(word);
  else read.command = COMMANDS.find(({ name }) => name === word) ?? UNKNOWN;
}

function takeOption(read: Read, word: string): void {
  const [name = '', value] = word.split(/=(.*)/s);
  const option = optionNamed(read, name);
  if (!option) return;
  read.used.add(option);
  if (!option.flags.includes('<')) return;
  if (value === undefined) read.waiting = option;
  else read.given[longName(option)] = value;
}

/** A first word that is no command: nothing that comes after it is known. */
const UNKNOWN: CommandSpec = { name: '', summary: '', options: [], examples: [] };

/** Behind the program of `run` everything is the program's. */
function passedOn({ command, args }: Read): boolean {
  return command?.passThrough === true && args.length > ownArgs(command);
}

/** How many arguments stand before the program: the name that `measure` records under is one. */
function ownArgs({ args = '' }: CommandSpec): number {
  return args.split(' ').length - 1;
}

function positional({ command, args }: Read): Place['wants'] {
  if (!command) return COMMANDS.map(({ name, summary }) => [name, summary] as const);
  const [word] = args;
  if (command.passThrough && args.length === ownArgs(command)) return 'command';
  if (command.actions && word === undefined)
    return command.actions.map(({ name, summary }) => [name, summary] as const);
  if (args.length === 1) return command.actions?.find(({ name }) => name === word)?.values;
  return args.length === 0 ? command.values : undefined;
}

function optionsHere({ command, args }: Read): readonly OptionSpec[] {
  if (command === UNKNOWN) return [];
  // Without a command it is setup.
  const [setup] = COMMANDS;
  const spec = command ?? setup;
  if (!spec) return GLOBAL_OPTIONS;
  return shownOptions(
    spec,
    spec.actions?.find(({ name }) => name === args[0]),
  );
}

function optionChoices(read: Read): readonly Choice[] {
  return optionsHere(read)
    .filter(option => option.repeat || !read.used.has(option))
    .flatMap(({ flags, help }) => namesOf(flags).map(name => [name, help] as const));
}

function optionNamed(read: Read, name: string): OptionSpec | undefined {
  return optionsHere(read).find(({ flags }) => namesOf(flags).includes(name));
}

/** The value of an option; of a list with commas, the part behind the last one. */
function listAt(option: OptionSpec, at: (wants: Place['wants'], from: number) => Place, typed: string, from: number) {
  const { values, list } = option;
  if (!list || !Array.isArray(values)) return at(values, from);
  const start = Math.max(from, typed.lastIndexOf(',') + 1);
  const had = typed.slice(from, start).split(',');
  const rest = (values as readonly string[]).filter(value => !had.includes(value));
  return at(rest, start);
}

function namesOf(flags: string): string[] {
  return flags.replace(/ <.*/, '').split(', ');
}

function longName({ flags }: OptionSpec): string {
  return (namesOf(flags).at(-1) ?? '').replace(/^--/, '');
}

/** bash ends a word at an equals sign and at a colon, and gives the sign as a word of its own. */
function joined(words: readonly string[]): { words: string[]; cut: number } {
  const out: string[] = [];
  let open = false;
  let cut = 0;
  for (const word of words) {
    const last = out.at(-1);
    const sign = word === ':' || (word === '=' && last?.startsWith('--') === true && !last.includes('='));
    const before: string | undefined = sign || open ? last : undefined;
    cut = before === undefined ? 0 : before.length + (sign ? 1 : 0);
    if (before === undefined) out.push(word);
    else out[out.length - 1] = before + word;
    open = sign && before !== undefined;
  }
  return { words: out, cut };
}
