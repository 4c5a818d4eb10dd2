import { EXIT, UserError } from '../core/errors.ts';
import type { Wanted } from '../manifest/wanted.ts';
import { type IndexEntry, readIndex, updateIndex } from '../secrets/index-file.ts';
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
  const origins = urls.map(url => {
    const origin = originOf(url);
    if (origin !== undefined) return origin;
    throw new UserError({
      message: `--approve-origin takes an address, not ${url}.`,
      next: 'hotpass-bootstrap setup --approve-origin https://prefect.example.com',
      exit: EXIT.usage,
    });
  });
  const index = readIndex(paths.state, linked.namespace);
  const changes: Record<string, IndexEntry> = {};
  for (const secret of wanted.secrets) {
    const user = userOf(wanted.environment, secret);
    const entry = index[user];
    if (!entry || !origins.some(origin => sameOrigin(origin, secret.audience))) continue;
    changes[user] = { ...entry, audience: secret.audience };
  }
  await updateIndex(paths.state, linked.namespace, changes);
}
