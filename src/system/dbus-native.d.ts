/** The two parts of the library that are used: it ships no types. */
declare module '@homebridge/dbus-native/lib/message.js' {
  interface Message {
    serial: number;
    /** 1 a call, 2 a reply, 3 an error, 4 a signal. */
    type?: number;
    destination?: string;
    path?: string;
    interface?: string;
    member?: string;
    signature?: string;
    replySerial?: number;
    errorName?: string;
    body?: unknown[];
  }
  export function marshall(message: Message): Buffer;
  export function unmarshalMessages(
    stream: NodeJS.ReadableStream,
    onMessage: (message: Message) => void,
    opts: object,
  ): void;
}

declare module '@homebridge/dbus-native/lib/handshake.js' {
  import type { Socket } from 'node:net';
  export default function handshake(
    stream: Socket,
    opts: { authMethods: readonly string[] },
    done: (error: Error | null) => void,
  ): void;
}
