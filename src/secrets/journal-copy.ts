import type { Item } from './store.ts';

/**
 * User name of the item that keeps the value before a write: `.journal/<run>/<n>` (contracts §5). It cannot meet a
 * secret's own name, since environments never begin with a dot.
 */
export function journalUser(run: string, n: number): string {
  return `.journal/${run}/${n}`;
}

/** The item that keeps the former value of `item` for this run. */
export function journalCopy(item: Item, run: string, n: number): Item {
  return { service: item.service, user: journalUser(run, n), env: item.env };
}
