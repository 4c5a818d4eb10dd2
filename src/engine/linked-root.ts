import { join } from 'node:path';
import { MANIFEST_FILE, searchedFolders } from '../manifest/locate.ts';
import { checkOwnership } from '../manifest/ownership.ts';
import { nothingWanted, type Wanted } from '../manifest/wanted.ts';
import type { UserPaths } from '../system/paths.ts';
import { inContainer } from '../system/platform.ts';
import { findRecord, linkedOf, readRegistry } from './registry.ts';
import { assertStateFolder } from './state-folder.ts';
import type { Linked } from './step.ts';

/** A linked root as the registry alone knows it. */
export interface LinkedRoot {
  linked: Linked;
  /** The root and its names; of everything else nothing is wanted. */
  wanted: Wanted;
}

/**
 * The nearest linked folder at or above one, where the manifest does not matter or cannot be read: for taking back, all
 * that is needed stands in the journal. The rules about folders of other people hold as they do with a manifest.
 * @param where.directory where to begin: `-C`, else the current folder.
 * @returns undefined when none is linked.
 * @throws UserError 78 for a folder or a state folder that somebody else can change (security §8), or a registry that
 *   cannot be read.
 */
export function linkedRoot(where: { directory: string; paths: UserPaths; ci: boolean }): LinkedRoot | undefined {
  const { directory, paths, ci } = where;
  const registry = readRegistry(paths);
  const folders = searchedFolders(directory, paths.home);
  const root = folders.find(folder => findRecord(registry, folder) !== undefined);
  const record = root === undefined ? undefined : findRecord(registry, root)?.record;
  if (root === undefined || record === undefined) return undefined;
  checkOwnership(
    root,
    [join(root, MANIFEST_FILE), join(root, 'pyproject.toml')],
    () => ci || inContainer(),
    paths.home,
  );
  assertStateFolder(paths, root);
  return { linked: linkedOf(paths, record), wanted: nothingWanted(root, record.name, record.environment ?? '') };
}
