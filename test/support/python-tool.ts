import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { uvCache, uvPath } from './tools.ts';

/**
 * Runs a program of a Python package, which uv fetches once.
 * @param requirement with its version, e.g. `zizmor==1.32.0`.
 */
export function pythonTool(requirement: string, command: readonly string[], cwd: string): SpawnSyncReturns<string> {
  const args = ['tool', 'run', '--quiet', '--from', requirement, ...command];
  const env = { ...process.env, UV_CACHE_DIR: uvCache, NO_COLOR: '1' };
  const result = spawnSync(uvPath(), args, { cwd, env, encoding: 'utf8' });
  if (result.error) throw result.error;
  return result;
}
