import type { DeclaredSecret } from './declared.ts';
import { indexVariable } from './index-credentials.ts';

/**
 * Every spelling that would supply a secret; a command that can be typed as it stands comes first, if there is one.
 * @param writable false when secrets come from the environment alone.
 */
export function waysToSupply(
  secret: Pick<DeclaredSecret, 'name' | 'env' | 'index'>,
  environment: string,
  writable: boolean,
): string[] {
  const set = `hotpass-bootstrap secrets set ${secret.name} --env ${environment}`;
  const ways = writable ? [set, `${set} < FILE`] : [];
  ways.push(`the variable ${secret.env}`);
  if (secret.index === undefined) return ways;
  const variable = indexVariable(secret.index, 'PASSWORD');
  return variable === secret.env ? ways : [...ways, `the variable ${variable}`];
}
