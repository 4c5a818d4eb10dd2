import { EXIT, UserError } from '../../core/errors.ts';
import { quoteWord } from '../../core/quote.ts';
import type { OtherIndex } from '../../manifest/other-index.ts';

/** The lock is in order, but made with another index than the one uv was told of: neither is stale, they do not fit. */
export function otherIndexError(locked: string, instead: NonNullable<OtherIndex['instead']>): UserError {
  const { url, source, isVariable } = instead;
  const without = isVariable ? `env -u ${source}` : `UV_DEFAULT_INDEX=${quoteWord(locked)}`;
  const isSlash = url.replace(/\/$/, '') === locked.replace(/\/$/, '');
  return new UserError({
    id: 'HB495',
    message: `uv.lock is tied to the package index ${locked}, and ${source} names ${url}.`,
    cause: isSlash
      ? 'To uv an address with a slash at its end is another index than the one without, and a lock of the one is stale for the other.'
      : 'uv takes packages from where the lock says, and calls the lock stale when it is told of another index, also of a mirror. `uv lock` would tie it to that one, for everybody.',
    next: `${without} hotpass-bootstrap setup`,
    exit: EXIT.failed,
  });
}
