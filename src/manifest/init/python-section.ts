import type { TomlTable } from '../../telemetry/toml-writer.ts';
import { fullest } from '../full-profile.ts';
import { normalName, type Project } from '../pyproject.ts';
import { pythonName } from '../rules.ts';
import { type Table, tableAt } from '../toml.ts';
import { type ProjectFacts, withIncluded } from './project.ts';
import { comment, listText, off, pair, placeText } from './words.ts';

/** Extras that hold development tools by their name. */
const TOOLS = new Set(['dev', 'develop', 'development', 'test', 'tests', 'testing', 'lint', 'typing']);

/** The tables `[python]` and `[python.profiles]`, with what each set of packages is and where that was found. */
export function pythonSection(facts: ProjectFacts): string[] {
  const { project, uvRangeAt } = facts;
  const full = fullest(named(project));
  const lines = ['[python.profiles]', ...comment(coreText(facts))];
  const virtual = isVirtual(facts);
  lines.push(...pair('core', virtual ? { packages: 'all' } : {}), ...toolsHint(facts));
  if (full.profile && !(virtual && Object.keys(full.profile).length === 1)) {
    lines.push('', ...comment(fullText(facts, full.profile)));
    if (full.dropped.length > 0) {
      const at = placeText(facts.at('tool', 'uv', 'conflicts'));
      const names = full.dropped.map(item => `the ${item.kind} ${item.name}`).join(', ');
      lines.push(...comment(`Left out: ${names}; in conflict with others (${at}).`));
    }
    lines.push(...pair('full', full.profile as TomlTable));
  }
  if (project.uvRange === undefined || uvRangeAt === undefined) return lines;
  const said = comment(`uv ${project.uvRange} is taken from ${placeText(uvRangeAt)} (required-version); a range here:`);
  return ['[python]', ...said, ...off(pair('uv', project.uvRange)), '', ...lines];
}

/** Extras and groups whose names a manifest may hold; uv refuses the others as well. */
function named(project: Project): Project {
  const kept = (sets: Project['extras']) =>
    Object.fromEntries(Object.entries(sets).filter(([name]) => pythonName(name) === undefined));
  return { ...project, extras: kept(project.extras), groups: kept(project.groups) };
}

/** A uv workspace whose root is not a project: what is meant is said, since not every uv installs its members unasked (real-world 1). */
function isVirtual({ project }: ProjectFacts): boolean {
  return project.name === undefined && project.workspace !== undefined;
}

function coreText(facts: ProjectFacts): string {
  const { project, at, packaged, pyproject } = facts;
  const groups = groupsText(facts);
  const exact = 'From an existing .venv setup removes what does not belong to it; the plan shows that first.';
  if (isVirtual(facts)) {
    const where = placeText(at('tool', 'uv', 'workspace', 'members'));
    return `Every member of the uv workspace (${where}); the root itself is not a project. ${exact}`;
  }
  if (project.name === undefined) {
    return `What a plain uv sync installs: ${groups || 'no package, since there is no [project] and no default group'}. ${exact}`;
  }
  const own = packaged
    ? `${project.name} (${placeText(at('project', 'name'))}) with its dependencies`
    : `the dependencies (${placeText(at('project', 'dependencies'))}), not the project itself (${notPackaged(facts, pyproject)})`;
  return `What a plain uv sync installs: ${own}${groups === '' ? '' : `, and ${groups}`}. ${exact}`;
}

function notPackaged({ at }: ProjectFacts, pyproject: Table): string {
  return tableAt(pyproject, 'tool', 'uv')?.['package'] === false
    ? `package = false, ${placeText(at('tool', 'uv', 'package'))}`
    : 'it has no [build-system]';
}

/** uv's default groups, with what they include. */
function groupsText({ project, at, pyproject }: ProjectFacts): string {
  const standing = project.defaultGroups.filter(name => name in project.groups);
  if (standing.length === 0) return '';
  const named = standing.map(name => ({ name, place: at('dependency-groups', written(pyproject, name)) }));
  const included = withIncluded(project, standing).filter(name => !standing.includes(name));
  const also = included.length === 0 ? '' : `, which include${standing.length > 1 ? '' : 's'} ${included.join(', ')}`;
  return `the group${standing.length > 1 ? 's' : ''} ${listText(named)}${also}`;
}

function fullText({ project, at, pyproject }: ProjectFacts, profile: NonNullable<Full['profile']>): string {
  const extras = (profile.extras ?? []).map(name => ({
    name,
    place: at('project', 'optional-dependencies', written(pyproject, name, 'project', 'optional-dependencies')),
  }));
  const groups = (profile.groups ?? []).map(name => ({
    name,
    place: at('dependency-groups', written(pyproject, name)),
  }));
  const parts = [
    ...(profile.packages === undefined
      ? []
      : [`every member of the uv workspace (${placeText(at('tool', 'uv', 'workspace', 'members'))})`]),
    ...(extras.length === 0 ? [] : [`the extra${extras.length > 1 ? 's' : ''} ${listText(extras)}`]),
    ...(groups.length === 0 ? [] : [`the group${groups.length > 1 ? 's' : ''} ${listText(groups)}`]),
  ];
  const defaults = project.defaultGroups.some(name => name in project.groups)
    ? ' (the default groups are in it too)'
    : '';
  return `Everything: ${parts.join('; ')}${defaults}.`;
}

/** Development tools in an extra are not part of a plain `uv sync`: said, with the line that would make them so. */
function toolsHint({ project }: ProjectFacts): string[] {
  const tools = Object.keys(named(project).extras).filter(name => TOOLS.has(name));
  if (tools.length === 0) return [];
  return [
    ...comment('Development tools are an extra here. To have them everywhere:'),
    ...off(pair('core', { extras: tools })),
  ];
}

type Full = ReturnType<typeof fullest>;

/** A normalised name as the file writes it. */
function written(pyproject: Table, name: string, ...path: string[]): string {
  const table = tableAt(pyproject, ...(path.length === 0 ? ['dependency-groups'] : path)) ?? {};
  return Object.keys(table).find(key => normalName(key) === name) ?? name;
}
