import { type Bus, type BusCall, sessionBus } from '../system/dbus.ts';

const SERVICE = 'org.freedesktop.secrets';

/**
 * Deletes all items of this name but the one that was written last, in the Secret Service (facts secrets §1.4: another
 * program, such as Python's keyring, adds a second one). No value is read.
 * @returns how many were deleted.
 * @throws Error when one of them is locked, or the service cannot be asked.
 */
export async function keepNewest(service: string, user: string): Promise<number> {
  const bus = await sessionBus();
  try {
    const attributes = [
      ['service', service],
      ['username', user],
    ];
    const search = to('/org/freedesktop/secrets', 'Secret.Service', 'SearchItems', 'a{ss}', [attributes]);
    const [unlocked = [], locked = []] = (await bus.call(search)) as string[][];
    if (locked.length > 0) throw new Error('the keychain is locked');
    const times = await Promise.all(unlocked.map(async path => ({ path, time: await modified(bus, path) })));
    // Times are whole seconds; within one, what was made later has the higher number.
    times.sort((a, b) => b.time - a.time || numberOf(b.path) - numberOf(a.path));
    const others = times.slice(1);
    for (const { path } of others) await bus.call(to(path, 'Secret.Item', 'Delete', '', []));
    return others.length;
  } finally {
    bus.close();
  }
}

/** The number that ends the path of an item of GNOME Keyring; 0 where there is none. */
function numberOf(path: string): number {
  return Number(/\d+$/.exec(path)?.[0] ?? 0);
}

/** When an item was written last, in seconds since 1970. */
async function modified(bus: Bus, path: string): Promise<number> {
  const get = to(path, 'DBus.Properties', 'Get', 'ss', ['org.freedesktop.Secret.Item', 'Modified']);
  const [[, [time]]] = (await bus.call(get)) as [[unknown, [unknown]]];
  return Number(String(time));
}

function to(path: string, part: string, member: string, signature: string, body: unknown[]): BusCall {
  return { destination: SERVICE, path, interface: `org.freedesktop.${part}`, member, signature, body };
}
