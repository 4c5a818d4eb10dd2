import { basename, dirname } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { isSecretSetting } from '../prefect/settings.ts';
import { realPath, statOf } from '../system/files.ts';
import { isTracked } from '../system/git.ts';
import type { MachineCheck, MachineLook } from './check.ts';
import { type ProfilesThere, profilesThere } from './prefect-look.ts';

/** The file that holds all Prefect profiles of this user: readable, where it is expected, private, not in git. */
export const prefectFile: MachineCheck = {
  title: 'Prefect profiles file',
  about: 'machine',
  async run(look) {
    const file = await profilesThere(look);
    const moved = movedFindings(look.env, file);
    if (!file) return moved;
    return [...moved, ...modeFindings(file), ...(await trackedFindings(file, look))];
  },
};

/** PREFECT_HOME counts only where it is set: not under sudo, in a service, in an editor (facts prefect §5.9). */
function movedFindings(env: MachineLook['env'], file: ProfilesThere | undefined): Finding[] {
  const name = ['PREFECT_PROFILES_PATH', 'PREFECT_HOME'].find(each => env[each]);
  if (name === undefined) return [];
  const where = file ? `is read from ${file.path}` : 'is looked for in another place, and there is none yet';
  return [
    finding(
      'HB272',
      'info',
      `${name} is set in your environment: profiles.toml ${where}.`,
      'A program that is started without this variable (a service, sudo, an editor) uses ~/.prefect instead.',
    ),
  ];
}

function modeFindings({ path, profiles }: ProfilesThere): Finding[] {
  const mode = process.platform === 'win32' ? undefined : statOf(path)?.mode;
  if (mode === undefined || (mode & 0o077) === 0) return [];
  const secret = [...profiles.values()].some(table => Object.keys(table).some(isSecretSetting));
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return [
    finding(
      'HB273',
      secret ? 'warn' : 'info',
      `${path} can be read or changed by other users of this machine (mode ${octal}).`,
      secret
        ? 'A key stands in it in the clear.'
        : 'Prefect makes it private only when it creates it, and a key that it stores later would be open to all.',
      { command: `chmod 600 ${quoteWord(path)}`, safe: false },
    ),
  ];
}

async function trackedFindings({ path }: ProfilesThere, look: MachineLook): Promise<Finding[]> {
  const real = realPath(path) ?? path;
  const folder = dirname(real);
  if (!(await isTracked(folder, basename(real), look.env, look.path))) return [];
  return [
    finding(
      'HB275',
      'warn',
      `${path} is tracked by git.`,
      'A key that Prefect stores in it goes into the next commit, and this tool does not change a file that is tracked.',
      { command: `git -C ${quoteWord(folder)} rm --cached ${quoteWord(basename(real))}`, safe: false },
    ),
  ];
}
