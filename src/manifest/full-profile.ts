import { type Finding, finding } from '../core/findings.ts';
import { type Conflict, normalName, type Project, requirement } from './pyproject.ts';
import type { Manifest } from './schema.ts';

type Profile = NonNullable<NonNullable<Manifest['python']>['profiles']>[string];
type Item = Conflict;

/** More items in conflict than this are chosen one by one instead of trying all sets. */
const EXHAUSTIVE = 14;

/**
 * The profile with all extras and groups, or undefined where a plain `uv sync` has them already. An extra or group that
 * another one contains is not listed beside it; of extras and groups in conflict it takes a largest set that goes
 * together, and a finding names what it leaves out.
 */
export function fullProfile(project: Project, findings: Finding[]): Profile | undefined {
  const { profile, dropped } = fullest(project);
  if (dropped.length > 0) findings.push(leftOut(dropped));
  return profile;
}

/** The same, with what it leaves out because of conflicts. */
export function fullest(project: Project): { profile: Profile | undefined; dropped: readonly Item[] } {
  const extras = Object.keys(project.extras).map((name): Item => ({ kind: 'extra', name }));
  const groups = Object.keys(project.groups).map((name): Item => ({ kind: 'group', name }));
  const contains = (item: Item): Set<string> => withParts(project, item);
  const standing = new Set(project.defaultGroups.flatMap(name => [...contains({ kind: 'group', name })]));
  const candidates = [...extras, ...groups].filter(item => !standing.has(id(item)));
  const kept = largest(project, candidates, standing, contains);
  const dropped = candidates.filter(item => !kept.includes(item));
  const listed = kept.filter(
    item =>
      !kept.some(other => id(other) !== id(item) && contains(other).has(id(item)) && !contains(item).has(id(other))),
  );
  if (listed.length === 0 && !project.workspace) return { profile: undefined, dropped };
  const named = (kind: Item['kind']) => listed.flatMap(item => (item.kind === kind ? [item.name] : []));
  const profile: Profile = {};
  if (named('extra').length > 0) profile.extras = named('extra');
  if (named('group').length > 0) profile.groups = named('group');
  if (project.workspace) profile.packages = 'all';
  return { profile, dropped };
}

function id(item: Item): string {
  return `${item.kind}:${item.name}`;
}

/** An extra or group and all it contains: extras of the project itself (`name[a,b]`) and included groups. */
function withParts(project: Project, start: Item): Set<string> {
  const found = new Set<string>();
  const open: Item[] = [start];
  for (let item = open.pop(); item; item = open.pop()) {
    if (found.has(id(item))) continue;
    found.add(id(item));
    const requirements = (item.kind === 'extra' ? project.extras : project.groups)[item.name] ?? [];
    for (const text of requirements) {
      const needed = requirement(text);
      if (needed?.name !== normalName(project.name ?? '')) continue;
      open.push(...needed.extras.map((name): Item => ({ kind: 'extra', name })));
    }
    if (item.kind === 'group')
      open.push(...(project.includes[item.name] ?? []).map((name): Item => ({ kind: 'group', name })));
  }
  return found;
}

/** A largest choice that holds at most one item of each conflict, together with what is installed anyway. */
function largest(
  project: Project,
  candidates: readonly Item[],
  standing: ReadonlySet<string>,
  contains: (item: Item) => Set<string>,
): Item[] {
  const conflicts = project.conflicts.map(set => set.map(id));
  const clashes = (chosen: readonly Item[]): boolean => {
    const all = new Set([...standing, ...chosen.flatMap(item => [...contains(item)])]);
    return conflicts.some(set => set.filter(name => all.has(name)).length > 1);
  };
  const touched = candidates.filter(item => [...contains(item)].some(name => conflicts.flat().includes(name)));
  const free = candidates.filter(item => !touched.includes(item));
  let best: Item[] = [];
  if (touched.length <= EXHAUSTIVE) {
    for (let mask = 1; mask < 2 ** touched.length; mask++) {
      const chosen = touched.filter((_, index) => mask & (1 << index));
      if (chosen.length > best.length && !clashes(chosen)) best = chosen;
    }
  } else {
    for (const item of touched) if (!clashes([...best, item])) best = [...best, item];
  }
  return candidates.filter(item => free.includes(item) || best.includes(item));
}

function leftOut(items: readonly Item[]): Finding {
  return finding(
    'HB146',
    'info',
    `The inferred profile full leaves out ${items.map(item => `the ${item.kind} ${item.name}`).join(', ')}.`,
    'It conflicts with another one under [tool.uv] conflicts, so both cannot be installed together.',
  );
}
