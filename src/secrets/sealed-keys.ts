import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { quoteWord } from '../core/quote.ts';
import { ensureFolder, lstatOf, readText, replaceFile } from '../system/files.ts';
import { ownFile } from '../system/own-file.ts';
import { type Container, keyId, type SealKey, unwrapKey, wrapKey } from './sealed-format.ts';
import { badKeyFile, keyGone, noKeyFile, otherKey, passphraseNeeded, wrongPassphrase } from './sealed-problems.ts';
import type { Item, SecretStore, StoreReport } from './store.ts';

/** Where the key of the sealed file comes from. */
export interface KeySource {
  /** How it is, without asking anybody anything. */
  probe(): Promise<StoreReport>;
  /** The key of a file that is there. @throws StoreError. */
  open(container: Container): Promise<SealKey>;
  /** A key for a new file. @throws StoreError. */
  create(): Promise<SealKey>;
  /** Gives up a key that seals no file any more. */
  forget(id: string): Promise<void>;
}

/** Asks the person for the passphrase: for a new one, or for the one of a file; `again` after a wrong one. */
export type AskPassphrase = (kind: 'new' | 'open', again: boolean) => Promise<string>;

const OK: StoreReport = { state: 'ok', message: '' };
const TRIES = 3;

/** The service of keys; no namespace begins with a dot. One item a key, so that a new key never replaces an old one. */
const keyItem = (id: string): Item => ({ service: 'hotpass-bootstrap/.sealed-file', user: `key/${id}`, env: '' });

/** What is said of a keyring without a password, where the key of the sealed file stands in it. */
export function withKey(report: StoreReport): StoreReport {
  return { ...report, message: `${report.message} The key of your sealed file is one of them.` };
}

/** The key is the only item in the keychain. @param path of the sealed file, for messages. */
export function keyInKeychain(path: string, keychain: SecretStore): KeySource {
  const opened = new Map<string, SealKey>();
  return {
    async probe() {
      const report = await keychain.probe();
      return report.state === 'unencrypted' ? withKey(report) : report;
    },
    async open({ key: id, wrapped }) {
      if (wrapped !== undefined) throw otherKey(path, 'passphrase');
      const known = opened.get(id);
      if (known) return known;
      const [text] = await keychain.get([keyItem(id)]);
      const bytes = text === undefined ? undefined : decodeKey(text);
      if (bytes === undefined) throw keyGone(path);
      if (keyId(bytes) !== id) throw otherKey(path, 'key');
      const key = { id, bytes, wrapped: undefined };
      opened.set(id, key);
      return key;
    },
    async create() {
      const bytes = randomBytes(32);
      const key = { id: keyId(bytes), bytes, wrapped: undefined };
      await keychain.set(keyItem(key.id), encodeKey(bytes));
      opened.set(key.id, key);
      return key;
    },
    async forget(id) {
      opened.delete(id);
      await keychain.remove(keyItem(id));
    },
  };
}

/**
 * The key stands in the file itself, sealed with a passphrase; asked for once a run.
 * @param ask undefined where nobody can be asked.
 */
export function keyFromPassphrase(path: string, ask: AskPassphrase | undefined): KeySource {
  const opened = new Map<string, SealKey>();
  const keep = (bytes: Uint8Array, wrapped: string): SealKey => {
    const key = { id: keyId(bytes), bytes, wrapped };
    opened.set(key.id, key);
    return key;
  };
  return {
    probe: async () => (ask ? OK : passphraseNeeded(path).report()),
    async open({ key: id, wrapped }) {
      if (wrapped === undefined) throw otherKey(path, 'key');
      const known = opened.get(id);
      if (known) return { ...known, wrapped };
      if (!ask) throw passphraseNeeded(path);
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const bytes = await unwrapKey(wrapped, await ask('open', attempt > 0));
        if (bytes && keyId(bytes) === id) return keep(bytes, wrapped);
      }
      throw wrongPassphrase(path);
    },
    async create() {
      if (!ask) throw passphraseNeeded(path);
      const bytes = randomBytes(32);
      return keep(bytes, await wrapKey(bytes, await ask('new', false)));
    },
    forget: async () => {},
  };
}

/** The key stands in a file that the person names. */
export function keyInFile(path: string, file: string): KeySource {
  const read = (): SealKey => {
    const bytes = readKeyFile(file);
    return { id: keyId(bytes), bytes, wrapped: undefined };
  };
  return {
    async probe() {
      if (lstatOf(file) === undefined && lstatOf(path) === undefined) return OK;
      try {
        read();
      } catch (error) {
        const { report } = error as { report?: () => StoreReport };
        if (report) return report.call(error);
        throw error;
      }
      return OK;
    },
    async open({ key: id, wrapped }) {
      if (wrapped !== undefined) throw otherKey(path, 'passphrase');
      const key = read();
      if (key.id !== id) throw otherKey(path, 'key');
      return key;
    },
    async create() {
      if (lstatOf(file) === undefined) {
        ensureFolder(dirname(file));
        replaceFile(file, `${encodeKey(randomBytes(32))}\n`, 0o600);
      }
      return read();
    },
    // It is the person's own file.
    forget: async () => {},
  };
}

function readKeyFile(file: string): Uint8Array {
  const found = ownFile(file);
  const name = quoteWord(file);
  if (found.kind === 'absent') throw noKeyFile(file);
  if (found.kind !== 'file') throw badKeyFile(file, 'is no plain file of yours', `ls -ld ${name}`);
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    throw badKeyFile(file, `can be read by others (mode ${found.mode.toString(8)})`, `chmod 600 ${name}`);
  }
  const bytes = decodeKey((readText(file) ?? '').trim());
  if (bytes === undefined) throw badKeyFile(file, 'holds no key', `wc -c ${name}`);
  return bytes;
}

function encodeKey(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** @returns undefined when it is no key. */
function decodeKey(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  return Buffer.from(text, 'base64url');
}
