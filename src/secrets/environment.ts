import { EXIT, UserError } from '../core/errors.ts';
import type { Env } from '../system/environment.ts';
import type { Item, SecretStore } from './store.ts';

/**
 * The read-only store of CI: each secret is the variable it is used as.
 * An empty variable counts as missing; `emptyVariables` names those, so that it can be said.
 */
export function environmentStore(env: Env): SecretStore {
  return {
    name: 'environment',
    writable: false,
    probe: async () => ({ state: 'ok', message: '' }),
    get: async items => items.map(item => env[item.env] || undefined),
    set: async item => {
      throw readOnly(item);
    },
    remove: async item => {
      throw readOnly(item);
    },
  };
}

/** Variables of these items that are set, but to nothing. */
export function emptyVariables(env: Env, items: readonly Pick<Item, 'env'>[]): string[] {
  return items.map(item => item.env).filter(name => env[name] === '');
}

function readOnly(item: Item): UserError {
  return new UserError({
    id: 'HB317',
    message: 'Secrets come from the environment here, so none can be stored or removed.',
    cause: `Set the variable ${item.env}, or choose another store.`,
    next: 'hotpass-bootstrap secrets where --use keychain',
    exit: EXIT.usage,
  });
}
