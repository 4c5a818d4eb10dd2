import { parseEnv } from 'node:util';

/** A line that sets a variable, or why there is none. The reason never holds the value. */
export type WrittenLine = { line: string } | { reason: string };

const LONE_SURROGATE = /\p{Surrogate}/u;
/** What every program takes for the name of a variable. */
export const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** A value that every reader takes as it stands. No `~`: bash expands it. */
export const RAW_VALUE = /^[A-Za-z0-9_\-./@+,%^=:*![\]{}?\p{L}\p{N}]*$/u;

/**
 * One line of an environment file that dotenv, Node, python-dotenv, uv and bash read back alike (facts secrets §6).
 * A value with a newline takes several lines of the file.
 */
export function dotenvLine(name: string, value: string): WrittenLine {
  if (!NAME.test(name)) return { reason: 'its name is not made of letters, digits and underscores' };
  if (RAW_VALUE.test(value)) return { line: `${name}=${value}` };
  const control = unwritable(value);
  if (control !== undefined) return { reason: control };
  if (!value.includes("'") && !value.includes('${') && !value.includes('\\\\') && !value.endsWith('\\')) {
    return { line: `${name}='${value}'` };
  }
  if (!/["\\$`]/.test(value)) return { line: `${name}="${value}"` };
  return { reason: 'its value holds characters that programs read in different ways' };
}

/** All variables as one JSON object, in their order, with a newline at the end. */
export function jsonText(variables: Readonly<Record<string, string>>): string {
  return `${JSON.stringify(variables, null, 2)}\n`;
}

/** The variables of an environment file as Node reads them; the last of several lines for one name counts. */
export function readDotenv(text: string): Record<string, string> {
  return parseEnv(text) as Record<string, string>;
}

function unwritable(value: string): string | undefined {
  if (value.includes('\0')) return 'its value holds a NUL character';
  if (value.includes('\r')) return 'its value holds a carriage return';
  return LONE_SURROGATE.test(value) ? 'its value is not valid Unicode' : undefined;
}
