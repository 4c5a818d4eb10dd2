import type { Env } from '../system/environment.ts';
import type { DeclaredSecret } from './declared.ts';
import { indexVariable } from './index-credentials.ts';

/** A secret that the caller gave as a variable; for an index also as the one uv knows. Empty counts as not given. */
export function givenByCaller(secret: Pick<DeclaredSecret, 'env' | 'index'>, env: Env): string | undefined {
  const direct = env[secret.env];
  if (direct) return direct;
  return secret.index === undefined ? undefined : env[indexVariable(secret.index, 'PASSWORD')] || undefined;
}
