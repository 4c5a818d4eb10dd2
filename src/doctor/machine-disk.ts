import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { type DiskSpace, diskSpace, existing } from '../system/disk-space.ts';
import { statOf } from '../system/files.ts';
import { uvCacheFolder } from '../system/uv-cache.ts';
import type { MachineCheck, WorkspaceCheck } from './check.ts';

const MB = 1_000_000;
/** An environment with Prefect and OpenTelemetry takes 300 MB, one with data science packages ten times as much. */
const VENV = { little: 1000 * MB, none: 300 * MB };
/** Journals, secrets' index, a copy of this tool and of uv. */
const STATE = { little: 150 * MB, none: 20 * MB };
/** An environment has some ten thousand files. */
const FILES = 20_000;

interface Place {
  name: string;
  path: string;
  needs: { little: number; none: number };
}

/** Room for what this tool keeps. */
export const stateSpace: MachineCheck = {
  title: 'Room for state',
  about: 'machine',
  run: async ({ paths }) => fullDisks([{ name: 'the state of this tool', path: paths.state, needs: STATE }]),
};

/** Room for packages. */
export const packageSpace: WorkspaceCheck = {
  title: 'Room for packages',
  about: 'workspace',
  run: async ({ env, paths, root }) =>
    fullDisks([
      { name: 'the workspace', path: root, needs: VENV },
      { name: "uv's cache", path: uvCacheFolder(env, root, paths.home), needs: VENV },
    ]),
};

/** One finding a file system, about the first of the places that are on it. */
function fullDisks(places: readonly Place[]): Finding[] {
  const seen = new Set<number | undefined>();
  return places.flatMap(place => {
    const device = statOf(existing(place.path))?.dev;
    const space = seen.has(device) ? undefined : diskSpace(place.path);
    seen.add(device);
    return space ? fullDisk(place, space) : [];
  });
}

export function fullDisk({ name, path, needs }: Place, { free, files }: DiskSpace): Finding[] {
  const found: Finding[] = [];
  const fix = (flag: string) => ({ command: `df ${flag} ${quoteWord(existing(path))}`, safe: false });
  if (free < needs.little) {
    const level = free < needs.none ? 'fail' : 'warn';
    const message = `The disk of ${name} has ${megabytes(free)} left.`;
    const cause = `${path} needs ${megabytes(needs.none)} at least, and ${megabytes(needs.little)} to be at ease; a sync that runs out of space fails in the middle.`;
    found.push(finding('HB152', level, message, cause, fix('-h')));
  }
  if (files && files.free < FILES && files.free < files.all / 10) {
    const message = `The file system of ${name} takes only ${files.free} more files.`;
    const cause = `It is out of inodes before it is out of space; an environment has more than ${FILES} files.`;
    found.push(finding('HB153', files.free < FILES / 10 ? 'fail' : 'warn', message, cause, fix('-i')));
  }
  return found;
}

function megabytes(bytes: number): string {
  return bytes >= 10_000 * MB ? `${Math.round(bytes / (1000 * MB))} GB` : `${Math.floor(bytes / MB)} MB`;
}
