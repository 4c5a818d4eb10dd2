import { EXIT, UserError } from '../core/errors.ts';
import { describeItem } from './names.ts';
import type { Item, SecretStore } from './store.ts';

/** The longest value a store takes, in bytes of UTF-8: what a prompt and standard input take as well. */
const LONGEST = 1024 * 1024;

/**
 * Refuses a value that not every store and every program gives back as it was: a NUL ends a text in C and in an
 * environment, half of a surrogate pair is no character.
 * @throws UserError 78; none of the value stands in it.
 */
export function refuseUnstorable(store: SecretStore['name'], item: Item, value: string): void {
  const reason = unstorable(value);
  if (reason === undefined) return;
  throw new UserError({
    id: 'HB358',
    message: `This value cannot be kept as ${describeItem(item, store)}: ${reason}.`,
    cause: 'A secret is text that every program can read back as it was stored.',
    next: 'hotpass-bootstrap secrets list',
    exit: EXIT.invalid,
  });
}

function unstorable(value: string): string | undefined {
  if (value.includes('\0')) return `it holds a NUL character at position ${value.indexOf('\0') + 1}`;
  if (/\p{Surrogate}/u.test(value)) return 'it holds a broken character (half of a pair)';
  return Buffer.byteLength(value) > LONGEST ? 'it is larger than 1 MiB' : undefined;
}
