import { join } from 'node:path';
import { parse } from 'smol-toml';
import { readText } from '../../system/files.ts';
import { withoutUserInfo } from '../../system/url-credentials.ts';

/** The packages of uv.lock, and which of them come from a private index. */
export interface Locked {
  names: readonly string[];
  isPrivate: (name: string) => boolean;
}

/**
 * A package is private when the registry in uv.lock is an index that pyproject.toml names, or one whose address came
 * with a password. If there is none (the index stands in a uv.toml), every package of a registry counts; paths and git
 * are never an index.
 * @param addresses lists of index addresses as uv takes them, `[NAME=]URL` with a space between.
 */
export async function lockedPackages(root: string, addresses: readonly string[]): Promise<Locked> {
  const project = parse(readText(join(root, 'pyproject.toml')) ?? '') as {
    tool?: { uv?: { index?: { url?: unknown }[] } };
  };
  const declared = (project.tool?.uv?.index ?? []).map(index => plainUrl(String(index.url ?? '')));
  const given = addresses.flatMap(list => list.split(/\s+/)).map(entry => plainUrl(entry.replace(/^[\w.-]+=/, '')));
  const named = new Set([...declared, ...given]);
  const lock = readText(join(root, 'uv.lock')) ?? '';
  const registries = new Map<string, string>();
  for (const [, name = '', url = ''] of lock.matchAll(
    /^name = "([^"]+)"\r?\nversion = "[^"]+"\r?\nsource = \{ registry = "([^"]+)" \}/gm,
  )) {
    registries.set(name, plainUrl(url));
  }
  return {
    names: [...lock.matchAll(/^name = "([^"]+)"/gm)].map(match => match[1] ?? ''),
    isPrivate(name) {
      const registry = registries.get(name.toLowerCase().replace(/[-_.]+/g, '-'));
      return registry !== undefined && (named.size === 0 || named.has(registry));
    },
  };
}

/** Without user info and the last slash. */
function plainUrl(url: string): string {
  return withoutUserInfo(url).replace(/\/+$/, '');
}
