import { parse, TomlError, type TomlTable } from 'smol-toml';
import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { isSecretSetting } from './settings.ts';

/** What a `profiles.toml` says. */
export interface Profiles {
  active: string | undefined;
  /** Settings by profile, values as they stand there. */
  profiles: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** The whole document. */
  document: TomlTable;
}

/**
 * Text of a `profiles.toml`.
 * @throws UserError 78 for bytes that Prefect cannot read either: a byte order mark, another encoding.
 */
export function decodeProfiles(bytes: Uint8Array, path: string): string {
  const file = quoteWord(path);
  const move = `${quoteWord(`${path}.new`)} && mv ${quoteWord(`${path}.new`)} ${file}`;
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw unreadable(`${path} begins with a byte order mark.`, `tail -c +4 ${file} > ${move}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    throw unreadable(
      `${path} is not UTF-8 text.`,
      `iconv -f ${wide ? 'UTF-16' : 'ISO-8859-1'} -t UTF-8 ${file} > ${move}`,
    );
  }
}

/**
 * Reads a `profiles.toml`; an empty text has no profiles.
 * @throws UserError 78 for what Prefect cannot read either: no TOML, a table or key twice, a profile that is no table.
 */
export function readProfiles(text: string, path: string): Profiles {
  let document: TomlTable;
  try {
    document = parse(text, { integersAsBigInt: 'asNeeded' });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw unreadable(
      `${path} is not valid TOML: line ${error.line}, column ${error.column}.`,
      `\${EDITOR:-vi} +${error.line} ${quoteWord(path)}`,
    );
  }
  const { active, profiles = {} } = document;
  if (active !== undefined && typeof active !== 'string') throw wrongShape('active', path);
  if (!isTable(profiles)) throw wrongShape('profiles', path);
  const byName = new Map<string, Record<string, unknown>>();
  for (const [name, table] of Object.entries(profiles)) {
    if (!isTable(table)) throw wrongShape(`profiles.${name}`, path);
    byName.set(name, table);
  }
  return { active, profiles: byName, document };
}

/** How a profile table stands to what is wanted. */
export interface Comparison {
  state: 'absent' | 'same' | 'differs';
  /** Names that are neither wanted nor to be removed: the person's own. */
  extras: readonly string[];
  /** Secret settings that stand there in the clear. */
  secrets: readonly string[];
}

/**
 * Compares a profile with what is wanted. A bare `true` or `5` counts as its text, as Prefect reads it.
 * @param forget names written earlier that are not wanted any more.
 */
export function compareProfile(
  found: Profiles,
  profile: string,
  settings: Readonly<Record<string, string>>,
  forget: readonly string[],
): Comparison {
  const table = found.profiles.get(profile);
  if (table === undefined) return { state: 'absent', extras: [], secrets: [] };
  const names = Object.keys(table);
  const stale = names.filter(name => forget.includes(name) && !Object.hasOwn(settings, name));
  const same = Object.entries(settings).every(([name, value]) => settingText(table, name) === value);
  return {
    state: same && stale.length === 0 ? 'same' : 'differs',
    extras: names.filter(name => !Object.hasOwn(settings, name) && !stale.includes(name)),
    secrets: names.filter(isSecretSetting),
  };
}

/** The text of a setting in a profile table, or undefined when it is not there or no scalar. */
export function settingText(table: Readonly<Record<string, unknown>> | undefined, name: string): string | undefined {
  const value = table && Object.hasOwn(table, name) ? table[name] : undefined;
  return ['string', 'boolean', 'number', 'bigint'].includes(typeof value) ? String(value) : undefined;
}

export function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function wrongShape(what: string, path: string): UserError {
  return unreadable(`In ${path} "${what}" is not what Prefect expects there.`, `\${EDITOR:-vi} ${quoteWord(path)}`);
}

function unreadable(message: string, next: string): UserError {
  return new UserError({
    id: 'HB201',
    message,
    cause: 'Prefect cannot read it either, so every command of it fails; nothing was changed.',
    next,
    exit: EXIT.invalid,
  });
}
