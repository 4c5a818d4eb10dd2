import { isAbsolute, join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import type { Env } from '../system/environment.ts';
import { lstatOf, statOf } from '../system/files.ts';
import type { MachineCheck } from './check.ts';

/** Credentials for package indexes that stand in plain text in the home folder. */
export const credentialsAtHome: MachineCheck = {
  title: 'Credentials in files of your home folder',
  about: 'machine',
  run: async ({ env, paths }) => [...uvCredentials(env, paths.home), ...openNetrc(env, paths.home)],
};

/** `uv auth login` keeps passwords and tokens in a text file (facts uv §4). */
function uvCredentials(env: Env, home: string): Finding[] {
  const data = env['XDG_DATA_HOME'];
  const base = data && isAbsolute(data) ? data : join(home, '.local', 'share');
  const folder = env['UV_CREDENTIALS_DIR'] || join(base, 'uv', 'credentials');
  const file = join(folder, 'credentials.toml');
  if (!((statOf(file)?.size ?? 0) > 0)) return [];
  return [
    finding(
      'HB337',
      'info',
      `uv keeps passwords of package indexes in plain text, in ${file}.`,
      '`uv auth login` stored them. A secret with for = "index:NAME" in the manifest is kept in your keychain instead, and given to uv alone.',
      { command: 'uv auth logout --help', safe: false },
    ),
  ];
}

function openNetrc(env: Env, home: string): Finding[] {
  const file = env['NETRC'] || join(home, '.netrc');
  const stats = process.platform === 'win32' ? undefined : lstatOf(file);
  if (!stats?.isFile() || stats.size === 0 || (stats.mode & 0o077) === 0) return [];
  return [
    finding(
      'HB338',
      'warn',
      `Others on this machine can read ${file}.`,
      'It holds passwords, which uv, curl and pip send to the hosts it names.',
      { command: `chmod 600 ${quoteWord(file)}`, safe: false },
    ),
  ];
}
