import { checkType } from './setting-types.ts';
import { emptyIsFatal, typeOf } from './settings.ts';

/**
 * Does Prefect refuse this value, and so every command of it? Says so only where it is certain; what Prefect may
 * understand in some way passes. Compared with the real Prefect in the tests.
 * @param canonical a setting that is not a secret.
 * @returns what the setting wants, in words, or undefined.
 */
export function refusedValue(canonical: string, value: string): string | undefined {
  const type = typeOf(canonical);
  if (type === undefined) return undefined;
  if (value === '') return emptyIsFatal(canonical) ? 'a value' : undefined;
  const checked = checkType(type, usual(type, value));
  return checked.ok || !isCertain(type, value) ? undefined : checked.wants;
}

/** The usual spelling of what Prefect reads more freely: spaces around, `1_000` and `5.0` for whole numbers. */
function usual(type: string, value: string): string {
  const text = value.trim();
  if (!/^(int|float)/.test(type)) return text;
  const number = text.replace(/(\d)_(?=\d)/g, '$1');
  return type.startsWith('int') ? number.replace(/\.0*$/, '') : number;
}

/** Types of which it is known what Prefect takes. */
function isCertain(type: string, value: string): boolean {
  // Some settings of numbers are read as JSON, where a list or `true` will do.
  if (/^\s*([[{]|(true|false|null)\s*$)/i.test(value) && type !== 'bool') return false;
  if (/^(bool$|int|level$|enum:)/.test(type)) return true;
  // `nan`, `inf` and hexadecimal notation are read by some versions.
  if (type.startsWith('float') && type !== 'floats') return !/inf|nan|^\s*[+-]?0x/i.test(value);
  return /^(duration|seconds)/.test(type) && !/\d/.test(value);
}
