import {
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyPairKeyObjectResult,
} from 'node:crypto';

/** Our half of a key exchange with the Secret Service. */
export interface KeyExchange {
  /** To be sent: a number, most significant byte first. */
  publicKey: Buffer;
  /** @returns the key of the session, 16 bytes, once the other side's number is known. */
  sessionKey(theirs: Uint8Array): Buffer;
}

/** Node's types leave this kind of key out. */
const generate = generateKeyPairSync as unknown as (type: 'dh', options: { group: string }) => KeyPairKeyObjectResult;

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const SEQUENCE = 0x30;
/** Bytes of a number of this group. */
const SIZE = 128;

/**
 * `dh-ietf1024-sha256` of the Secret Service protocol: the second Oakley group, HKDF without salt and info. Node's
 * `getDiffieHellman` would test the group's prime in each process, which takes 40 ms; key objects do not.
 */
export function keyExchange(): KeyExchange {
  for (;;) {
    const { publicKey, privateKey } = generate('dh', { group: 'modp2' });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    // SEQUENCE { SEQUENCE { DH, group }, BIT STRING { INTEGER } }: the head of 4 bytes, then the group.
    const group = spki.subarray(4, 4 + 3 + (spki[6] ?? 0));
    // One number in 256 is shorter, and then its length cannot be told from the end: another one is drawn.
    if (spki.length < 4 + group.length + 6 + 1 + SIZE) continue;
    return {
      publicKey: spki.subarray(-SIZE),
      sessionKey(theirs) {
        const number = der(BIT_STRING, Buffer.from([0]), der(INTEGER, unsigned(theirs)));
        const key = createPublicKey({ key: der(SEQUENCE, group, number), format: 'der', type: 'spki' });
        const secret = diffieHellman({ privateKey, publicKey: key });
        return Buffer.from(hkdfSync('sha256', secret, '', '', 16));
      },
    };
  }
}

/** A number as DER has it: no leading zeros, but one where the highest bit would be a sign. */
function unsigned(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex(byte => byte !== 0);
  const digits = bytes.subarray(start === -1 ? bytes.length : start);
  return Buffer.concat([Buffer.alloc((digits[0] ?? 0xff) > 0x7f ? 1 : 0), digits]);
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}
