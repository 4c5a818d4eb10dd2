import type * as z from 'zod/mini';
import { nearest } from '../core/ids.ts';

export type Path = readonly (string | number)[];

/** Something wrong in a manifest. */
export interface Problem {
  /** Where: keys from the top of the manifest. */
  path: Path;
  /** Point at the key rather than at its value. */
  atKey: boolean;
  /** What is wrong and what is allowed; follows the key, so it has no subject. */
  message: string;
}

/** A problem with a value, or with a key when `atKey` is given. */
export function problem(path: Path, message: string, atKey = false): Problem {
  return { path, message, atKey };
}

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/**
 * The sentences for what the schema found: unknown keys with the nearest allowed one, wrong types with what is allowed.
 * @param data the parsed TOML the issues are about.
 */
export function problemsOf(issues: readonly Issue[], schema: Schema, data: unknown): Problem[] {
  return issues.flatMap(issue => sentences(issue, [], schema, data));
}

function sentences(issue: Issue, above: Path, schema: Schema, data: unknown): Problem[] {
  const path = [...above, ...issue.path.map(part => (typeof part === 'number' ? part : String(part)))];
  const value = valueAt(data, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => problem([...path, key], unknownKey(key, keysAt(schema, path)), true));
    case 'invalid_key':
      return [problem(path, issue.issues[0]?.message ?? 'is not a valid name', true)];
    case 'invalid_union': {
      const meant = issue.errors.filter(branch =>
        branch.every(inner => inner.path.length > 0 || isAboutContent(inner)),
      );
      const [branch] = meant;
      if (meant.length === 1 && branch) return branch.flatMap(inner => sentences(inner, path, schema, data));
      return [problem(path, `must be ${issue.message}${found(value)}`)];
    }
    case 'invalid_value':
      if (value === undefined) return [problem(path, 'is missing', true)];
      return [problem(path, oneOf(issue.values.map(String), value))];
    case 'invalid_type':
      if (value === undefined) return [problem(path, `is missing: it must be ${typeName(issue.expected)}`, true)];
      return [problem(path, `must be ${typeName(issue.expected)}${found(value)}`)];
    case 'too_small':
      return [problem(path, issue.origin === 'array' ? 'must not be empty' : `must be more than ${issue.minimum}`)];
    case 'too_big':
      return [problem(path, `must be at most ${issue.maximum}`)];
    default:
      return [problem(path, issue.message)];
  }
}

/** An issue of a branch that had the right type. */
function isAboutContent(issue: Issue): boolean {
  return issue.code !== 'invalid_type' && issue.code !== 'invalid_value';
}

/** `unknown key; did you mean "profile"?`, or what is allowed. */
export function unknownKey(key: string, allowed: readonly string[]): string {
  const guess = nearest(key, allowed);
  if (guess) return `is an unknown key; did you mean "${guess}"?`;
  return allowed.length === 0 ? 'is an unknown key' : `is an unknown key; allowed: ${allowed.join(', ')}`;
}

/** The end of a sentence about a name that stands nowhere. */
export function unknownName(name: string, known: readonly string[], where: string): string {
  const guess = nearest(name, known);
  if (guess) return `names "${name}", which is not under ${where}; did you mean "${guess}"?`;
  return `names "${name}", which is not under ${where}${known.length > 0 ? `; there are: ${known.join(', ')}` : ''}`;
}

function oneOf(allowed: readonly string[], value: unknown): string {
  // The nearest spelling of a number would still stand in quotes.
  const texts = allowed.filter(entry => !Number(entry));
  const guess = typeof value === 'string' ? nearest(value, texts) : undefined;
  const list = allowed.map(entry => JSON.stringify(Number(entry) || entry)).join(' or ');
  return `must be ${list}${found(value)}${guess ? `; did you mean "${guess}"?` : ''}`;
}

function typeName(expected: string): string {
  const names: Record<string, string> = {
    string: 'a text in quotes',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a table',
    record: 'a table',
  };
  return names[expected] ?? expected;
}

/** What stands there instead; texts are not repeated, since a secret may have been pasted. */
function found(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return ', not this text';
  if (typeof value === 'number' || typeof value === 'bigint') return `, not the number ${value}`;
  if (typeof value === 'boolean') return `, not ${value}`;
  if (Array.isArray(value)) return ', not a list';
  return value instanceof Date ? ', not a date' : ', not a table';
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

interface Definition {
  type: string;
  shape?: Record<string, Schema>;
  innerType?: Schema;
  valueType?: Schema;
  element?: Schema;
  options?: readonly Schema[];
}

/** Keys the schema allows in the table at a path. */
function keysAt(schema: Schema, path: Path): string[] {
  const def = schema._zod.def as unknown as Definition;
  if (def.innerType) return keysAt(def.innerType, path);
  if (def.options) return def.options.flatMap(option => keysAt(option, path));
  const [first, ...rest] = path;
  if (first === undefined) return def.shape ? Object.keys(def.shape) : [];
  const next = def.shape?.[first] ?? def.valueType ?? def.element;
  return next ? keysAt(next, rest) : [];
}
