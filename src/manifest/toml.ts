import { parse, TomlError } from 'smol-toml';
import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';

export type Table = Record<string, unknown>;

/**
 * Reads a TOML document.
 * @param shown the file's name in the error.
 * @throws UserError 78 that begins `FILE:LINE:COLUMN: `; for a key or table that stands twice it names both lines.
 */
export function readToml(text: string, shown: string): Table {
  try {
    return parse(text) as Table;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new UserError({
      message: `${shown}:${error.line}:${error.column}: ${whatIsWrong(text, error)}`,
      cause: 'The file is not valid TOML, so nothing in it could be read.',
      next: `\${EDITOR:-vi} +${error.line} ${quoteWord(shown)}`,
      exit: EXIT.invalid,
      id: 'HB130',
    });
  }
}

function whatIsWrong(text: string, error: TomlError): string {
  const reason = /^Invalid TOML document: (.*)/.exec(error.message)?.[1] ?? 'this cannot be read';
  if (!reason.startsWith('trying to redefine')) return reason;
  const lines = text.split(/\r?\n/);
  const words = definition(lines[error.line - 1] ?? '');
  const first = lines.findIndex(line => definition(line) === words) + 1;
  if (words === '') return 'this key or table stands twice';
  return first > 0 && first < error.line
    ? `"${words}" stands twice; the first one is on line ${first}`
    : `"${words}" stands twice`;
}

/** The table or key a line defines, without spaces and quotes. */
function definition(line: string): string {
  const header = /^\s*\[{1,2}([^\]]+)\]/.exec(line)?.[1];
  const key = /^\s*([^=#[\]]+?)\s*=/.exec(line)?.[1];
  return (header ?? key ?? '').replace(/[\s"']/g, '');
}

/** The table at a path, or undefined when there is none. */
export function tableAt(data: unknown, ...path: string[]): Table | undefined {
  let value: unknown = data;
  for (const key of path) value = isTable(value) ? value[key] : undefined;
  return isTable(value) ? value : undefined;
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The strings of a list; anything else in it is left out. */
export function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(entry => typeof entry === 'string') : [];
}
