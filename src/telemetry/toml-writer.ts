export type TomlValue = string | number | boolean | readonly TomlValue[];
export type TomlTable = { readonly [key: string]: TomlValue | TomlTable };

/** A TOML document with this one table; tables inside it become tables of their own. Read back by tomllib in the tests. */
export function tomlTable(name: string, table: TomlTable): string {
  return lines([name], table).join('\n').concat('\n');
}

function lines(path: readonly string[], table: TomlTable): string[] {
  const plain: string[] = [];
  const nested: string[] = [];
  for (const [key, value] of Object.entries(table)) {
    if (isTable(value)) nested.push('', ...lines([...path, key], value));
    else plain.push(`${tomlKey(key)} = ${tomlValue(value)}`);
  }
  return [`[${path.map(tomlKey).join('.')}]`, ...plain, ...nested];
}

function isTable(value: TomlValue | TomlTable): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value);
}

/** A key, quoted where it must be. */
export function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : tomlString(key);
}

/** A value on one line. */
export function tomlValue(value: TomlValue): string {
  if (typeof value === 'string') return tomlString(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return tomlNumber(value);
  return `[${value.map(tomlValue).join(', ')}]`;
}

/** A whole number stays an integer, everything else is a float. */
function tomlNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  if (!Number.isFinite(value)) throw new RangeError(`${value} is not a number for a file`);
  const text = String(value);
  return text.includes('.') || !/e/.test(text) ? text : text.replace('e', '.0e');
}

const ESCAPES: Record<string, string> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

/** A basic string; a lone surrogate, which TOML cannot hold, becomes U+FFFD. */
function tomlString(text: string): string {
  const body = text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[\x00-\x1f\x7f"\\]/g, char => ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `"${body}"`;
}
