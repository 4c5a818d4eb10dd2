import { isAbsolute, join } from 'node:path';
import type { Env } from '../system/environment.ts';
import { readBytes, readText } from '../system/files.ts';

const ENCRYPTED = Buffer.from('GnomeKeyring\n\r\0\n', 'latin1');
const TEXT = '[keyring]';

/**
 * The default keyring of GNOME Keyring when it is a plain text file (one with a blank password is, security §6).
 * Looks at its first bytes only; starts nothing.
 * @returns its path, or undefined when it is encrypted, or there is none, or another program keeps the secrets.
 */
export function unencryptedKeyring(env: Env): string | undefined {
  const given = env['XDG_DATA_HOME'];
  const data = given && isAbsolute(given) ? given : join(env['HOME'] ?? '', '.local', 'share');
  const folder = join(data, 'keyrings');
  const name = readText(join(folder, 'default'))?.trim() || 'login';
  if (name.includes('/')) return undefined;
  const path = join(folder, `${name}.keyring`);
  const bytes = readBytes(path);
  if (bytes === undefined || bytes.subarray(0, ENCRYPTED.length).equals(ENCRYPTED)) return undefined;
  return bytes.subarray(0, TEXT.length).toString('latin1') === TEXT ? path : undefined;
}
