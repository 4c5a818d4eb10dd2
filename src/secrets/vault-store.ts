import type { SecretStore } from './store.ts';

/**
 * The environment with Vault behind it, for machines that store nothing (design §5a): a variable that is set wins, and
 * the rest is read from Vault into memory, once. It is written to by `secrets push` alone.
 * @param read the values by variable; asked once, for all that is not set. Undefined while Vault may not be asked yet.
 */
export function vaultStore(
  environment: SecretStore,
  read: () => Promise<ReadonlyMap<string, string>> | undefined,
): SecretStore {
  let values: Promise<ReadonlyMap<string, string>> | undefined;
  return {
    ...environment,
    name: 'vault',
    get: async items => {
      const given = await environment.get(items);
      if (given.every(value => value !== undefined)) return given;
      values ??= read();
      const behind = await values;
      return items.map((item, at) => given[at] ?? behind?.get(item.env));
    },
  };
}
