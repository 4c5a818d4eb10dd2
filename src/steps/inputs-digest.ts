import { join } from 'node:path';
import { digest } from '../engine/stamps.ts';
import { readBytes } from '../system/files.ts';
import { filesMatching } from '../system/glob.ts';
import { hash } from '../system/hash.ts';

const DEFAULT_INPUTS = ['pyproject.toml', 'uv.lock'];

/**
 * Digest of an entry and the bytes of its input files; the `.venv` fingerprint is joined to it by `stampOf`.
 * @param inputs globs below the root; none means `pyproject.toml` and `uv.lock`.
 */
export function inputsDigest(root: string, entry: unknown, inputs: readonly string[]): string {
  const files = filesMatching(root, inputs.length === 0 ? DEFAULT_INPUTS : inputs);
  return digest([entry, files.map(file => [file, hash(readBytes(join(root, file)) ?? Buffer.alloc(0))])]);
}

export function stampOf(inputs: string, fingerprint: string): string {
  return digest([inputs, fingerprint]);
}
