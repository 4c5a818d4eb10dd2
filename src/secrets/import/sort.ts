import type { DeclaredSecret } from '../declared.ts';
import { indexVariable } from '../index-credentials.ts';
import { itemOf } from '../names.ts';
import { originOf, sameOrigin } from '../origin.ts';
import { checkValue, trimValue, warnAboutValue } from '../pattern.ts';
import type { Item } from '../store.ts';
import type { PlainEntry } from './plain-entry.ts';

/** An environment that values may go to. */
export interface Target<S extends DeclaredSecret = DeclaredSecret> {
  environment: string;
  /** Its Prefect profile. */
  profile: string | undefined;
  secrets: readonly S[];
}

/** A value with its place in the store. */
export interface Found<S extends DeclaredSecret = DeclaredSecret> {
  entry: PlainEntry;
  secret: S;
  environment: string;
  item: Item;
  value: string;
  /** What is odd about the value; it is moved all the same. */
  warning: string | undefined;
}

/** A value that stays where it is, and why: a sentence without any of it. */
export interface Kept {
  entry: PlainEntry;
  secret: DeclaredSecret;
  reason: string;
}

export interface Sorted<S extends DeclaredSecret = DeclaredSecret> {
  found: Found<S>[];
  kept: Kept[];
  /** Variables that no secret of the environment has. */
  others: PlainEntry[];
}

/** Sorts what a file holds: declared secrets with a good value, declared ones that stay, everything else. */
export function sortEntries<S extends DeclaredSecret>(
  entries: readonly PlainEntry[],
  targets: readonly Target<S>[],
  namespace: string,
): Sorted<S> {
  const sorted: Sorted<S> = { found: [], kept: [], others: [] };
  for (const entry of entries) {
    const target = entry.profile === undefined ? targets[0] : targets.find(({ profile }) => profile === entry.profile);
    const secret = target?.secrets.find(candidate => variablesOf(candidate).includes(entry.name));
    if (!target || !secret) {
      sorted.others.push(entry);
      continue;
    }
    const value = trimValue(entry.value);
    const reason = elsewhere(entry, secret, entries) ?? checkValue(secret, value);
    if (entry.value === '') continue;
    if (reason !== undefined) {
      sorted.kept.push({ entry, secret, reason });
      continue;
    }
    const { environment } = target;
    const item = itemOf(namespace, environment, secret);
    sorted.found.push({ entry, secret, environment, item, value, warning: warnAboutValue(value) });
  }
  return sorted;
}

/** The variables that a secret may stand under. */
export function variablesOf({ env, index }: DeclaredSecret): string[] {
  return index === undefined ? [env] : [env, indexVariable(index, 'PASSWORD')];
}

/** A key that stands beside the address of another server was made for that one (security §3). */
function elsewhere(entry: PlainEntry, secret: DeclaredSecret, entries: readonly PlainEntry[]): string | undefined {
  if (secret.audience === undefined) return undefined;
  const beside = entry.name.startsWith('PREFECT_') ? 'PREFECT_API_URL' : 'OTEL_EXPORTER_OTLP_ENDPOINT';
  const related = entry.name.startsWith('PREFECT_') || entry.name.startsWith('OTEL_');
  const url = entry.profile === undefined ? entries.find(({ name }) => name === beside)?.value : entry.apiUrl;
  const origin = related && url ? originOf(url) : undefined;
  if (origin === undefined || sameOrigin(origin, secret.audience)) return undefined;
  return `It belongs to ${origin}, and here it would be sent to ${secret.audience}.`;
}
