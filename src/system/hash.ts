/** node:crypto, loaded when it is first used: most calls of every day hash nothing, and loading it takes 3 ms. */
const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');

/** SHA-256 of bytes, or of text as UTF-8, in hexadecimal. */
export function hash(content: Uint8Array | string): string {
  return crypto().createHash('sha256').update(content).digest('hex');
}

/** Random bytes in hexadecimal, two characters each. */
export function randomHex(bytes: number): string {
  return crypto().randomBytes(bytes).toString('hex');
}
