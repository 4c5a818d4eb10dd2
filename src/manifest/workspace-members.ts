import { join, relative, sep } from 'node:path';
import { statOf } from '../system/files.ts';
import { workspaceOf } from './pyproject.ts';
import { type Table, tableAt } from './toml.ts';

/**
 * The root of the uv workspace a project is a member of, as uv finds it: the nearest `pyproject.toml` above decides,
 * whether it says so or not; a project that is a workspace root itself is no member.
 * @param folders the project's folder and those above it that may be looked at.
 * @returns undefined when the project stands alone or is excluded.
 */
export function memberOf(
  folder: string,
  folders: readonly string[],
  read: (folder: string) => Table,
): string | undefined {
  const above = folders.slice(folders.indexOf(folder) + 1);
  const root = above.find(candidate => statOf(join(candidate, 'pyproject.toml'))?.isFile());
  if (root === undefined) return undefined;
  const workspace = workspaceOf(tableAt(read(root), 'tool', 'uv'));
  if (!workspace || workspaceOf(tableAt(read(folder), 'tool', 'uv'))) return undefined;
  const path = relative(root, folder).split(sep).join('/');
  const matches = (pattern: string): boolean => memberPattern(pattern).test(path);
  return workspace.members.some(matches) && !workspace.exclude.some(matches) ? root : undefined;
}

/** A glob of `members` or `exclude` as a regular expression: `*` and `?` stay within a name, `**` spans folders. */
export function memberPattern(glob: string): RegExp {
  let source = '';
  const plain = glob.replace(/^\.\//, '').replace(/\/+$/, '');
  for (const piece of plain.match(/\*\*\/|\*\*|\*|\?|\[!?[^\]]+\]|[\s\S]/g) ?? []) {
    if (piece === '**/') source += '(?:[^/]+/)*';
    else if (piece === '**') source += '.+';
    else if (piece === '*') source += '[^/]*';
    else if (piece === '?') source += '[^/]';
    else if (piece.length > 1) source += `[${piece.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`;
    else source += piece.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  }
  return new RegExp(`^${source}$`, 's');
}
