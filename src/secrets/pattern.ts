import { matchesWhole } from '../system/regex.ts';
import type { DeclaredSecret } from './declared.ts';

/** A file or pipe ends its last line with a newline that belongs to no secret: one is taken off (real-world 18). */
export function trimValue(value: string): string {
  return value.replace(/\r?\n$/, '');
}

/** The longest `NAME=value` Linux passes to a program, in bytes. */
const LONGEST = 131_071;
/** Control, zero-width, bidi and byte-order characters; newline and tab are looked at apart. */
const INVISIBLE = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/u;
const MULTI_LINE = /^(-----BEGIN |\{|\[)/;

/**
 * Why a value will not do, in one sentence that never shows any of it; undefined when it will.
 * @param value as it came from the person, `trimValue` already applied.
 */
export function checkValue(secret: Pick<DeclaredSecret, 'env' | 'pattern'>, value: string): string | undefined {
  if (value === '') return 'It is empty.';
  if (/\p{Surrogate}/u.test(value)) return 'It holds a broken character (half of a pair).';
  const lines = value.split('\n').length;
  const invisible = INVISIBLE.exec(value.replaceAll('\r\n', '\n'));
  if (invisible)
    return `It holds an invisible character (${codePoint(invisible[0])}) at position ${invisible.index + 1}.`;
  if (/^\s/.test(value)) return `It begins with ${spaceName(value[0])}.`;
  if (/\s$/.test(value) && lines === 1) return `It ends with ${spaceName(value.at(-1))}.`;
  if (new TextEncoder().encode(`${secret.env}=${value}`).length > LONGEST) {
    return 'It is longer than the 128 KiB that a variable can hold.';
  }
  const matches = secret.pattern === undefined ? undefined : matchesWhole(secret.pattern, value);
  if (lines > 1 && matches !== 'match' && !MULTI_LINE.test(value)) {
    return `It has ${lines} lines; a secret is one line, unless it is a key block or JSON.`;
  }
  if (matches === 'no match') return `It does not look as expected: the pattern is "${secret.pattern}"${hint(value)}.`;
  if (matches === 'timeout') return `It could not be checked: the pattern "${secret.pattern}" takes too long.`;
  if (matches === 'invalid') return `It could not be checked: "${secret.pattern}" is no regular expression.`;
  return undefined;
}

const COMMON_WORD =
  /^(true|false|yes|no|on|off|null|none|debug|info|warning|error|development|staging|production|local)$/i;

/** Can a value be masked in the output of a program, and the rest of it still be read? */
export function canBeHidden(value: string): boolean {
  return [...value].length >= 6 && !COMMON_WORD.test(value);
}

/** What is odd about a value that will do: such values make masked logs unreadable (real-world 24). */
export function warnAboutValue(value: string): string | undefined {
  if (COMMON_WORD.test(value)) return 'it is a common word';
  if (/^(\/|~\/|\.{1,2}\/|[A-Za-z]:\\)[^\s:]*$/.test(value)) return 'it looks like a path';
  return [...value].length < 6 ? 'it is shorter than 6 characters' : undefined;
}

function hint(value: string): string {
  const space = value.indexOf(' ');
  if (space !== -1) return `; it has a space at position ${space + 1}`;
  return /[^\x20-\x7E\n]/.test(value) ? '; it has characters outside ASCII' : '';
}

function spaceName(character: string | undefined): string {
  if (character === '\n' || character === '\r') return 'a newline';
  if (character === '\t') return 'a tab';
  return character === ' ' ? 'a space' : `an odd space (${codePoint(character ?? '')})`;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
