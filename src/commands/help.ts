import type { ActionSpec, CommandSpec } from './spec.ts';
import { COMMANDS, GLOBAL_OPTIONS, shownOptions } from './table.ts';

type Row = readonly [term: string, words: string];

const EVERY = 'Options of every command:';
const HELP: Row = ['-h, --help', 'show this help'];

/**
 * The help of a command, or of one of its actions: a sentence, options by use, those of every command last, exit codes,
 * examples.
 * @param width columns of the terminal.
 */
export async function helpText(spec: CommandSpec, action: ActionSpec | undefined, width: number): Promise<string> {
  const { Help } = await import('commander');
  const help = new Help();
  help.prepareContext({ helpWidth: width });
  const sections = sectionsOf(spec, action);
  const column = Math.max(...sections.flatMap(({ rows }) => rows.map(([term]) => term.length)));
  const said = action ?? spec;
  return [
    `Usage: hotpass-bootstrap ${usageOf(spec, action)}`,
    '',
    help.boxWrap([said.summary, said.about].filter(Boolean).join(' '), width),
    '',
    ...sections.flatMap(({ title, rows }) => [
      title,
      ...rows.map(([term, words]) => help.formatItem(term, column, words, help)),
      '',
    ]),
    'Examples:',
    ...said.examples.map(line => `  ${line}`),
  ].join('\n');
}

function usageOf(spec: CommandSpec, action: ActionSpec | undefined): string {
  if (action) return [spec.name, action.name, action.args, '[options]'].filter(Boolean).join(' ');
  if (spec.passThrough) {
    // The words of the command that is run come after the dashes.
    const own = spec.args?.split(' ').slice(0, -1) ?? [];
    return ['[options]', spec.name, ...own, '--', spec.args?.split(' ').at(-1)].join(' ');
  }
  // The one that is meant when none is named.
  return [spec === COMMANDS[0] ? `[${spec.name}]` : spec.name, spec.args, '[options]'].filter(Boolean).join(' ');
}

interface Section {
  title: string;
  rows: Row[];
}

function sectionsOf(spec: CommandSpec, action: ActionSpec | undefined): Section[] {
  const every = new Set(GLOBAL_OPTIONS);
  const actions = action ? [] : (spec.actions ?? []);
  const groups = new Map<string, Row[]>([
    ['Actions:', actions.map(each => [[each.name, each.args].filter(Boolean).join(' '), each.summary])],
    ['Options:', []],
  ]);
  for (const option of shownOptions(spec, action)) {
    const title = every.has(option) ? EVERY : `${option.use ?? 'Options'}:`;
    const words = `${option.help}${option.repeat ? ' (may be given several times)' : ''}`;
    groups.set(title, [...(groups.get(title) ?? []), [option.flags, words]]);
  }
  groups.set(EVERY, [...(groups.get(EVERY) ?? []), HELP]);
  const ends = (action ?? spec).ends ?? [];
  groups.set('Exit codes:', [...ends]);
  return [...groups].map(([title, rows]) => ({ title, rows })).filter(({ rows }) => rows.length > 0);
}

/** The help of the tool itself; made from the table, without the parser. */
export function rootHelp(): string {
  const width = Math.max(...COMMANDS.map(command => command.name.length)) + 2;
  const options = GLOBAL_OPTIONS.map(option => `  ${option.flags.padEnd(24)}${option.help}`);
  return [
    'From a fresh clone to a first green run, in one command.',
    '',
    'Usage: hotpass-bootstrap [command] [options]',
    '',
    'Commands:',
    ...COMMANDS.map(command => `  ${command.name.padEnd(width)}${command.summary}`),
    '',
    EVERY,
    ...options,
    `  ${'-h, --help'.padEnd(24)}show this help, or that of a command`,
    `  ${'--version'.padEnd(24)}print the version`,
    '',
    'Examples:',
    '  hotpass-bootstrap                     set up the project in this folder',
    '  hotpass-bootstrap plan                see first what that would change',
    '  hotpass-bootstrap run -- make test    run something with its secrets',
    '',
  ].join('\n');
}
