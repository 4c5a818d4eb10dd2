import { InputNeeded } from '../core/errors.ts';
import type { SecretStore } from '../secrets/store.ts';
import { changesOf, type Plan } from './plan.ts';
import type { Workspace } from './workspace.ts';

/** What the team's source has of the secrets that are to be added; it is not asked when a person can answer. */
export async function suppliedTo(
  plan: Plan,
  interactive: boolean,
  store: SecretStore,
  ask: (() => Promise<ReadonlySet<string>>) | undefined,
): Promise<ReadonlySet<string>> {
  const added = changesOf(plan).filter(change => change.step === 'secrets' && change.action === 'add');
  if (interactive || !store.writable || added.length === 0 || !ask) return new Set<string>();
  const known = await ask();
  return new Set(added.map(change => change.key).filter(name => known.has(name)));
}

/**
 * Everything missing is named at once, before the first change, when nobody is there to type it, or when it could not
 * be kept.
 * @param holder another root that has the secrets of this name; it takes a flag to use them (security §2).
 * @throws InputNeeded (3) that names every missing secret and each way to give it.
 */
export function requireInputs(
  plan: Plan,
  interactive: boolean,
  store: SecretStore,
  holder: Workspace['holder'],
  supplied: ReadonlySet<string>,
): void {
  const missing = plan.missing.filter(item => item.required && !supplied.has(item.secret));
  if (missing.length === 0 || (interactive && store.writable)) return;
  const names = missing.map(item => item.secret).join(', ');
  throw new InputNeeded({
    at: ['secrets', missing[0]?.secret ?? ''],
    message: `${missing.length === 1 ? 'A secret is' : `${missing.length} secrets are`} missing: ${names}.`,
    cause: `${interactive ? 'Secrets come from environment variables here' : 'Nobody can be asked here'}, and nothing was changed.`,
    next:
      missing.flatMap(item => item.ways).find(way => way.startsWith('hotpass-bootstrap ')) ??
      'hotpass-bootstrap secrets where',
    details: [
      ...missing.flatMap(item => [`${item.secret}:`, ...item.ways.map(way => `  ${way}`)]),
      ...(holder === undefined
        ? []
        : [
            `Secrets of this name belong to ${holder.root}. To let this folder use them:`,
            `  hotpass-bootstrap setup --link ${holder.id.slice(0, 8)}`,
            `  link = "${holder.id.slice(0, 8)}" in an answers file of yours (--answers FILE)`,
          ]),
    ],
  });
}
