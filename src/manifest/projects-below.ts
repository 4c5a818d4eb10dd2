import { join } from 'node:path';
import { errorCode } from '../core/errors.ts';
import { lstatOf, namesIn, readText } from '../system/files.ts';

const DEPTH = 3;
const MOST = 20;

/**
 * Folders below one that hold a project (a `pyproject.toml` with `[project]` or a uv workspace), sorted; what lies
 * below a project is its own. Three levels deep, hidden folders and those of other tools left out.
 */
export function projectsBelow(folder: string): string[] {
  const found: string[] = [];
  search(folder, '', DEPTH, found);
  return found.sort();
}

function search(root: string, path: string, depth: number, found: string[]): void {
  for (const name of readable(() => namesIn(join(root, path))) ?? []) {
    if (found.length >= MOST || /^(\.|node_modules$|__pycache__$|dist$|build$|vendor$)/.test(name)) continue;
    const here = path === '' ? name : `${path}/${name}`;
    if (!readable(() => lstatOf(join(root, here)))?.isDirectory()) continue;
    const pyproject = readable(() => readText(join(root, here, 'pyproject.toml'))) ?? '';
    if (/^\s*\[\s*project\s*\]|^\s*\[\s*tool\s*\.\s*uv\s*\.\s*workspace\s*\]/m.test(pyproject)) found.push(here);
    else if (depth > 1) search(root, here, depth - 1, found);
  }
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
