import { type MaskTable, placesIn, tableOf } from '../../core/mask.ts';
import { spellingsOf } from '../../core/mask-patterns.ts';
import { SECRET_NAME } from '../../core/secret-name.ts';
import { headersIn } from '../../core/secret-parts.ts';
import { warnAboutValue } from '../pattern.ts';

/** A value that is looked for, with the name of its secret. Never leaves this process. */
export interface KnownValue {
  name: string;
  environment: string;
  value: string;
}

/** What is looked for, prepared once. */
export interface KnownTable {
  table: MaskTable | undefined;
  /** Secrets by the spelling of their value. */
  owners: ReadonlyMap<string, KnownValue>;
  /** Names of those that cannot be looked for: what is short or a common word stands everywhere. */
  left: readonly string[];
}

/** Lines of a key block. */
const KEY_LINE = /^[A-Za-z0-9+/=]{32,}$/;

/** @param values of the store, by secret. */
export function knownTable(values: readonly KnownValue[]): KnownTable {
  const owners = new Map<string, KnownValue>();
  const left: string[] = [];
  for (const known of values) {
    const parts = [...new Set(partsOf(known.value))].filter(part => warnAboutValue(part) === undefined);
    if (parts.length === 0) left.push(known.name);
    for (const part of parts) {
      for (const spelling of spellingsOf(part)) if (!owners.has(spelling)) owners.set(spelling, known);
    }
  }
  return { table: tableOf(owners.keys()), owners, left: [...new Set(left)] };
}

export interface KnownHit {
  known: KnownValue;
  /** `[start, end)` in bytes. */
  start: number;
  end: number;
}

/** Places where a value stands, as it is or in one of its spellings (facts secrets §5). */
export function knownIn({ table, owners }: KnownTable, bytes: Buffer): KnownHit[] {
  if (table === undefined) return [];
  return placesIn(table, bytes).flatMap(({ start, end }) => {
    const known = owners.get(bytes.toString('latin1', start, end));
    return known === undefined ? [] : [{ known, start, end }];
  });
}

/**
 * What gives a secret away: the value; of one in many lines those that are random, since the others (a type, an
 * address) stand in other files too; of a header the token in it.
 */
function partsOf(value: string): string[] {
  const whole = value.trim();
  return [whole, ...keyLines(whole), ...membersOf(whole), ...credentialsIn(whole)];
}

function keyLines(value: string): string[] {
  return value.split(/\r\n|\n|\r/).filter(line => KEY_LINE.test(line));
}

/** Secrets in JSON, such as the key file of a service account. */
function membersOf(value: string): string[] {
  if (!value.startsWith('{')) return [];
  let plain: unknown;
  try {
    plain = JSON.parse(value);
  } catch {
    return [];
  }
  const found: string[] = [];
  const walk = (node: unknown, name: string): void => {
    if (typeof node === 'object' && node !== null) for (const [key, one] of Object.entries(node)) walk(one, key);
    else if (typeof node === 'string' && isSecretMember(name, node)) found.push(node, ...keyLines(node));
  };
  walk(plain, '');
  return found;
}

function isSecretMember(name: string, value: string): boolean {
  return value.length >= 12 && SECRET_NAME.test(name) && !/^https?:/.test(value);
}

/** Of the headers of OpenTelemetry what signs in; the others (a team, a tenant) stand in other files too. */
function credentialsIn(value: string): string[] {
  return headersIn(value).flatMap(({ name, content, token }) => token ?? (SECRET_NAME.test(name) ? content : []));
}
