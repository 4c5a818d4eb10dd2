import { resolve } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { venvFolder } from '../engine/fingerprint.ts';
import type { Env } from '../system/environment.ts';
import { realPath } from '../system/files.ts';
import { fileCreationMask } from '../system/user-rights.ts';
import type { MachineCheck, WorkspaceCheck } from './check.ts';

/** Another Python environment that is active in this shell. */
export const activeEnvironment: WorkspaceCheck = {
  title: 'No other Python environment is active',
  about: 'workspace',
  run: async ({ env, root }) => otherEnvironments(env, root),
};

function otherEnvironments(env: Env, root: string): Finding[] {
  const found: Finding[] = [];
  const active = env['VIRTUAL_ENV'];
  const own = realPath(venvFolder(root)) ?? venvFolder(root);
  if (active && (realPath(active) ?? resolve(active)) !== own) {
    const message = `VIRTUAL_ENV is ${active}, which is not this workspace's environment.`;
    const cause =
      'It was activated in this shell: `python` and `uv pip` go there, while setup and `uv run` use .venv of the workspace.';
    found.push(finding('HB154', 'warn', message, cause, { command: 'deactivate', safe: false }));
  }
  const conda = env['CONDA_PREFIX'];
  if (conda && !active) {
    const message = `The conda environment ${env['CONDA_DEFAULT_ENV'] || conda} is active.`;
    const cause = 'Its python and libraries come first in this shell; the workspace does not use them.';
    found.push(finding('HB155', 'info', message, cause, { command: 'conda deactivate', safe: false }));
  }
  return found;
}

/** Which rights new files get. */
export const umask: MachineCheck = {
  title: 'File rights',
  about: 'machine',
  run: async () => (process.platform === 'win32' ? [] : maskFindings(fileCreationMask())),
};

export function maskFindings(mask: number): Finding[] {
  const shown = mask.toString(8).padStart(4, '0');
  const fix = { command: 'umask 022', safe: false };
  if ((mask & 0o700) !== 0) {
    const cause = 'What a sync writes cannot be read or entered afterwards, not even by you.';
    return [finding('HB164', 'fail', `The umask ${shown} takes your own rights from new files.`, cause, fix)];
  }
  if ((mask & 0o002) !== 0) return [];
  const cause = 'Whoever can change a workspace decides which commands run as you, so setup refuses such folders.';
  return [finding('HB164', 'warn', `The umask ${shown} lets everybody change new files.`, cause, fix)];
}

/** What programs take text for. */
export const locale: MachineCheck = {
  title: 'Locale',
  about: 'machine',
  run: async ({ env }) => localeFindings(env, process.platform),
};

export function localeFindings(env: Env, platform: NodeJS.Platform): Finding[] {
  if (platform === 'win32' || env['PYTHONUTF8'] === '1') return [];
  const [name, value = ''] =
    ['LC_ALL', 'LC_CTYPE', 'LANG'].map(key => [key, env[key]] as const).find(([, text]) => text) ?? [];
  // With C and POSIX, or none at all, Python takes UTF-8 (PEP 538, PEP 540).
  if (name === undefined || /^(C|POSIX)$/.test(value) || /utf-?8/i.test(value)) return [];
  const message = `${name} is ${value}, which is not UTF-8.`;
  const cause =
    'Python reads and writes files in that encoding unless a program says otherwise, so text with other letters breaks.';
  const language = /^[a-z]{2,3}_[A-Z]{2}/.exec(value)?.[0];
  const better = language === undefined ? 'C.UTF-8' : `${language}.UTF-8`;
  return [finding('HB165', 'warn', message, cause, { command: `export ${name}=${better}`, safe: false })];
}
