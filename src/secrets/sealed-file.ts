import { dirname, join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { forbidCoreFiles } from '../system/core-files.ts';
import type { Env } from '../system/environment.ts';
import { privateFolder, readText, replaceFile } from '../system/files.ts';
import { withLock } from '../system/lock.ts';
import { ownFile } from '../system/own-file.ts';
import { refuseDebugging } from './debugging.ts';
import {
  type Container,
  parseContainer,
  type SealedItems,
  type SealKey,
  seal,
  slotOf,
  unseal,
} from './sealed-format.ts';
import type { KeySource } from './sealed-keys.ts';
import { notOurs, tampered, unreadable } from './sealed-problems.ts';
import { refuseUnstorable } from './storable.ts';
import type { Item, SecretStore } from './store.ts';
import { StoreError } from './store-error.ts';

export interface SealedFile extends SecretStore {
  /**
   * Seals the file with a key of another source, and gives up the old key once the new file is on the disk.
   * Does nothing when there is no file.
   */
  reseal(to: KeySource): Promise<void>;
  /** The items in it, in no order. */
  list(): Promise<Pick<Item, 'service' | 'user'>[]>;
}

/** How often a write starts again because another process sealed the file with another key in the meantime. */
const ATTEMPTS = 5;

/** Our one encrypted file. @param state our state folder, `paths.state`. */
export function sealedFilePath(state: string): string {
  return join(state, 'secrets.enc');
}

/**
 * All secrets of this user in one encrypted file (decision 15). Each write puts a new file in the place of the old one,
 * durably, under a leaf lock; keys are fetched before the lock is taken, since a keychain is a child and a passphrase a
 * prompt (contracts §6).
 */
export function sealedFileStore(path: string, keys: KeySource, env: Env): SealedFile {
  /** What was opened last, so that one call of a run pays for the opening. */
  let last: { text: string; items: SealedItems } | undefined;

  const guard = (): void => {
    refuseDebugging(env);
    forbidCoreFiles();
  };

  const open = async (text: string, container: Container, key: SealKey): Promise<SealedItems> => {
    if (last?.text === text) return last.items;
    const items = await unseal(container, key);
    if (items === undefined) throw tampered(path);
    last = { text, items };
    return items;
  };

  const read = async (): Promise<SealedItems> => {
    guard();
    const found = readContainer(path);
    return found ? open(found.text, found.container, await keys.open(found.container)) : new Map();
  };

  /** One attempt to replace the file under the lock; false when another process sealed it with another key. */
  const write = (before: Container | undefined, old: SealKey, key: SealKey, change: Alter): Promise<boolean> =>
    withLock(`${path}.lock`, 'the sealed file of secrets', async () => {
      const found = readContainer(path);
      if (found?.container.key !== before?.key) return false;
      const items: SealedItems = new Map(found ? await open(found.text, found.container, old) : []);
      if (!change(items)) return true;
      // The passphrase may have been changed while the key stayed the same.
      const wrapped = key.id === found?.container.key ? found.container.wrapped : key.wrapped;
      const text = await seal(items, { ...key, wrapped });
      replaceFile(path, text, 0o600);
      if (readText(path) !== text) throw notKept(path);
      last = { text, items };
      return true;
    });

  const update = async (change: Alter): Promise<void> => {
    guard();
    privateFolder(dirname(path));
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = readContainer(path)?.container;
      const key = before ? await keys.open(before) : await keys.create();
      if (await write(before, key, key, change)) return;
      if (!before) await keys.forget(key.id);
    }
    throw notKept(path);
  };

  return {
    name: 'sealed-file',
    writable: true,
    async probe() {
      try {
        readContainer(path);
        return await keys.probe();
      } catch (error) {
        if (error instanceof StoreError) return error.report();
        throw error;
      }
    },
    async get(items) {
      if (items.length === 0) return [];
      const sealed = await read();
      return items.map(item => sealed.get(slotOf(item))?.value);
    },
    async set(item, value) {
      refuseUnstorable('sealed-file', item, value);
      const { service, user } = item;
      await update(items => {
        items.set(slotOf(item), { service, user, value });
        return true;
      });
    },
    async remove(item) {
      if (!(await read()).has(slotOf(item))) return false;
      let removed = false;
      await update(items => {
        removed = items.delete(slotOf(item));
        return removed;
      });
      return removed;
    },
    async reseal(to) {
      guard();
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const before = readContainer(path)?.container;
        if (!before) return;
        const old = await keys.open(before);
        const key = await to.create();
        if (await write(before, old, key, () => true)) return old.id === key.id ? undefined : keys.forget(old.id);
        await to.forget(key.id);
      }
      throw notKept(path);
    },
    list: async () => [...(await read()).values()].map(({ service, user }) => ({ service, user })),
  };
}

type Alter = (items: SealedItems) => boolean;

/**
 * The file as it stands; undefined when there is none.
 * @throws StoreError for anything else that stands there.
 */
function readContainer(path: string): { text: string; container: Container } | undefined {
  const found = ownFile(path);
  if (found.kind === 'absent') return undefined;
  if (found.kind !== 'file') throw notOurs(path, WHAT[found.kind]);
  const text = readText(path) ?? '';
  const container = parseContainer(text);
  if (typeof container === 'string') throw unreadable(path, container);
  return { text, container };
}

const WHAT = {
  link: 'is a link',
  shared: 'has a second name',
  foreign: 'belongs to somebody else',
  special: 'is no plain file',
} as const;

function notKept(path: string): UserError {
  return new UserError({
    id: 'HB315',
    message: `${path} did not keep what was written.`,
    cause: 'It was read back after it was written, and something else stood there: another program writes it too.',
    next: 'hotpass-bootstrap secrets where',
    exit: EXIT.unreachable,
  });
}
