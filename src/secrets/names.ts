import type { DeclaredSecret } from './declared.ts';
import type { Item, SecretStore } from './store.ts';

/** Service name of a namespace's items: what a person sees in their keychain (design §5a). */
export function serviceOf(namespace: string): string {
  return `hotpass-bootstrap/${namespace}`;
}

/** User name of a secret: `<environment>/<secret>`, or `*` + `/<secret>` when one value serves all environments. */
export function userOf(environment: string, secret: Pick<DeclaredSecret, 'name' | 'shared'>): string {
  return `${secret.shared ? '*' : environment}/${secret.name}`;
}

/** Where a secret of an environment stands in every store. */
export function itemOf(namespace: string, environment: string, secret: DeclaredSecret): Item {
  return { service: serviceOf(namespace), user: userOf(environment, secret), env: secret.env };
}

/** How a store is called in a sentence. */
export const STORE_WORDS: Record<SecretStore['name'], string> = {
  keychain: 'keychain',
  'sealed-file': 'sealed file',
  environment: 'environment',
  vault: 'Vault',
};

/** How an item is named to people: `keychain item hotpass-bootstrap/hotpass staging/prefect-auth`. */
export function describeItem(item: Pick<Item, 'service' | 'user'>, store: SecretStore['name'] = 'keychain'): string {
  return `${STORE_WORDS[store]} item ${item.service} ${item.user}`;
}
