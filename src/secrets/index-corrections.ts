import { freshEntry, type IndexEntry, isTrusted, type SecretIndex } from './index-file.ts';
import type { FoundSecret } from './inject.ts';
import { userOf } from './names.ts';
import type { SecretStore } from './store.ts';

/** How the index must change after the store has answered; [] of changes when it already says so. */
export function indexCorrections(
  found: readonly FoundSecret[],
  from: { store: Pick<SecretStore, 'name'>; environment: string; index: SecretIndex },
): Record<string, IndexEntry | undefined> {
  const changes: Record<string, IndexEntry | undefined> = {};
  if (from.store.name === 'environment') return changes;
  for (const { secret, value, from: source } of found) {
    if (source === 'caller') continue;
    const user = userOf(from.environment, secret);
    const entry = from.index[user];
    // The first use of a secret that somebody else stored ties it to the origin it is then used for.
    if (value) {
      if (isTrusted(entry, from.store.name)) continue;
      changes[user] = freshEntry(from.store.name, entry ? entry.audience : secret.audience, {
        storedAt: entry?.storedAt,
        live: entry?.live,
      });
    } else if (entry) changes[user] = undefined;
  }
  return changes;
}
