/** What may stand for a value on the command line: these words, or names of a kind that are looked up. */
export type Values =
  | readonly string[]
  | 'environment'
  | 'secret'
  | 'profile'
  | 'run'
  | 'template'
  | 'workspace'
  | 'file'
  | 'folder'
  | 'command';

/** One option: flags as commander reads them, and a few words for the help. */
export interface OptionSpec {
  flags: string;
  help: string;
  /** Heading under which the help shows it; `Options` when left out. */
  use?: string;
  /** What its value may be. */
  values?: Values;
  /** Its value is a list with commas. */
  list?: boolean;
  /** May be given several times. */
  repeat?: boolean;
}

/** What the exit codes of a command mean, where they are more than 0 and an error. */
export type Ends = readonly (readonly [code: string, meaning: string])[];

/** What the help says about a command, or about one of its actions. */
interface HelpSpec {
  /** One sentence. */
  summary: string;
  /** What else there is to know, a paragraph. */
  about?: string;
  options: readonly OptionSpec[];
  examples: readonly string[];
  ends?: Ends;
}

/** One action of a command, as in `secrets set`. */
export interface ActionSpec extends HelpSpec {
  name: string;
  /** What comes after it, e.g. `<name>`. */
  args?: string;
  /** What its argument may be. */
  values?: Values;
}

export interface CommandSpec extends HelpSpec {
  name: string;
  /** Positional arguments, e.g. `[action] [name]`. */
  args?: string;
  /** What the first argument may be, where it is no action. */
  values?: Values;
  /** What the first argument may be; the first one is meant when there is none. */
  actions?: readonly ActionSpec[];
  /** Everything after the first word that is no option of ours belongs to the program that is run. */
  passThrough?: boolean;
  /** Says itself what is wrong with more arguments than it takes. */
  takesMore?: boolean;
  /** Changes something, so it takes --yes. */
  changes?: boolean;
}

/** The names of a command's actions. */
export function actionNames(spec: CommandSpec): readonly string[] {
  return (spec.actions ?? []).map(({ name }) => name);
}
