import { EXIT, UserError } from '../core/errors.ts';
import { isLoopback } from './http.ts';
import type { PackageIndex } from './package-index.ts';
import { type FetchOptions, fetchProjectPage } from './project-page.ts';
import { compareVersions, parseVersion } from './python-version.ts';
import type { IndexFile } from './simple-index.ts';
import { DEFAULT_UV, UV_HASHES } from './uv-hashes.ts';
import { type Machine, parseWheelName, wheelsFor } from './uv-wheels.ts';
import { exactVersion, fits, type VersionRange } from './version-range.ts';

/** A wheel whose content is known before it is fetched. */
export interface TrustedWheel {
  filename: string;
  url: URL;
  sha256: string;
}

export interface Release {
  version: string;
  /** Best first; the later ones are for machines on which the first does not start. */
  wheels: readonly TrustedWheel[];
}

/**
 * Chooses the release on an index: the default version if the range allows it, else the newest that fits and runs on
 * this machine. Yanked files only for an exact pin (PEP 592).
 * @throws Unreachable (69); UserError 1 when nothing fits; UserError 78 when the content cannot be checked.
 */
export async function findRelease(
  index: PackageIndex,
  range: VersionRange | undefined,
  machine: Machine,
  options: FetchOptions,
  hashes: Readonly<Record<string, string>> = UV_HASHES,
): Promise<Release> {
  const files = await fetchProjectPage(index, 'uv', options);
  const version = chooseVersion(files, range, machine);
  if (version === undefined) throw nothingFits(index, range, files);
  const wheels = wheelsFor(files, version, machine).map(file => trusted(file, index, hashes));
  return { version, wheels };
}

function chooseVersion(files: readonly IndexFile[], range: VersionRange | undefined, machine: Machine) {
  const pinned = exactVersion(range) !== undefined;
  const versions = new Set<string>();
  for (const file of files) {
    const version = file.yanked && !pinned ? undefined : parseWheelName(file.filename)?.version;
    if (version !== undefined) versions.add(version);
  }
  const candidates = [...versions]
    .flatMap(text => parseVersion(text) ?? [])
    .filter(version => fits(version, range))
    .sort((a, b) => Number(b.text === DEFAULT_UV) - Number(a.text === DEFAULT_UV) || compareVersions(b, a));
  return candidates.find(version => wheelsFor(files, version.text, machine).length > 0)?.text;
}

/** The shipped hash first; it and the index must not disagree. An index read over plain HTTP proves nothing. */
function trusted(file: IndexFile, index: PackageIndex, hashes: Readonly<Record<string, string>>): TrustedWheel {
  const shipped = hashes[file.filename];
  const { filename, url, sha256 } = file;
  if (shipped !== undefined && (sha256 === undefined || sha256 === shipped)) return { filename, url, sha256: shipped };
  const refused = (cause: string): UserError =>
    new UserError({
      message: `${filename} from ${index.url.host} is not fetched: what it should contain cannot be told.`,
      cause,
      next: 'hotpass-bootstrap setup',
      exit: EXIT.invalid,
    });
  if (shipped !== undefined) throw refused('The index gives another SHA-256 than the one that uv was published with.');
  if (sha256 === undefined) throw refused('The index gives no SHA-256 for it.');
  if (index.url.protocol !== 'https:' && !isLoopback(index.url)) {
    throw refused('The index is read over plain HTTP, where everybody on the way can change it; use https.');
  }
  return { filename, url, sha256 };
}

function nothingFits(index: PackageIndex, range: VersionRange | undefined, files: readonly IndexFile[]): UserError {
  const newest = files
    .flatMap(file => parseVersion(parseWheelName(file.filename)?.version ?? '') ?? [])
    .sort(compareVersions)
    .at(-1);
  return new UserError({
    message: `The package index ${index.url.host} has no uv ${range ? `${range.text} ` : ''}for this machine.`,
    cause: newest
      ? `Its newest is ${newest.text}.`
      : 'It has no wheel of uv at all; perhaps this is the sign-in page of a network.',
    next: 'hotpass-bootstrap plan',
    exit: EXIT.failed,
  });
}
