import type { SealedFile } from './sealed-file.ts';
import type { SecretStore } from './store.ts';

/** The longest value of a Windows credential, in bytes of UTF-16 (facts secrets §1.6). */
export const WINDOWS_LIMIT = 2560;

/**
 * A keychain whose longer values are kept in the sealed file, whose key is a short item of the same keychain
 * (design §5a). A value is in one of the two: what the keychain has counts.
 * @param limit in bytes of UTF-16.
 */
export function withOverflow(keychain: SecretStore, sealed: SealedFile, limit: number): SecretStore {
  return {
    ...keychain,
    async get(items) {
      const values = await keychain.get(items);
      const rest = items.filter((_, at) => values[at] === undefined);
      const others = await sealed.get(rest);
      return values.map((value, at) => value ?? others[rest.indexOf(items[at] as (typeof items)[number])]);
    },
    async set(item, value) {
      if (Buffer.byteLength(value, 'utf16le') > limit) {
        await sealed.set(item, value);
        await keychain.remove(item);
      } else {
        await keychain.set(item, value);
        await sealed.remove(item);
      }
    },
    async remove(item) {
      const [short, long] = [await keychain.remove(item), await sealed.remove(item)];
      return short || long;
    },
  };
}
