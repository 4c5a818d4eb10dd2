import { type Finding, finding } from '../core/findings.ts';
import { placeOf } from '../prefect/profiles-path.ts';
import { isSecretSetting } from '../prefect/settings.ts';
import { readWorkspaceSettings } from '../prefect/workspace-settings.ts';
import type { WorkspaceCheck, WorkspaceLook } from './check.ts';

/** Prefect's own cloud, the only place its keys are for (security §3). */
const CLOUD = 'https://api.prefect.cloud';

/** Credentials of Prefect in the environment and in the workspace's files. No value of them is shown or sent. */
export const prefectCredentials: WorkspaceCheck = {
  title: 'Prefect credentials',
  about: 'workspace',
  async run(look) {
    if (!look.wanted.prefect) return [];
    const { entries } = await readWorkspaceSettings(look.root, look.env);
    const inFiles = entries.filter(({ origin, name }) => origin !== 'environment' && isSecretSetting(name));
    return [
      ...inFiles.map(entry =>
        warn(
          `${entry.name} stands in ${placeOf(entry)}.`,
          'It goes wherever the folder goes, and beats every other key. The keychain is the place for it.',
          entry.origin === '.env' ? 'git check-ignore -v .env' : `git log --oneline -- ${entry.origin}`,
        ),
      ),
      ...environmentFindings(look),
    ];
  },
};

function environmentFindings({ env, wanted }: WorkspaceLook): Finding[] {
  const key = env['PREFECT_API_KEY'];
  const auth = env['PREFECT_API_AUTH_STRING'];
  const apiUrl = wanted.prefect?.apiUrl;
  const found: Finding[] = [];
  if (key && auth) {
    const message = 'PREFECT_API_KEY and PREFECT_API_AUTH_STRING are both set in your environment.';
    found.push(warn(message, 'Prefect sends the second and never the first.', 'unset PREFECT_API_AUTH_STRING'));
  }
  if (key && /^pn[ub]_/.test(key) && apiUrl && new URL(apiUrl).origin !== CLOUD) {
    const message = 'PREFECT_API_KEY in your environment is a key of Prefect Cloud.';
    const cause = `Prefect, started by hand, sends it to ${new URL(apiUrl).host}, which is not Prefect Cloud.`;
    found.push(warn(message, cause, 'unset PREFECT_API_KEY'));
  }
  if (auth && (/^(["']).*\1$/s.test(auth.trim()) || !auth.includes(':'))) {
    const message = 'PREFECT_API_AUTH_STRING in your environment is not written as user:password.';
    const cause =
      'Quotes around it become part of it (a compose file or an --env-file does that), and the server refuses it.';
    found.push(warn(message, cause, 'unset PREFECT_API_AUTH_STRING'));
  }
  return found;
}

function warn(message: string, cause: string, command: string): Finding {
  return finding('HB279', 'warn', message, cause, { command, safe: false });
}
