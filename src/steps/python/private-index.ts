import { join } from 'node:path';
import { readText } from '../../system/files.ts';

/**
 * Which packages come from an index that pyproject.toml names, by the registry that stands in uv.lock. Without such a
 * table every package counts as private: nothing is built while a password is in the environment.
 */
export async function privatePackages(root: string): Promise<(name: string) => boolean> {
  const { parse } = await import('smol-toml');
  const project = parse(readText(join(root, 'pyproject.toml')) ?? '') as {
    tool?: { uv?: { index?: { url?: unknown }[] } };
  };
  const named = new Set((project.tool?.uv?.index ?? []).map(index => plainUrl(String(index.url ?? ''))));
  const lock = readText(join(root, 'uv.lock')) ?? '';
  const registries = new Map<string, string>();
  for (const [, name = '', url = ''] of lock.matchAll(
    /^name = "([^"]+)"\r?\nversion = "[^"]+"\r?\nsource = \{ registry = "([^"]+)" \}/gm,
  )) {
    registries.set(name, plainUrl(url));
  }
  return name => {
    const registry = registries.get(name.toLowerCase().replace(/[-_.]+/g, '-'));
    return registry === undefined || named.size === 0 || named.has(registry);
  };
}

/** Without user info and the last slash. */
function plainUrl(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1').replace(/\/+$/, '');
}
