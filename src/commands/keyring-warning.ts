import type { Choice } from '../secrets/choose.ts';
import { unencryptedKeyring } from '../secrets/default-keyring.ts';
import { unencryptedReport } from '../secrets/keychain.ts';
import { withKey } from '../secrets/sealed-keys.ts';
import type { StoreReport } from '../secrets/store.ts';
import { say } from '../terminal/output.ts';
import type { Session } from './session.ts';

/**
 * A keyring without a password is a text file: that is said before anything is put into it, or into a sealed file whose
 * key stands in it (security §6). Every command that stores a secret calls this.
 */
export function warnAboutKeyring(session: Session, { store, key }: Pick<Choice, 'store' | 'key'>): void {
  const isSealed = store === 'sealed-file' && key === 'keychain';
  const file = store === 'keychain' || isSealed ? unencryptedKeyring(session.env) : undefined;
  if (file === undefined) return;
  const report = unencryptedReport(file);
  sayUnencrypted(session, isSealed ? withKey(report) : report);
}

/** Says what a store without encryption is, and what mends it. */
export function sayUnencrypted({ options }: Session, { message, next }: StoreReport): void {
  if (options.quiet) return;
  say(next === undefined ? message : `${message} To give it one: ${next}`);
}
