import { compareRelease, compareVersions, isPreRelease, parseVersion, type Version } from './python-version.ts';

interface Clause {
  operator: '==' | '!=' | '>=' | '<=' | '>' | '<' | '~=';
  version: Version;
  /** `==0.9.*` */
  wildcard: boolean;
}

/** A range such as `>=0.9,<0.14`; every clause must hold. */
export interface VersionRange {
  text: string;
  clauses: readonly Clause[];
}

/**
 * Reads a range (PEP 440: == != >= <= > < ~= and `.*`); a bare version means exactly that one, as in uv's
 * `required-version` (facts uv §6).
 * @returns undefined when the text is no range.
 */
export function parseRange(text: string): VersionRange | undefined {
  const clauses: Clause[] = [];
  const parts = text.split(',').map(part => part.trim());
  if (parts.length > 1 && parts.at(-1) === '') parts.pop(); // PEP 440 lets a comma stand last.
  for (const part of parts) {
    const match = /^(==|!=|>=|<=|>|<|~=|)\s*([^\s=<>!~*]+?)(\.\*)?$/.exec(part);
    const version = parseVersion(match?.[2] ?? '');
    if (!match || !version) return undefined;
    const operator = (match[1] || '==') as Clause['operator'];
    const wildcard = match[3] !== undefined;
    if (wildcard && operator !== '==' && operator !== '!=') return undefined;
    if (wildcard && (isPreRelease(version) || version.post !== undefined)) return undefined;
    if (operator === '~=' && version.release.length < 2) return undefined;
    clauses.push({ operator, version, wildcard });
  }
  return clauses.length === 0 ? undefined : { text: text.trim(), clauses };
}

/** Is the version in the range? Pre-releases only if a clause names one. */
export function fits(version: Version, range: VersionRange | undefined): boolean {
  if (!range) return !isPreRelease(version);
  const named = range.clauses.some(clause => clause.operator !== '!=' && isPreRelease(clause.version));
  if (isPreRelease(version) && !named) return false;
  return range.clauses.every(clause => holds(version, clause));
}

function holds(version: Version, { operator, version: bound, wildcard }: Clause): boolean {
  const order = compareVersions(version, bound);
  const sameRelease = version.epoch === bound.epoch && compareRelease(version.release, bound.release) === 0;
  switch (operator) {
    case '==':
      return wildcard ? hasPrefix(version, bound, bound.release.length) : order === 0;
    case '!=':
      return wildcard ? !hasPrefix(version, bound, bound.release.length) : order !== 0;
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>': // `>1.7` leaves out 1.7.post1, unless the bound is a post-release itself.
      return order > 0 && !(sameRelease && version.post !== undefined && bound.post === undefined);
    case '<': // `<1.7` leaves out 1.7rc1, unless the bound is a pre-release itself.
      return order < 0 && !(sameRelease && isPreRelease(version) && !isPreRelease(bound));
    case '~=':
      return order >= 0 && hasPrefix(version, bound, bound.release.length - 1);
  }
}

function hasPrefix(version: Version, bound: Version, length: number): boolean {
  if (version.epoch !== bound.epoch) return false;
  return bound.release.slice(0, length).every((part, i) => (version.release[i] ?? 0) === part);
}

/** The version of a range that allows only one (`==0.12.1`), else undefined. */
export function exactVersion(range: VersionRange | undefined): string | undefined {
  const [only, ...more] = range?.clauses ?? [];
  return more.length === 0 && only?.operator === '==' && !only.wildcard ? only.version.text : undefined;
}
