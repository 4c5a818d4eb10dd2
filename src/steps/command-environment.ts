import { delimiter, dirname, join } from 'node:path';
import { venvFolder, venvPython } from '../engine/fingerprint.ts';
import type { Wanted } from '../manifest/wanted.ts';
import { allOnPath, type Env, isExecutable, safePath } from '../system/environment.ts';
import { lstatOf, namesIn } from '../system/files.ts';
import type { UserPaths } from '../system/paths.ts';

/** Variables that carry our own credentials; no child needs them. */
const OURS = /^HOTPASS_BOOTSTRAP_.*(TOKEN|SECRET|KEY|PASS|AUTH|HEADERS|CREDENTIAL)/i;

/** The caller's environment as it is, less our own credentials. */
export function callersEnvironment(env: Env): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && !OURS.test(name)) out[name] = value;
  return out;
}

/**
 * The environment of a command child (security §5) before it gets secrets: the caller's as it is, less our own
 * credentials; PATH begins with this workspace's `.venv/bin` and the folder of uv; then the settings of the Prefect
 * profile and of the environment.
 * A variable that the caller set to the empty string on purpose stays empty, and in CI what is set wins over settings.
 */
export function commandEnvironment(
  wanted: Wanted,
  where: { env: Env; paths: UserPaths; ci: boolean },
): Record<string, string> {
  const out = callersEnvironment(where.env);
  // Another value in the caller's environment or in a file of the workspace would beat the profile; an empty one keeps
  // Prefect from starting.
  for (const [name, value] of Object.entries(wanted.prefect?.settings ?? {})) {
    if (!(where.ci && where.env[name])) out[name] = value;
  }
  for (const [name, value] of Object.entries(wanted.envFile.variables)) {
    const given = where.env[name];
    if (given === '' || (given !== undefined && where.ci)) continue;
    out[name] = value;
  }
  const path = safePath(where.env, wanted.root);
  const front: string[] = [];
  if (lstatOf(venvFolder(wanted.root))?.isDirectory() && isExecutable(venvPython(wanted.root))) {
    front.push(dirname(venvPython(wanted.root)));
    out['VIRTUAL_ENV'] = venvFolder(wanted.root);
  }
  const uv = allOnPath('uv', path)[0] ?? ownUv(where.paths);
  if (uv !== undefined) front.push(dirname(uv));
  out['PATH'] = [...front, path].join(delimiter);
  return out;
}

/** The same with secrets and their targets, in place of what would send them elsewhere. */
export function withSecrets(
  environment: Readonly<Record<string, string>>,
  { variables, remove }: { variables: Readonly<Record<string, string>>; remove: readonly string[] },
): Record<string, string> {
  const kept = Object.entries(environment).filter(([name]) => !remove.includes(name));
  return { ...Object.fromEntries(kept), ...variables };
}

/** The newest uv that this tool placed, when there is none on PATH. */
function ownUv(paths: UserPaths): string | undefined {
  const folder = join(paths.data, 'uv');
  return namesIn(folder)
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map(version => join(folder, version, 'uv'))
    .find(isExecutable);
}
