import type { DeclaredSecret } from './declared.ts';
import type { Item } from './store.ts';

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

/** How an item is named to people: `keychain item hotpass-bootstrap/hotpass staging/prefect-auth`. */
export function describeItem(item: Pick<Item, 'service' | 'user'>): string {
  return `keychain item ${item.service} ${item.user}`;
}
