import { join } from 'node:path';
import { readText } from '../../system/files.ts';
import { positionsIn } from '../positions.ts';
import type { Path } from '../problems.ts';
import { type Project, readProject, requirement } from '../pyproject.ts';
import { readToml, type Table, tableAt } from '../toml.ts';
import { closure, readLock } from '../uv-lock.ts';
import type { Place } from './words.ts';

/** A project as `init` reads it: what it says, and where it says it. */
export interface ProjectFacts {
  root: string;
  project: Project;
  pyproject: Table;
  /** The place of a key of `pyproject.toml`, or of the nearest table that holds it. */
  at: (...path: Path) => Place;
  uvRangeAt: Place | undefined;
  /** Is the project itself installed into `.venv`? (facts uv §2: a build system, unless `package` says otherwise) */
  packaged: boolean;
  /** Does a plain `uv sync` install this distribution? */
  installs: (distribution: string) => boolean;
  hasLock: boolean;
}

/** @throws UserError 78 for bad TOML. */
export async function readProjectFacts(root: string): Promise<ProjectFacts> {
  const text = readText(join(root, 'pyproject.toml')) ?? '';
  const uvToml = readText(join(root, 'uv.toml'));
  const pyproject = readToml(text, 'pyproject.toml');
  const project = readProject(pyproject, uvToml === undefined ? undefined : readToml(uvToml, 'uv.toml'));
  const find = await positionsIn(text);
  const findUv = uvToml === undefined ? undefined : await positionsIn(uvToml);
  const at = (...path: Path): Place => ({ file: 'pyproject.toml', line: find(path, true).line });
  const lock = readText(join(root, 'uv.lock'));
  const uv = tableAt(pyproject, 'tool', 'uv') ?? {};
  const packaged =
    tableAt(pyproject, 'project') !== undefined &&
    (typeof uv['package'] === 'boolean' ? uv['package'] : tableAt(pyproject, 'build-system') !== undefined);
  return {
    root,
    project,
    pyproject,
    at,
    uvRangeAt:
      project.uvRange === undefined
        ? undefined
        : findUv
          ? { file: 'uv.toml', line: findUv(['required-version'], true).line }
          : at('tool', 'uv', 'required-version'),
    packaged,
    installs: installedBy(project, lock),
    hasLock: lock !== undefined,
  };
}

/** What a plain `uv sync` installs: by the lock, and by the groups' own words where a lock has no root. */
function installedBy(project: Project, lock: string | undefined): (distribution: string) => boolean {
  const groups = withIncluded(project, project.defaultGroups);
  const said = new Set(
    [...project.dependencies, ...groups.flatMap(group => project.groups[group] ?? [])].flatMap(
      text => requirement(text)?.name ?? [],
    ),
  );
  let locked: Set<string> | undefined;
  return distribution => {
    if (said.has(distribution)) return true;
    if (lock === undefined || project.name === undefined) return false;
    locked ??= closure(readLock(lock), { roots: [project.name], extras: [], groups });
    return locked.has(distribution);
  };
}

/** Groups, and all that they include. */
export function withIncluded(project: Project, groups: readonly string[]): string[] {
  const found = new Set<string>();
  const open = [...groups];
  for (let group = open.pop(); group !== undefined; group = open.pop()) {
    if (found.has(group)) continue;
    found.add(group);
    open.push(...(project.includes[group] ?? []));
  }
  return [...found];
}
