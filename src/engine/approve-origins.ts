import type { Wanted } from '../manifest/wanted.ts';
import { freshEntry, type IndexEntry, readIndex, updateIndex } from '../secrets/index-file.ts';
import { userOf } from '../secrets/names.ts';
import { originOf, sameOrigin } from '../secrets/origin.ts';
import type { UserPaths } from '../system/paths.ts';
import type { Linked } from './step.ts';

/** `--approve-origin URL`: lets stored secrets that are wanted for these origins be sent there (security §2). */
export async function approveOrigins(
  wanted: Wanted,
  linked: Linked,
  paths: UserPaths,
  urls: readonly string[],
): Promise<void> {
  if (urls.length === 0) return;
  const index = readIndex(paths.state, linked.namespace);
  const changes: Record<string, IndexEntry> = {};
  for (const secret of wanted.secrets) {
    const user = userOf(wanted.environment, secret);
    const entry = index[user];
    if (!entry || !urls.some(url => sameOrigin(originOf(url), secret.audience))) continue;
    changes[user] = freshEntry(entry.store, secret.audience, { storedAt: entry.storedAt });
  }
  await updateIndex(paths.state, linked.namespace, changes);
}
