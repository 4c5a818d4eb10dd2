import { connect, type Socket } from 'node:net';
import handshake from '@homebridge/dbus-native/lib/handshake.js';
import { marshall, unmarshalMessages } from '@homebridge/dbus-native/lib/message.js';

/** One call to a service on the bus. */
export interface BusCall {
  destination: string;
  path: string;
  interface: string;
  member: string;
  /** D-Bus types of the arguments, e.g. `a{ss}`. */
  signature?: string;
  body?: unknown[];
}

/** A connection to the session bus. Calls are answered in any order; several may be under way. */
export interface Bus {
  /** @returns the values of the reply. Rejects with the name and words of an error reply, or when the bus goes away. */
  call(call: BusCall): Promise<unknown[]>;
  close(): void;
}

const REPLY = 2;
const ERROR = 3;

/**
 * Connects to this session's bus and says hello to it. Only sockets of this machine are used.
 * @throws Error when there is no bus, or its address is of another kind.
 */
export async function sessionBus(): Promise<Bus> {
  const socket = connect(socketOf());
  socket.setNoDelay();
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    handshake(socket, { authMethods: ['EXTERNAL'] }, error => (error ? reject(error) : resolve()));
  });
  const bus = talkOn(socket);
  const name = 'org.freedesktop.DBus';
  await bus.call({ destination: name, path: '/org/freedesktop/DBus', interface: name, member: 'Hello' });
  return bus;
}

function talkOn(socket: Socket): Bus {
  const waiting = new Map<number, { resolve: (body: unknown[]) => void; reject: (error: Error) => void }>();
  const endAll = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  socket.on('error', endAll);
  socket.on('close', () => endAll(new Error('disconnected from message bus')));
  unmarshalMessages(
    socket,
    ({ type, replySerial = 0, errorName, body = [] }) => {
      const call = waiting.get(replySerial);
      waiting.delete(replySerial);
      if (type === REPLY) call?.resolve(body);
      else if (type === ERROR) call?.reject(new Error(`${errorName}: ${body.join(' ')}`));
    },
    {},
  );
  let serial = 0;
  return {
    call: call =>
      new Promise((resolve, reject) => {
        serial += 1;
        waiting.set(serial, { resolve, reject });
        socket.write(marshall({ serial, ...call }));
      }),
    close: () => void socket.destroy(),
  };
}

/** The socket of the first address that is one; a name in the abstract space begins with NUL. */
function socketOf(): string {
  const { DBUS_SESSION_BUS_ADDRESS: given, XDG_RUNTIME_DIR: runtime } = process.env;
  for (const address of (given || (runtime ? `unix:path=${runtime}/bus` : '')).split(';')) {
    const [, kind, value] = /^unix:(?:.*,)?(path|abstract)=([^,]+)/.exec(address) ?? [];
    if (value !== undefined) return `${kind === 'abstract' ? '\0' : ''}${decodeURIComponent(value)}`;
  }
  throw new Error('no address of a session bus');
}
