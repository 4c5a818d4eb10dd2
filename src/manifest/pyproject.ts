import { isTable, stringsOf, type Table, tableAt } from './toml.ts';

/** What `pyproject.toml` (and a `uv.toml` beside it) say that concerns us. */
export interface Project {
  /** `[project].name`; undefined in a root without `[project]`. */
  name: string | undefined;
  requiresPython: string | undefined;
  dependencies: readonly string[];
  /** Requirements by extra, names normalised. */
  extras: Readonly<Record<string, readonly string[]>>;
  /** Requirements by dependency group, `include-group` left out; names normalised. */
  groups: Readonly<Record<string, readonly string[]>>;
  /** Groups a group includes. */
  includes: Readonly<Record<string, readonly string[]>>;
  /** Groups uv installs without being asked: `[tool.uv] default-groups`, else `dev`. */
  defaultGroups: readonly string[];
  /** Range of uv: `required-version` of `uv.toml`, else of `[tool.uv]`. */
  uvRange: string | undefined;
  workspace: { members: readonly string[]; exclude: readonly string[] } | undefined;
  /** Named package indexes. */
  indexes: Readonly<Record<string, ProjectIndex>>;
  /** Each set: at most one of them can be installed at a time. */
  conflicts: readonly (readonly Conflict[])[];
  /** Markers of the platforms the lock is made for. */
  environments: readonly string[];
  /** `[tool.prefect]` as it stands. */
  prefect: Table | undefined;
}

export interface ProjectIndex {
  url: string;
  /** The user name in its URL. */
  user: string | undefined;
}

export type Conflict = { kind: 'extra' | 'group'; name: string };

/**
 * Reads what uv reads (facts uv §2, §6): a `uv.toml` beside `pyproject.toml` takes the place of `[tool.uv]` for
 * everything that is not the project's own description.
 * @param uvToml the parsed `uv.toml`, if there is one.
 */
export function readProject(pyproject: Table, uvToml?: Table): Project {
  const project = tableAt(pyproject, 'project');
  const tool = tableAt(pyproject, 'tool', 'uv') ?? {};
  const settings = uvToml ?? tool;
  const groups = tableAt(pyproject, 'dependency-groups') ?? {};
  return {
    name: text(project?.['name']),
    requiresPython: text(project?.['requires-python']),
    dependencies: stringsOf(project?.['dependencies']),
    extras: normalised(tableAt(pyproject, 'project', 'optional-dependencies') ?? {}, stringsOf),
    groups: normalised(groups, stringsOf),
    includes: normalised(groups, includedGroups),
    defaultGroups: defaultGroups(tool['default-groups'], Object.keys(groups).map(normalName)),
    uvRange: text(settings['required-version']),
    workspace: workspaceOf(tool),
    indexes: indexesOf(settings['index']),
    conflicts: lists(tool['conflicts']).map(set => set.flatMap(conflictOf)),
    environments: typeof tool['environments'] === 'string' ? [tool['environments']] : stringsOf(tool['environments']),
    prefect: tableAt(pyproject, 'tool', 'prefect'),
  };
}

/** `[tool.uv.workspace]`: where the members are. */
export function workspaceOf(toolUv: Table | undefined): Project['workspace'] {
  const workspace = toolUv?.['workspace'];
  if (!isTable(workspace)) return undefined;
  return { members: stringsOf(workspace['members']), exclude: stringsOf(workspace['exclude']) };
}

/** A name as indexes and locks write it (PEP 503). */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** The name and extras a requirement begins with (PEP 508): `hotpass[dev,docs]>=1` → `hotpass`, `dev`, `docs`. */
export function requirement(text: string): { name: string; extras: string[] } | undefined {
  const match = /^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?/.exec(text);
  if (!match?.[1]) return undefined;
  const extras = (match[2] ?? '').split(',').map(extra => normalName(extra.trim()));
  return { name: normalName(match[1]), extras: extras.filter(extra => extra !== '') };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function lists(value: unknown): unknown[][] {
  return Array.isArray(value) ? value.filter(Array.isArray) : [];
}

function normalised(table: Table, read: (value: unknown) => string[]): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [normalName(name), read(value)]));
}

function includedGroups(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap(entry => {
    const included = isTable(entry) ? text(entry['include-group']) : undefined;
    return included ? [normalName(included)] : [];
  });
}

function defaultGroups(value: unknown, all: readonly string[]): readonly string[] {
  if (value === 'all') return all;
  return Array.isArray(value) ? stringsOf(value).map(normalName) : all.filter(name => name === 'dev');
}

function indexesOf(value: unknown): Record<string, ProjectIndex> {
  const indexes: Record<string, ProjectIndex> = {};
  for (const entry of Array.isArray(value) ? value : []) {
    const name = isTable(entry) ? text(entry['name']) : undefined;
    const url = isTable(entry) ? text(entry['url']) : undefined;
    if (!name || !url) continue;
    const user = URL.canParse(url) ? decodeURIComponent(new URL(url).username) : '';
    indexes[name] = { url, user: user || undefined };
  }
  return indexes;
}

function conflictOf(value: unknown): Conflict[] {
  if (!isTable(value)) return [];
  const extra = text(value['extra']);
  const group = text(value['group']);
  if (extra) return [{ kind: 'extra', name: normalName(extra) }];
  return group ? [{ kind: 'group', name: normalName(group) }] : [];
}
