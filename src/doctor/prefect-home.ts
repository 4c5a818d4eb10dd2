import { isAbsolute, join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { lstatOf, namesIn, readText } from '../system/files.ts';
import { startTime } from '../system/platform.ts';
import type { MachineCheck, MachineLook } from './check.ts';

/** The folder where Prefect keeps its profiles, its database and what it knows of its server. */
export const prefectHome: MachineCheck = {
  title: 'Prefect folder',
  about: 'machine',
  async run(look) {
    const folder = homeOf(look);
    return [...ownerFindings(folder), ...serverFindings(folder)];
  },
};

function homeOf({ env, paths }: MachineLook): string {
  const given = env['PREFECT_HOME'];
  return given && isAbsolute(given) ? given : join(paths.home, '.prefect');
}

/** One file of root's in it fails in the middle of something else (facts real-world 12). */
function ownerFindings(folder: string): Finding[] {
  const uid = process.getuid?.();
  if (uid === undefined || uid === 0) return [];
  const paths = [folder, ...namesIn(folder).map(name => join(folder, name))];
  const foreign = paths.filter(path => (lstatOf(path)?.uid ?? uid) !== uid);
  const [first] = foreign;
  if (first === undefined) return [];
  const belongs = foreign.length > 1 ? `and ${foreign.length - 1} more belong` : 'belongs';
  return [
    finding(
      'HB274',
      'warn',
      `${first} ${belongs} to another user.`,
      'Prefect ran once as that user, usually by sudo; it cannot write there as you.',
      { command: `sudo chown -R "$(id -u):$(id -g)" ${quoteWord(folder)}`, safe: false },
    ),
  ];
}

/** A server that was killed leaves its number behind, and `prefect server start --background` refuses because of it. */
function serverFindings(folder: string): Finding[] {
  const path = join(folder, 'server.pid');
  const pid = Number.parseInt(lstatOf(path)?.isFile() ? (readText(path) ?? '') : '', 10);
  if (!(pid > 0) || startTime(pid) !== undefined) return [];
  return [
    finding(
      'HB271',
      'warn',
      `${path} names a Prefect server that is not running any more.`,
      'It was stopped the hard way. Until the file is gone, a server does not start in the background.',
      { command: `rm ${quoteWord(path)}`, safe: false },
    ),
  ];
}
