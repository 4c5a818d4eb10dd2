import type { DeclaredSecret } from './declared.ts';

/** uv's variable for a named index: upper case, everything but letters and digits an underscore (facts uv §4). */
export function indexVariable(index: string, part: 'USERNAME' | 'PASSWORD'): string {
  return `UV_INDEX_${index.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_${part}`;
}

/** What uv, and uv alone, gets for the passwords of private indexes. */
export function indexCredentials(
  values: readonly { secret: Pick<DeclaredSecret, 'index' | 'indexUser'>; value: string | undefined }[],
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const { secret, value } of values) {
    if (secret.index === undefined || !value) continue;
    if (secret.indexUser !== undefined) out[indexVariable(secret.index, 'USERNAME')] = secret.indexUser;
    out[indexVariable(secret.index, 'PASSWORD')] = value;
  }
  return out;
}
