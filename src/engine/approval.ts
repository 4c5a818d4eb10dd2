import type { Approval } from './registry.ts';
import { digest } from './stamps.ts';

/** An approval of a capability set (security §2). @param items the set as readable lines, sorted. */
export function approvalOf(items: readonly string[]): Approval {
  return { digest: digest(items), items };
}

/** What a manifest can do now that was not approved: growth. Shrinkage asks nothing. */
export function growth(approved: Approval | undefined, items: readonly string[]): string[] {
  if (approved === undefined) return [...items];
  if (approved.digest === digest(items)) return [];
  const known = new Set(approved.items);
  return items.filter(item => !known.has(item));
}
