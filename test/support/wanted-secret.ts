import type { WantedSecret } from '../../src/manifest/wanted.ts';

/** A declared secret: required, of one environment, with nothing said about it but what a test gives. */
export function wantedSecret(name: string, more: Partial<WantedSecret> = {}): WantedSecret {
  return {
    name,
    env: name.toUpperCase().replaceAll('-', '_'),
    description: 'a secret of the tests',
    obtain: undefined,
    vault: undefined,
    required: true,
    shared: false,
    maxAge: undefined,
    check: undefined,
    pattern: undefined,
    index: undefined,
    audience: undefined,
    indexUser: undefined,
    ...more,
  };
}
