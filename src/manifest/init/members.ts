import { join } from 'node:path';
import { readText } from '../../system/files.ts';
import { projectsBelow } from '../projects-below.ts';
import { readToml, type Table } from '../toml.ts';
import { memberPattern } from '../workspace-members.ts';
import type { ProjectFacts } from './project.ts';

/** Projects below the root: the members of its uv workspace, and those that stand alone. Folders relative to the root. */
export function projectsIn({ root, project }: ProjectFacts): { members: string[]; others: string[] } {
  const { members = [], exclude = [] } = project.workspace ?? {};
  const matches = (patterns: readonly string[], path: string) => patterns.some(one => memberPattern(one).test(path));
  const isMember = (path: string) => matches(members, path) && !matches(exclude, path);
  const all = projectsBelow(root);
  return { members: all.filter(isMember), others: all.filter(path => !isMember(path)) };
}

/** `pyproject.toml` of a member. @throws UserError 78 for bad TOML. */
export function memberProject(root: string, folder: string): Table {
  return readToml(readText(join(root, folder, 'pyproject.toml')) ?? '', `${folder}/pyproject.toml`);
}
