import { errorCode } from '../core/errors.ts';
import { allOnPath, type Env, stepEnvironment } from '../system/environment.ts';
import { readText } from '../system/files.ts';
import { type Finished, run } from '../system/process.ts';
import { type KeychainError, keychainError } from './keychain-problems.ts';

const NAME = 'org.freedesktop.secrets';
const REPLY_MS = 2000;

/** How the Secret Service of this session is, as far as it tells without opening anything. */
export interface ServiceLook {
  /** What is wrong; undefined when the default keyring is there and open. */
  trouble: KeychainError | undefined;
  /** Name of the program that offers it, e.g. `gnome-keyring-d`; undefined when nothing does. */
  provider: string | undefined;
}

/**
 * Asks the Linux session bus for the default keyring and whether it is locked. No item is read or written, and nobody
 * is prompted. (A read through the native module cannot tell: of a locked keyring a missing name is just missing,
 * facts secrets §1.3.)
 * @param path the sanitised PATH; `dbus-send` is looked for there.
 * @returns undefined when there is no `dbus-send` to ask with.
 */
export async function lookAtSecretService(
  env: Env,
  path: string,
  signal?: AbortSignal,
): Promise<ServiceLook | undefined> {
  const program = allOnPath('dbus-send', path)[0];
  if (program === undefined) return undefined;
  const ask = (destination: string, ...words: string[]): Promise<Finished> =>
    run(
      [program, '--session', '--print-reply=literal', `--reply-timeout=${REPLY_MS}`, `--dest=${destination}`, ...words],
      {
        cwd: '/',
        env: stepEnvironment(env, path),
        timeout: REPLY_MS + 1000,
        ...(signal ? { signal } : {}),
      },
    );
  try {
    const alias = await ask(
      NAME,
      '/org/freedesktop/secrets',
      'org.freedesktop.Secret.Service.ReadAlias',
      'string:default',
    );
    if (alias.code !== 0) return { trouble: troubleIn(alias), provider: undefined };
    const [provider, trouble] = await Promise.all([providerOf(ask), lockOf(alias.stdout.trim(), ask)]);
    return { trouble, provider };
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'EACCES') return undefined;
    throw error;
  }
}

type Ask = (destination: string, ...words: string[]) => Promise<Finished>;

async function lockOf(collection: string, ask: Ask): Promise<KeychainError | undefined> {
  // "/" is how the service says that there is none.
  if (collection === '/') return keychainError('no result found', 'linux');
  const property = ['string:org.freedesktop.Secret.Collection', 'string:Locked'];
  const locked = await ask(NAME, collection, 'org.freedesktop.DBus.Properties.Get', ...property);
  if (locked.code !== 0) return troubleIn(locked);
  return /\btrue\b/.test(locked.stdout) ? keychainError('the keychain is locked', 'linux') : undefined;
}

async function providerOf(ask: Ask): Promise<string | undefined> {
  const bus = 'org.freedesktop.DBus';
  const answer = await ask(bus, '/org/freedesktop/DBus', `${bus}.GetConnectionUnixProcessID`, `string:${NAME}`);
  const pid = /uint32 (\d+)/.exec(answer.stdout)?.[1];
  return pid === undefined ? undefined : readText(`/proc/${pid}/comm`)?.trim();
}

function troubleIn({ stderr, timedOut }: Finished): KeychainError {
  return keychainError(timedOut ? 'Did not receive a reply' : stderr.trim(), 'linux');
}
