import { EXIT } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { signInAt, VaultError } from './vault-errors.ts';
import type { VaultSettings } from './vault-settings.ts';

const PULL = 'hotpass-bootstrap secrets pull';

export function wrappingOpened(): VaultError {
  return new VaultError({
    id: 'HB371',
    message: 'The wrapped secret id has been opened already, or its time is over.',
    cause:
      'It can be opened once. If no earlier step of this job did it, somebody else has: have the secret id revoked, and a new one made.',
    next: 'unset VAULT_WRAPPED_SECRET_ID',
    exit: EXIT.invalid,
  });
}

export function wrappingForeign(): VaultError {
  return new VaultError({
    id: 'HB371',
    message: 'VAULT_WRAPPED_SECRET_ID wraps something that is not the secret id of an AppRole; it was not opened.',
    cause: 'Somebody may have put another wrapping in its place: have the secret id revoked, and a new one made.',
    next: 'unset VAULT_WRAPPED_SECRET_ID',
    exit: EXIT.invalid,
  });
}

/** @param what e.g. `The role id or the secret id`. */
export function loginRefused(address: string, mount: string, what: string, hint: string): VaultError {
  return new VaultError({
    id: 'HB372',
    message: `${what} was not accepted by Vault at ${address} (auth/${mount}).`,
    cause: hint,
    next: PULL,
    exit: EXIT.inputNeeded,
  });
}

/** Nothing to sign in with. @param notes what is there, and why it is not used. */
export function noWayIn(
  { address, from }: Pick<VaultSettings, 'address' | 'from'>,
  notes: readonly string[],
): VaultError {
  const ways = 'VAULT_TOKEN, VAULT_ROLE_ID with VAULT_SECRET_ID, an identity token of the CI job, or a browser';
  return new VaultError({
    id: 'HB373',
    message: `There is nothing to sign in with at Vault ${address}.`,
    cause: [...notes, `Ways in: ${ways}; the browser needs a terminal.`].join(' '),
    // Only an address of the person's own is made the one that tokens are sent to.
    next: notes.length > 0 && from === 'config' ? `export VAULT_ADDR=${quoteWord(address)}` : signInAt(address),
    exit: EXIT.inputNeeded,
  });
}

/** Credentials that lie ready go to an address of the person's own only. @param names of the variables or files. */
export function onlyYourOwn(names: readonly string[], address: string): string {
  return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not sent to ${address}, which you have not named yourself: set VAULT_ADDR.`;
}

export function browserFailed(message: string, cause: string, next = PULL): VaultError {
  return new VaultError({ id: 'HB375', message, cause, next, exit: EXIT.inputNeeded });
}

/** @param offline the person wants no network to be used. */
export function noAddress(offline: boolean): VaultError {
  return new VaultError({
    id: 'HB377',
    message: offline ? 'With --offline Vault is not asked.' : 'No Vault is known here.',
    cause: offline ? '' : 'VAULT_ADDR names it, or address under [vault] in config.toml, or an approved manifest.',
    next: offline ? PULL : 'hotpass-bootstrap secrets where',
    exit: EXIT.inputNeeded,
  });
}

/** @param reason from `untrustedEvent`. */
export function untrustedJob(reason: string): VaultError {
  return new VaultError({
    id: 'HB378',
    message: 'No token is asked of Vault in this job.',
    cause: `What runs here may have been written by an outsider: ${reason}.`,
    next: 'hotpass-bootstrap plan',
    exit: EXIT.inputNeeded,
  });
}

/** GitHub gave this job no identity token. @param status of its answer. */
export function noIdentity(status: number): VaultError {
  return new VaultError({
    id: 'HB372',
    message: `GitHub handed out no identity token for this job (${status}).`,
    cause: 'The job needs permissions: id-token: write.',
    next: PULL,
    exit: EXIT.inputNeeded,
  });
}
