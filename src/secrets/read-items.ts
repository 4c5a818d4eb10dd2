import { createDecipheriv } from 'node:crypto';
import { type Bus, type BusCall, sessionBus } from '../system/dbus.ts';
import { keyExchange } from './key-exchange.ts';

/** What the protocol calls a secret: session, initialisation vector, encrypted value, content type. */
type Sealed = readonly [string, Uint8Array, Uint8Array, string];

const SERVICE = 'org.freedesktop.secrets';
const call = (member: string, signature: string, body: unknown[]): BusCall => ({
  destination: SERVICE,
  path: '/org/freedesktop/secrets',
  interface: 'org.freedesktop.Secret.Service',
  member,
  signature,
  body,
});

/**
 * Reads items of the Secret Service over one connection and one encrypted session. The native module opens a session for
 * each item, and each costs the service a key exchange (5 ms with gnome-keyring).
 * @param attribute where the user stands: `account` in items of keytar.
 * @returns the values in the order of the items, null for one that is not there.
 * @throws Error for anything but the plain case: a locked item, two matches, no service, a value that is not text. Then
 *   the native module is asked, which can unlock and has words for the rest.
 */
export async function readItems(
  items: readonly { service: string; user: string }[],
  attribute: 'username' | 'account' = 'username',
): Promise<(string | null)[]> {
  const bus = await sessionBus();
  try {
    // Together, so that a service that answers none of them leaves no rejection behind that nobody waits for.
    const [{ path, key }, ...paths] = await Promise.all([
      openSession(bus),
      ...items.map(({ service, user }) => searchItem(bus, service, [attribute, user])),
    ]);
    const wanted = paths.filter(path => path !== null);
    if (wanted.length === 0) return items.map(() => null);
    const [secrets = []] = (await bus.call(call('GetSecrets', 'aoo', [wanted, path]))) as [[string, Sealed][]?];
    const byPath = new Map(secrets);
    return paths.map(path => (path === null ? null : unseal(byPath.get(path), key)));
  } finally {
    bus.close();
  }
}

/** A session whose values are encrypted, as the protocol describes it: `dh-ietf1024-sha256-aes128-cbc-pkcs7`. */
async function openSession(bus: Bus): Promise<{ path: string; key: Uint8Array }> {
  const { publicKey, sessionKey } = keyExchange();
  const open = call('OpenSession', 'sv', ['dh-ietf1024-sha256-aes128-cbc-pkcs7', ['ay', publicKey]]);
  const [[, [theirs]], path] = (await bus.call(open)) as [[unknown, [Uint8Array]], string];
  return { path, key: sessionKey(theirs) };
}

/** @returns the path of the one unlocked item of this name, null when there is none. */
async function searchItem(bus: Bus, service: string, user: [attribute: string, value: string]): Promise<string | null> {
  const attributes = [['service', service], user];
  const [unlocked = [], locked = []] = (await bus.call(call('SearchItems', 'a{ss}', [attributes]))) as string[][];
  if (locked.length > 0 || unlocked.length > 1) throw new Error('not the plain case');
  return unlocked[0] ?? null;
}

function unseal(sealed: Sealed | undefined, key: Uint8Array): string {
  if (sealed === undefined) throw new Error('the service kept an item back');
  const decipher = createDecipheriv('aes-128-cbc', key, sealed[1]);
  const bytes = Buffer.concat([decipher.update(sealed[2]), decipher.final()]);
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}
