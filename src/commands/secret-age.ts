import type { WantedSecret } from '../manifest/wanted.ts';
import type { IndexEntry } from '../secrets/index-file.ts';
import { ago } from '../terminal/summary.ts';

const DAY_MS = 86_400_000;

/** How old a stored secret is, until when it is good, and what its service last said. Times in milliseconds since 1970. */
export interface SecretAge {
  storedAt: number | undefined;
  /** When it is to be renewed: `max-age` after it was stored. */
  dueAt: number | undefined;
  lastCheck: { at: number; accepted: boolean } | undefined;
}

export function ageOf({ maxAge }: Pick<WantedSecret, 'maxAge'>, entry: IndexEntry | undefined): SecretAge {
  const storedAt = entry?.storedAt;
  const dueAt = maxAge === undefined || storedAt === undefined ? undefined : storedAt + maxAge * 1000;
  return { storedAt, dueAt, lastCheck: entry?.live };
}

/** `, stored 3 days ago, to be renewed in 87 days, accepted 2 h ago`; empty when nothing is known. */
export function ageInWords({ storedAt, dueAt, lastCheck }: SecretAge, now = Date.now()): string {
  const parts: string[] = [];
  if (storedAt !== undefined) parts.push(`stored ${ago(now - storedAt)}`);
  if (dueAt !== undefined) parts.push(dueInWords(Math.ceil((dueAt - now) / DAY_MS)));
  if (lastCheck) parts.push(`${lastCheck.accepted ? 'accepted' : 'not accepted'} ${ago(now - lastCheck.at)}`);
  return parts.map(part => `, ${part}`).join('');
}

function dueInWords(days: number): string {
  if (days <= 0) return 'to be renewed now';
  return days === 1 ? 'to be renewed within a day' : `to be renewed in ${days} days`;
}
