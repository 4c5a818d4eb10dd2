import { basename, dirname, join } from 'node:path';
import { namesIn, readBytes, removeFile, rename, replaceFile, TEMP_PREFIX } from '../system/files.ts';
import { withLock } from '../system/lock.ts';
import { ownFile } from '../system/own-file.ts';
import type { Keychain } from './keychain.ts';
import { describeItem } from './names.ts';
import type { SealedFile } from './sealed-file.ts';
import type { Item, SecretStore } from './store.ts';
import { StoreError } from './store-error.ts';

/** Something that can be mended. */
export interface Repair {
  /** What will be done, one sentence without its full stop. */
  what: string;
  apply(): Promise<void>;
  /** The store cannot be opened, and nothing more can be said of it. */
  lost?: true;
}

/** What an error names as its next command when the file cannot be opened any more, however often one tries. */
const REPAIR = 'hotpass-bootstrap secrets repair';

/** What is wrong with the sealed file at `path`, when it is there. Asks for its passphrase. */
export async function sealedRepairs(path: string, sealed: SealedFile): Promise<Repair[]> {
  const repairs: Repair[] = [];
  const found = ownFile(path);
  if (found.kind === 'file' && process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    repairs.push({
      what: `${path} can be read by others (mode ${found.mode.toString(8)}): make it readable by you alone`,
      apply: () => underLock(path, () => replaceFile(path, readBytes(path) ?? '', 0o600)),
    });
  }
  const left = namesIn(dirname(path)).filter(name => name.startsWith(`${TEMP_PREFIX}${basename(path)}.`));
  if (left.length > 0) {
    repairs.push({
      what: `delete ${left.length === 1 ? 'a half-written copy' : `${left.length} half-written copies`} of ${path}`,
      apply: () =>
        underLock(path, () => {
          for (const name of left) removeFile(join(dirname(path), name));
        }),
    });
  }
  if (found.kind !== 'absent') repairs.push(...(await openingRepairs(path, sealed)));
  return repairs;
}

/** A file that cannot be opened is kept under another name: its key may turn up. */
async function openingRepairs(path: string, sealed: SealedFile): Promise<Repair[]> {
  try {
    await sealed.list();
    return [];
  } catch (error) {
    if (!(error instanceof StoreError) || error.next !== REPAIR || ownFile(path).kind !== 'file') throw error;
    const aside = `${path}.set-aside-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}`;
    return [
      {
        what: `${error.message} Set the sealed file aside as ${basename(aside)}; what was in it has to be given anew`,
        apply: () => underLock(path, () => rename(path, aside)),
        lost: true,
      },
    ];
  }
}

/** Items of which another program has stored a second one. @throws StoreError when the keychain cannot answer. */
export async function doubledRepairs(keychain: Keychain, items: readonly Item[]): Promise<Repair[]> {
  const doubled: Item[] = [];
  for (const item of items) if (await isDoubled(keychain, item)) doubled.push(item);
  return doubled.map(item => ({
    what: `${describeItem(item)} is there twice: keep the one that was written last`,
    apply: async () => void (await keychain.keepNewest(item)),
  }));
}

async function isDoubled(keychain: SecretStore, item: Item): Promise<boolean> {
  try {
    await keychain.get([item]);
    return false;
  } catch (error) {
    if ((error as { id?: unknown }).id === 'HB309') return true;
    throw error;
  }
}

/**
 * On a Mac an item made with an empty list of programs asks for ever, whatever is answered (facts secrets §1.6): it is
 * made anew. A copy stands beside it until that is done; one that an interrupted repair has left is the value where the
 * item is gone.
 */
export function remakeRepair(keychain: SecretStore, items: readonly Item[]): Repair {
  return {
    what: `make ${items.length === 1 ? 'the item' : `${items.length} items`} of this workspace anew, so that "Always Allow" is remembered`,
    apply: async () => {
      for (const item of items) {
        const copy = repairCopy(item);
        const [stored, left] = await keychain.get([item, copy]);
        const value = stored ?? left;
        if (value === undefined) continue;
        await keychain.set(copy, value);
        if (stored !== undefined) await keychain.remove(item);
        await keychain.set(item, value);
        await keychain.remove(copy);
      }
    },
  };
}

/** Where the value of an item stands while the item is made anew. */
export function repairCopy(item: Item): Item {
  return { ...item, user: `.repair/${item.user}` };
}

/** Former values that nothing needs any more. @param copies those that may be there. */
export async function leftoverRepair(store: SecretStore, copies: readonly Item[]): Promise<Repair[]> {
  const values = await store.get(copies);
  const left = copies.filter((_, at) => values[at] !== undefined);
  if (left.length === 0) return [];
  return [
    {
      what: `delete ${left.length === 1 ? 'a former value' : `${left.length} former values`} kept for an undo that can no longer happen`,
      apply: async () => {
        for (const item of left) await store.remove(item);
      },
    },
  ];
}

function underLock(path: string, work: () => void): Promise<void> {
  return withLock(`${path}.lock`, 'the sealed file of secrets', work);
}
