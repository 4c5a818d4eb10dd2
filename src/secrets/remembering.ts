import type { Item, SecretStore } from './store.ts';

/**
 * The same store, which answers from memory what it has answered before: what looks at everything at once asks several
 * times for the same secret, and each time costs a start of the keychain's worker or a derivation of a key. Failures are
 * not remembered. For one look; values stay in memory as long as it does.
 */
export function rememberingStore(store: SecretStore): SecretStore {
  const known = new Map<string, string | undefined>();
  const key = ({ service, user, env }: Item): string => JSON.stringify([service, user, env]);
  return {
    name: store.name,
    writable: store.writable,
    probe: () => store.probe(),
    async get(items) {
      const unknown = items.filter(item => !known.has(key(item)));
      if (unknown.length > 0) {
        const answers = await store.get(unknown);
        unknown.forEach((item, at) => {
          known.set(key(item), answers[at]);
        });
      }
      return items.map(item => known.get(key(item)));
    },
    set(item, value) {
      known.delete(key(item));
      return store.set(item, value);
    },
    remove(item) {
      known.delete(key(item));
      return store.remove(item);
    },
  };
}
