import { parseVersion } from './python-version.ts';
import { DEFAULT_UV } from './uv-hashes.ts';
import { exactVersion, fits, type VersionRange } from './version-range.ts';

/** The version that will be fetched, if it can be told without asking the index. */
export function plannedVersion(range: VersionRange | undefined): string | undefined {
  const standard = parseVersion(DEFAULT_UV);
  return standard && fits(standard, range) ? DEFAULT_UV : exactVersion(range);
}
