import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { type Env, isSet } from './environment.ts';
import { readText } from './files.ts';

/** The default index of a uv.toml. */
export interface ConfiguredIndex {
  url: string;
  /** `[[index]] name`, for UV_INDEX_<NAME>_USERNAME and _PASSWORD. */
  name?: string;
  /** The file. */
  source: string;
}

/**
 * The default index of the person's or the system's uv.toml (never the workspace's).
 * @param isOurs false for files that are not taken into account.
 */
export async function configuredIndex(
  env: Env,
  isOurs: (path: string) => boolean,
): Promise<ConfiguredIndex | undefined> {
  for (const path of uvFiles(env)) {
    if (!isOurs(path)) continue;
    let text: string | undefined;
    try {
      text = readText(path);
    } catch {
      continue;
    }
    if (!text?.includes('index')) continue;
    const found = defaultIndexOf(text, await import('smol-toml'));
    if (found) return { ...found, source: path };
  }
  return undefined;
}

/** uv's own files in the order in which they win. */
export function uvFiles(env: Env, platform: NodeJS.Platform = process.platform): string[] {
  if (isSet(env['UV_NO_CONFIG'])) return [];
  if (env['UV_CONFIG_FILE']) return [env['UV_CONFIG_FILE']];
  const home = env['HOME'] || homedir();
  if (platform === 'win32') {
    return [env['APPDATA'], env['PROGRAMDATA']].flatMap(base => (base ? [join(base, 'uv', 'uv.toml')] : []));
  }
  const xdg = env['XDG_CONFIG_HOME'];
  const user = xdg && isAbsolute(xdg) ? xdg : join(home, '.config');
  const system = (env['XDG_CONFIG_DIRS'] || '/etc/xdg').split(':').filter(isAbsolute);
  return [...[user, ...system].map(folder => join(folder, 'uv', 'uv.toml')), '/etc/uv/uv.toml'];
}

interface UvToml {
  index?: { url?: string; name?: string; default?: boolean }[];
  'index-url'?: string;
}

/** `[[index]]` with `default = true`, else `index-url`; undefined when there is none or the file is not TOML. */
function defaultIndexOf(
  text: string,
  toml: { parse: (text: string) => unknown },
): Omit<ConfiguredIndex, 'source'> | undefined {
  let config: UvToml;
  try {
    config = toml.parse(text.replace(/^\uFEFF/, '')) as UvToml;
  } catch {
    return undefined; // uv says so itself, with the line.
  }
  const entry = Array.isArray(config.index) ? config.index.find(index => index.default === true) : undefined;
  if (typeof entry?.url === 'string') {
    return { url: entry.url, ...(typeof entry.name === 'string' ? { name: entry.name } : {}) };
  }
  return typeof config['index-url'] === 'string' ? { url: config['index-url'] } : undefined;
}

/** Does a pyproject.toml or uv.toml text name a default index of its own? */
export async function namesDefaultIndex(text: string, table: 'pyproject' | 'uv'): Promise<boolean> {
  return (await defaultIndexIn(text, table)) !== undefined;
}

/** Address of the default index that a pyproject.toml or uv.toml text names, as it is written there. */
export async function defaultIndexIn(text: string, table: 'pyproject' | 'uv'): Promise<string | undefined> {
  if (!text.includes('index')) return undefined;
  const toml = await import('smol-toml');
  try {
    const whole = toml.parse(text) as { tool?: { uv?: UvToml } } & UvToml;
    const config = (table === 'pyproject' ? whole.tool?.uv : whole) ?? {};
    return defaultIndexOf(toml.stringify(config), toml)?.url;
  } catch {
    return undefined;
  }
}
