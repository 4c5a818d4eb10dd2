import { join } from 'node:path';
import type { Env } from '../system/environment.ts';
import { readText } from '../system/files.ts';
import { choosePackageIndex, DEFAULT_INDEX, UNSAID } from '../system/package-index.ts';
import { splitUrl } from '../system/url-credentials.ts';
import { defaultIndexIn } from '../system/uv-config.ts';
import type { Project } from './pyproject.ts';

/** An index that `uv.lock` names, and that nothing here does. Addresses stand without user info. */
export interface OtherIndex {
  locked: string;
  /** The index that uv is told to use instead; undefined when nothing is said, and uv takes what the lock names. */
  instead: { url: string; source: string; isVariable: boolean } | undefined;
}

/**
 * uv takes packages from the index that `uv.lock` names. When a variable or the person's uv.toml names another one as
 * the default, it calls the lock stale, also where that is a mirror (facts uv §2, uv#6349). Reads files only.
 * @returns undefined when the lock's indexes are those that are named here, or the lock names none.
 */
export async function otherIndex(
  root: string,
  project: Pick<Project, 'indexes'> | undefined,
  env: Env,
): Promise<OtherIndex | undefined> {
  const lock = readText(join(root, 'uv.lock')) ?? '';
  const locked = [...lock.matchAll(/^source = \{ registry = "([^"]+)"/gm)].map(([, url = '']) => plain(url));
  const remote = locked.filter(url => /^https?:/.test(url));
  if (remote.length === 0) return undefined;
  const chosen = await choosePackageIndex(env, root).catch(() => undefined);
  if (chosen === undefined) return undefined; // No HTTP address: said when uv has to be fetched from it.
  const isVariable = /^UV_/.test(chosen.source);
  // A variable beats the project, the project beats the person's uv.toml; uv does not read what only pip knows.
  const ofProject = await defaultOfProject(root);
  if (!isVariable && ofProject !== undefined) return undefined;
  const isSaid = !chosen.pipOnly && chosen.source !== UNSAID;
  const more = [env['UV_INDEX'], env['UV_EXTRA_INDEX_URL']].flatMap(list => (list ?? '').split(/\s+/));
  const known = new Set([
    ...Object.values(project?.indexes ?? {})
      .filter(index => index.url !== ofProject)
      .map(index => loose(index.url)),
    ...more.map(entry => loose(entry.replace(/^[\w.-]+=/, ''))),
    ...(isSaid ? [] : [loose(DEFAULT_INDEX)]),
  ]);
  // Of the default index uv compares the very letters: with a slash at the end it is another one [0.13.9].
  const strange = remote.find(url => !known.has(loose(url)) && !(isSaid && url === chosen.written));
  if (strange === undefined) return undefined;
  const { written, source } = chosen;
  return { locked: strange, instead: isSaid ? { url: written, source, isVariable } : undefined };
}

async function defaultOfProject(root: string): Promise<string | undefined> {
  const own = readText(join(root, 'uv.toml'));
  if (own !== undefined) return await defaultIndexIn(own, 'uv');
  return await defaultIndexIn(readText(join(root, 'pyproject.toml')) ?? '', 'pyproject');
}

/** Without user info. */
function plain(url: string): string {
  return URL.canParse(url) ? splitUrl(new URL(url)).url.href : url;
}

/** Also without the last slash. */
function loose(url: string): string {
  return plain(url).replace(/\/$/, '');
}
