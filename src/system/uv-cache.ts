import { isAbsolute, join, resolve } from 'node:path';
import type { Env } from './environment.ts';

/** Where uv keeps its cache unless its own configuration says otherwise; a relative path counts from the workspace. */
export function uvCacheFolder(env: Env, root: string, home: string): string {
  if (env['UV_CACHE_DIR']) return resolve(root, env['UV_CACHE_DIR']);
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), 'uv', 'cache');
  const xdg = env['XDG_CACHE_HOME'];
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, '.cache'), 'uv');
}
