import type { DeclaredSecret } from './declared.ts';
import { indexVariable } from './index-credentials.ts';

/**
 * Every spelling that would supply a secret; a command that can be typed as it stands comes first, if there is one.
 * @param writable false when secrets come from the environment alone.
 */
export function waysToSupply(
  secret: Pick<DeclaredSecret, 'name' | 'env' | 'index'> & { vault?: string | undefined },
  environment: string,
  writable: boolean,
): string[] {
  const set = `hotpass-bootstrap secrets set ${secret.name} --env ${environment}`;
  const ways = writable ? [set, `${set} < FILE`] : [];
  ways.push(`the variable ${secret.env}`);
  const variable = secret.index === undefined ? secret.env : indexVariable(secret.index, 'PASSWORD');
  if (variable !== secret.env) ways.push(`the variable ${variable}`);
  if (secret.vault !== undefined) ways.push(`${secret.vault} in Vault, with VAULT_ADDR and a login`);
  return ways;
}
