import { EXIT } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import type { Unreadable } from './sealed-format.ts';
import { StoreError } from './store-error.ts';

const REPAIR = 'hotpass-bootstrap secrets repair';
const WHERE = 'hotpass-bootstrap secrets where';

/** The file opens with a passphrase, and there is nobody to ask for it. */
export function passphraseNeeded(path: string): StoreError {
  return new StoreError({
    id: 'HB350',
    state: 'locked',
    message: `${path} opens with a passphrase, and nobody can be asked for it here.`,
    cause: 'A passphrase is typed on a terminal and kept nowhere. Where nobody types, variables or a key file do.',
    next: `${WHERE} --use environment`,
    exit: EXIT.unreachable,
  });
}

export function wrongPassphrase(path: string): StoreError {
  return new StoreError({
    id: 'HB351',
    state: 'denied',
    message: `That passphrase does not open ${path}.`,
    cause: 'Nobody can recover a forgotten one; repair sets the file aside, so that the secrets can be given anew.',
    next: REPAIR,
    exit: EXIT.inputNeeded,
  });
}

/** The file is there, and the keychain has no key of that name. */
export function keyGone(path: string): StoreError {
  return new StoreError({
    id: 'HB352',
    state: 'absent',
    message: `The key of ${path} is not in your keychain.`,
    cause:
      'The file was sealed on another machine or with another keychain, or the item was deleted. Without the key it stays closed; repair sets it aside.',
    next: REPAIR,
    exit: EXIT.inputNeeded,
  });
}

/** @param reason what is wrong with the key file, continuing "The key file PATH …". */
export function badKeyFile(file: string, reason: string, next: string): StoreError {
  return new StoreError({
    id: 'HB353',
    state: 'denied',
    message: `The key file ${file} ${reason}.`,
    cause: 'It is 32 random bytes in base64 on one line, readable by you alone; config.toml names it.',
    next,
    exit: EXIT.invalid,
  });
}

/** Nothing stands where config.toml says that the key file is. */
export function noKeyFile(file: string): StoreError {
  return new StoreError({
    id: 'HB353',
    state: 'denied',
    message: `The key file ${file} is not there; it may be on a medium that is not plugged in.`,
    cause: 'With it there, the sealed file opens again. When it is lost for good, repair sets the sealed file aside.',
    next: REPAIR,
    exit: EXIT.invalid,
  });
}

/** The right key does not open it. */
export function tampered(path: string): StoreError {
  return new StoreError({
    id: 'HB354',
    state: 'denied',
    message: `${path} was changed after it was sealed, so nothing in it is used.`,
    cause: 'Its seal does not fit its content: another program wrote to it, or the disk is faulty.',
    next: REPAIR,
    exit: EXIT.invalid,
  });
}

export function unreadable(path: string, how: Unreadable): StoreError {
  if (how === 'future') {
    return new StoreError({
      id: 'HB356',
      state: 'denied',
      message: `${path} was written by a newer release of this tool.`,
      cause: 'This release does not know its form and leaves it as it is.',
      next: 'npm install --global hotpass-bootstrap@latest',
      exit: EXIT.invalid,
    });
  }
  return new StoreError({
    id: 'HB355',
    state: 'denied',
    message: `${path} is cut short, or it is not a file of sealed secrets.`,
    cause: 'This tool replaces it in one piece, so something else has written it.',
    next: REPAIR,
    exit: EXIT.invalid,
  });
}

/**
 * The file is there, but it was sealed in another way than config.toml says.
 * @param by how it was sealed; `key` when it was another key of the same kind.
 */
export function otherKey(path: string, by: 'passphrase' | 'key'): StoreError {
  return new StoreError({
    id: 'HB357',
    state: 'denied',
    message: `${path} was sealed with ${by === 'passphrase' ? 'a passphrase' : 'another key'}, not with the one that config.toml names.`,
    cause: 'The choice was changed by hand, or the file comes from somewhere else.',
    next: by === 'passphrase' ? `${WHERE} --use sealed-file:passphrase` : REPAIR,
    exit: EXIT.invalid,
  });
}

/** The file belongs to somebody else, or is a link or a folder (security §8). */
export function notOurs(path: string, what: string): StoreError {
  return new StoreError({
    id: 'HB355',
    state: 'denied',
    message: `${path} ${what}, so it is neither read nor written.`,
    cause: 'Secrets are kept only in a file of your own that has one name.',
    next: `ls -ld ${quoteWord(path)}`,
    exit: EXIT.invalid,
  });
}
