import { createHmac } from 'node:crypto';
import type { Item } from './store.ts';

/** A key that seals the file, and its name. */
export interface SealKey {
  /** Follows from the bytes; tells whether a file was sealed with this key. */
  id: string;
  /** 32 bytes. */
  bytes: Uint8Array;
  /** The same key, itself sealed with a passphrase; it stands in the file. */
  wrapped: string | undefined;
}

/** What stands in the file, as JSON. Two JWEs, so that other programs can open it too (decision 15). */
export interface Container {
  schema: number;
  /** Name of the key. */
  key: string;
  /** The key as a JWE (PBES2-HS512+A256KW); only in a file that a passphrase opens. */
  wrapped?: string;
  /** The secrets as a JWE (dir, A256GCM). */
  secrets: string;
}

/** Values by service and user name. */
export type SealedItems = Map<string, { service: string; user: string; value: string }>;

/** Why a text is not a file that can be opened here. */
export type Unreadable = 'damaged' | 'future';

const SCHEMA = 1;
const TYPE = 'hotpass-bootstrap-secrets';
const CONTENT = 'A256GCM';
const WRAPPING = 'PBES2-HS512+A256KW';
/** Three times what OWASP asks of PBKDF2-HMAC-SHA512; 0.4 s. What a file asks for is bounded, so that none hangs us. */
const ITERATIONS = 600_000;
const MOST_ITERATIONS = 5_000_000;

export function slotOf({ service, user }: Pick<Item, 'service' | 'user'>): string {
  return JSON.stringify([service, user]);
}

/** Name of a key: a keyed digest of a constant, which tells nothing about 32 random bytes. */
export function keyId(bytes: Uint8Array): string {
  return createHmac('sha256', bytes).update('hotpass-bootstrap key id').digest('hex').slice(0, 16);
}

/** Reads the outer form; nothing is decrypted. */
export function parseContainer(text: string): Container | Unreadable {
  let parsed: Partial<Container> | null;
  try {
    parsed = JSON.parse(text) as Partial<Container> | null;
  } catch {
    return 'damaged';
  }
  if (typeof parsed !== 'object' || parsed === null || typeof parsed.schema !== 'number') return 'damaged';
  if (parsed.schema > SCHEMA) return 'future';
  const { schema, key, secrets, wrapped } = parsed;
  const complete = typeof key === 'string' && typeof secrets === 'string' && schema === SCHEMA;
  if (!complete || !['undefined', 'string'].includes(typeof wrapped)) return 'damaged';
  return { schema, key, secrets, ...(wrapped === undefined ? {} : { wrapped }) };
}

/** @returns the text of the file. A new initialisation vector each time. */
export async function seal(items: SealedItems, key: SealKey): Promise<string> {
  const { CompactEncrypt } = await import('jose');
  const rows = [...items.values()].map(({ service, user, value }) => [service, user, value]);
  const secrets = await new CompactEncrypt(Buffer.from(JSON.stringify(rows)))
    .setProtectedHeader({ alg: 'dir', enc: CONTENT, typ: TYPE, kid: key.id, v: SCHEMA })
    .encrypt(key.bytes);
  const container: Container = {
    schema: SCHEMA,
    key: key.id,
    ...(key.wrapped === undefined ? {} : { wrapped: key.wrapped }),
    secrets,
  };
  return `${JSON.stringify(container)}\n`;
}

/**
 * @param key the one the container names.
 * @returns undefined when the file is not what that key sealed.
 */
export async function unseal(container: Container, key: SealKey): Promise<SealedItems | undefined> {
  const { compactDecrypt } = await import('jose');
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(container.secrets, key.bytes, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: [CONTENT],
    });
    if (protectedHeader.kid !== key.id || protectedHeader['v'] !== SCHEMA) return undefined;
    const rows = JSON.parse(Buffer.from(plaintext).toString('utf8')) as [string, string, string][];
    return new Map(rows.map(([service, user, value]) => [slotOf({ service, user }), { service, user, value }]));
  } catch {
    return undefined;
  }
}

/** Seals a key with a passphrase; takes half a second by design. */
export async function wrapKey(bytes: Uint8Array, passphrase: string): Promise<string> {
  const { CompactEncrypt } = await import('jose');
  return new CompactEncrypt(bytes)
    .setProtectedHeader({ alg: WRAPPING, enc: CONTENT, typ: `${TYPE}-key` })
    .setKeyManagementParameters({ p2c: ITERATIONS })
    .encrypt(secretOf(passphrase));
}

/** @returns the key's bytes, undefined when the passphrase is another one. */
export async function unwrapKey(wrapped: string, passphrase: string): Promise<Uint8Array | undefined> {
  const { compactDecrypt } = await import('jose');
  try {
    const { plaintext } = await compactDecrypt(wrapped, secretOf(passphrase), {
      keyManagementAlgorithms: [WRAPPING],
      contentEncryptionAlgorithms: [CONTENT],
      maxPBES2Count: MOST_ITERATIONS,
    });
    return plaintext;
  } catch {
    return undefined;
  }
}

/** The same letters typed on another keyboard are the same passphrase. */
function secretOf(passphrase: string): Uint8Array {
  return Buffer.from(passphrase.normalize('NFC'));
}
