import { join, relative, sep } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { existing } from '../system/disk-space.ts';
import { lstatOf, namesIn, statOf } from '../system/files.ts';
import { mountOf } from '../system/mounts.ts';
import { isWritable, temporaryFolder } from '../system/user-rights.ts';
import type { MachineCheck, MachineLook } from './check.ts';

/** HOME has to be there and be ours. */
export const home: MachineCheck = {
  title: 'HOME',
  about: 'machine',
  async run({ paths }) {
    const path = paths.home;
    const is = statOf(path)?.isDirectory() ? (isWritable(path) ? undefined : 'cannot be written') : 'is not a folder';
    if (is === undefined) return [];
    const cause =
      'Caches, settings and the state of this tool have no place. Containers often lack a HOME for their user.';
    const fix = {
      command: is === 'is not a folder' ? 'export HOME="$(mktemp -d)"' : `ls -ld ${quoteWord(path)}`,
      safe: false,
    };
    return [finding('HB160', 'fail', `HOME is ${path}, which ${is}.`, cause, fix)];
  },
};

/** Where tools keep things of this user, beside uv's cache and `.venv`, which have a check of their own. */
const KEPT = ['.npm', '.prefect', '.cache', '.config', '.local', '.local/bin', '.local/share', '.local/state'];

/** What an earlier `sudo` left behind (facts real-world 12). */
export const foreignFiles: MachineCheck = {
  title: 'Files in HOME belong to you',
  about: 'machine',
  run: async look => foreignIn(look, process.getuid?.()),
};

/** @param uid who we are; undefined on Windows, where files have other owners. Root may change everything. */
export function foreignIn({ paths, deep }: Pick<MachineLook, 'paths' | 'deep'>, uid: number | undefined): Finding[] {
  const { home: base } = paths;
  if (uid === undefined || uid === 0) return [];
  const places = [...KEPT.map(name => join(base, name)), paths.state, paths.config, paths.data, paths.bin];
  const found: string[] = [];
  for (const place of new Set(places.filter(path => path.startsWith(base + sep)))) {
    const foreign = firstForeign(place, uid, deep ? 6 : 2);
    if (foreign !== undefined && !found.some(path => foreign === path || foreign.startsWith(path + sep)))
      found.push(foreign);
  }
  if (found.length === 0) return [];
  const shown = found.map(path => `~/${relative(base, path)}`).join(', ');
  const command = `sudo chown -R "$(id -u):$(id -g)" ${found.map(quoteWord).join(' ')}`;
  const cause = 'Something was run there as another user (often with sudo); what has to change it fails in the middle.';
  return [finding('HB161', 'warn', `Not yours, but in your HOME: ${shown}.`, cause, { command, safe: false })];
}

/** The first path of another owner, at most so many levels down; a folder that cannot be read has nothing to tell. */
function firstForeign(path: string, uid: number, levels: number): string | undefined {
  const stats = lstatOf(path);
  if (!stats) return undefined;
  if (stats.uid !== uid) return path;
  if (!stats.isDirectory() || levels === 0) return undefined;
  for (const name of readable(path)) {
    const foreign = firstForeign(join(path, name), uid, levels - 1);
    if (foreign !== undefined) return foreign;
  }
  return undefined;
}

function readable(path: string): string[] {
  return isWritable(path) ? namesIn(path) : [];
}

/** Builds of packages, and uv itself, write to and start programs from the temporary folder. */
export const temporary: MachineCheck = {
  title: 'Temporary folder',
  about: 'machine',
  async run() {
    const path = temporaryFolder();
    const fix = { command: 'export TMPDIR=/var/tmp', safe: false };
    if (!statOf(path)?.isDirectory()) {
      const cause = 'Programs that need a temporary file fail, or write it somewhere else.';
      return [finding('HB162', 'fail', `The temporary folder ${path} is not there.`, cause, fix)];
    }
    if (!isWritable(path)) {
      const cause = 'Programs that need a temporary file fail.';
      return [finding('HB162', 'fail', `The temporary folder ${path} cannot be written.`, cause, fix)];
    }
    if (!mountOf(existing(path))?.options.includes('noexec')) return [];
    const cause =
      'A package that is built from source starts programs there, and the build ends with "Permission denied".';
    return [finding('HB162', 'warn', `Nothing in the temporary folder ${path} can be executed (noexec).`, cause, fix)];
  },
};
