import { join } from 'node:path';
import { errorCode } from '../core/errors.ts';
import { lstatOf, namesIn, readText, statOf } from '../system/files.ts';

const DEPTH = 3;
const MOST = 20;
const MOST_BYTES = 1_000_000;
/** Nothing can interrupt the search, and below / or a large HOME it would take minutes. */
const FOLDERS = 10_000;

/**
 * Folders below one that hold a project (a `pyproject.toml` with `[project]` or a uv workspace), sorted; what lies
 * below a project is its own. Three levels deep and at most 10,000 folders; hidden folders and those of other tools are
 * left out.
 */
export function projectsBelow(folder: string): string[] {
  const found: string[] = [];
  let looked = 0;
  let level = [''];
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const next: string[] = [];
    for (const path of level) {
      for (const name of readable(() => namesIn(join(folder, path))) ?? []) {
        if (/^(\.|node_modules$|__pycache__$|dist$|build$|vendor$)/.test(name)) continue;
        const here = path === '' ? name : `${path}/${name}`;
        if (!readable(() => lstatOf(join(folder, here)))?.isDirectory()) continue;
        looked += 1;
        if (found.length >= MOST || looked > FOLDERS) return found.sort();
        const file = join(folder, here, 'pyproject.toml');
        // A device or a pipe of that name would be read for ever.
        const size = readable(() => statOf(file))?.size ?? 0;
        const pyproject = size > 0 && size < MOST_BYTES ? (readable(() => readText(file)) ?? '') : '';
        if (/^\s*\[\s*project\s*\]|^\s*\[\s*tool\s*\.\s*uv\s*\.\s*workspace\s*\]/m.test(pyproject)) found.push(here);
        else next.push(here);
      }
    }
    level = next;
  }
  return found.sort();
}

/** What cannot be read is nobody's project here. */
function readable<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}
