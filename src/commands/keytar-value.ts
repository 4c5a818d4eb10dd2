import { EXIT, UserError } from '../core/errors.ts';
import { quoteCommand } from '../core/quote.ts';
import { keychainStore, readKeytar, workerPath } from '../secrets/keychain.ts';
import { troubleOf } from '../secrets/keychain-problems.ts';
import { say } from '../terminal/output.ts';
import { type Session, storePorts } from './session.ts';

/**
 * `--from-keytar SERVICE/ACCOUNT`: the value that a program with keytar stored in this person's keychain. The item stays
 * where it is, and the command that deletes it is said.
 * @throws UserError 64 for a name that is none, 78 when there is no such item, 69 when the keychain cannot answer.
 */
export async function keytarValue(session: Session, root: string, name: string): Promise<string> {
  const at = name.lastIndexOf('/');
  const [service, account] = [name.slice(0, Math.max(at, 0)), name.slice(at + 1)];
  if (service === '' || account === '') throw noName(name);
  if (process.platform === 'win32') throw notHere();
  const ports = { ...storePorts(session, root), worker: workerPath() };
  // keytar's items are in the keychain that ours would be in; a locked one is unlocked by this.
  const trouble = troubleOf(await keychainStore(ports).probe());
  if (trouble) throw trouble;
  const value = await readKeytar(ports, service, account);
  if (value === undefined) throw notThere(service, account);
  const remove =
    process.platform === 'darwin'
      ? ['security', 'delete-generic-password', '-s', service, '-a', account]
      : ['secret-tool', 'clear', 'service', service, 'account', account];
  if (!session.options.quiet) {
    say(`The item of keytar stays; once no program needs it, this deletes it: ${quoteCommand(remove)}`);
  }
  return value;
}

function noName(name: string): UserError {
  return new UserError({
    message: `${name} does not name an item of keytar.`,
    cause: 'It is the service and the account that the program gave to keytar, with a slash between them.',
    next: 'hotpass-bootstrap secrets set --help',
    exit: EXIT.usage,
  });
}

function notThere(service: string, account: string): UserError {
  return new UserError({
    message: `Your keychain has no item of keytar for the service ${service} and the account ${account}.`,
    cause: 'The keychain was asked for exactly these names; it is not searched for others.',
    next: 'hotpass-bootstrap secrets where',
    exit: EXIT.invalid,
  });
}

function notHere(): UserError {
  return new UserError({
    message: 'Items of keytar are not read on Windows.',
    cause: 'Credential Manager shows the value, which can then be stored from a prompt.',
    next: 'hotpass-bootstrap secrets list',
    exit: EXIT.invalid,
  });
}
