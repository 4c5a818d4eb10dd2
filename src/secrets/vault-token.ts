import { isTable, type VaultReply } from './vault-client.ts';

/** A token of Vault, in memory only. */
export interface VaultToken {
  token: string;
  /** Where it came from, for people: `VAULT_TOKEN`, `the browser`. */
  how: string;
  /** We made it, and it can be revoked: done at the end. */
  revocable: boolean;
}

/** The token of a login's answer; undefined when there is none in it. */
export function tokenOf({ body }: VaultReply, how: string): VaultToken | undefined {
  const auth = body['auth'];
  const token = isTable(auth) ? auth['client_token'] : undefined;
  if (!isTable(auth) || typeof token !== 'string' || token === '') return undefined;
  // A batch token cannot be revoked; it ends by itself.
  return { token, how, revocable: auth['token_type'] !== 'batch' };
}
