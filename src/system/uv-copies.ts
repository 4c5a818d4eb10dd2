import { join } from 'node:path';
import { isExecutable } from './environment.ts';
import { namesIn, readText, statOf } from './files.ts';
import { compareVersions, parseVersion } from './python-version.ts';

/** A uv that this tool has placed. */
export interface UvCopy {
  version: string;
  /** Absolute path of `uv`. */
  path: string;
  /** Absolute path of `uvx`; undefined when the wheel had none. */
  uvx: string | undefined;
}

/** What is written last into a copy's folder: without it the copy is not complete. */
export interface UvRecord {
  schema: 1;
  version: string;
  wheel: string;
  sha256: string;
  /** Sizes in bytes by file name. */
  files: Record<string, number>;
}

export const RECORD = 'installed.json';

/** `<data>/uv`: one folder for each version. */
export function uvFolder(data: string): string {
  return join(data, 'uv');
}

/** File name of a program. */
export function programName(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}

/** The complete copies, newest first. Looks at names and sizes; starts nothing. */
export function uvCopies(data: string): UvCopy[] {
  return namesIn(uvFolder(data))
    .flatMap(name => copyIn(join(uvFolder(data), name)) ?? [])
    .flatMap(copy => {
      const version = parseVersion(copy.version);
      return version ? [{ copy, version }] : [];
    })
    .sort((a, b) => compareVersions(b.version, a.version))
    .map(({ copy }) => copy);
}

/** The copy in a folder, or undefined when it is not complete. */
export function copyIn(folder: string): UvCopy | undefined {
  let record: UvRecord;
  try {
    record = JSON.parse(readText(join(folder, RECORD)) ?? '') as UvRecord;
    if (typeof record.version !== 'string' || typeof record.files !== 'object') return undefined;
  } catch {
    return undefined;
  }
  const whole = Object.entries(record.files).every(([name, size]) => {
    const path = join(folder, name);
    return statOf(path)?.size === size && isExecutable(path);
  });
  const uv = programName('uv');
  if (!whole || record.files[uv] === undefined) return undefined;
  const uvx = programName('uvx');
  return {
    version: record.version,
    path: join(folder, uv),
    uvx: record.files[uvx] === undefined ? undefined : join(folder, uvx),
  };
}
