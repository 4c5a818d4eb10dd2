import { getDiffieHellman, hkdfSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { keyExchange } from '../../../src/secrets/key-exchange.ts';

describe('the key exchange with the Secret Service', () => {
  test('gives both sides the same key, as OpenSSL computes it', () => {
    const other = getDiffieHellman('modp2');
    // One number or secret in 256 begins with a zero, which is where lengths go wrong.
    for (let i = 0; i < 600; i++) {
      const theirs = other.generateKeys();
      const { publicKey, sessionKey } = keyExchange();
      const shared = other.computeSecret(publicKey);
      const secret = Buffer.concat([Buffer.alloc(128 - shared.length), shared]);
      expect(publicKey).toHaveLength(128);
      expect(sessionKey(theirs)).toEqual(Buffer.from(hkdfSync('sha256', secret, '', '', 16)));
    }
  });

  test('takes a number that is shorter, or padded with zeros, for what it is', () => {
    for (const length of [1, 2, 64, 127, 128]) {
      const theirs = Buffer.alloc(length, 0xa5);
      const { sessionKey } = keyExchange();
      expect(sessionKey(Buffer.concat([Buffer.alloc(3), theirs]))).toEqual(sessionKey(theirs));
    }
  });
});
