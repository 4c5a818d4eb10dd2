import { dirname } from 'node:path';
import { run } from './process.ts';

/** Milliseconds; `uv --version` takes 5 (facts uv §3), a version manager's shim some hundred. */
const TIMEOUT = 15_000;

/**
 * Asks a uv for its version.
 * @param cwd the folder it is asked in; matters only to the shims of version managers.
 * @returns undefined when it does not start or does not answer like uv.
 */
export async function uvVersion(
  path: string,
  env: Record<string, string>,
  cwd = dirname(path),
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    const result = await run([path, '--version'], { cwd, env, timeout: TIMEOUT, ...(signal ? { signal } : {}) });
    return result.code === 0 ? /^uv (\d\S*)/.exec(result.stdout)?.[1] : undefined;
  } catch {
    return undefined;
  }
}
