import { join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { checkSetting } from '../prefect/settings.ts';
import { readText } from '../system/files.ts';
import { fullProfile } from './full-profile.ts';
import { shown } from './locate.ts';
import type { Project } from './pyproject.ts';
import type { Manifest } from './schema.ts';
import { readToml, tableAt } from './toml.ts';
import { serverUrl } from './url-rules.ts';
import { lockedVersions, requires } from './uv-lock.ts';
import { defaultEnvFile, inferredName, projectOf, reportingPackages, type WorkspaceFacts } from './workspace-facts.ts';

export const DEFAULT_API_URL = 'http://127.0.0.1:4200/api';

export interface Inferred extends WorkspaceFacts {
  manifest: Manifest;
  environments: readonly string[];
  findings: Finding[];
}

/**
 * What a workspace without a manifest asks for (design §3): `core` is what a plain `uv sync` installs, one environment
 * `local`, a Prefect profile where Prefect 3 is locked, telemetry off, no secrets.
 * @param root real path of the workspace root.
 * @throws UserError 78 when `pyproject.toml`, `uv.toml` or `prefect.toml` is no TOML.
 */
export function infer(root: string): Inferred {
  const project = projectOf(root);
  const workspace = inferredName(project.name, root);
  const lock = readText(join(root, 'uv.lock'));
  const findings: Finding[] = [];
  const prefect = usesPrefect(lock, project, findings);
  const full = fullProfile(project, findings);
  const left = membersLeftOut(lock, project);
  if (left.length > 0) findings.push(leavesMembersOut(root, left));
  return {
    manifest: {
      schema: 1,
      workspace,
      python: { profiles: { core: {}, ...(full ? { full } : {}) } },
      environments: {
        local: {
          python: 'core',
          ...(prefect
            ? { prefect: { profile: `${workspace}-local`, 'api-url': apiUrl(root, project, findings) } }
            : {}),
          telemetry: { enabled: false },
        },
      },
    },
    workspace,
    envFile: defaultEnvFile(workspace),
    uvRange: project.uvRange,
    indexes: {},
    reporting: reportingPackages(lock),
    environments: ['local'],
    findings,
  };
}

/** Is Prefect 3 among the locked packages? Whoever needs it: a member, a group or an extra (real-world 3). */
function usesPrefect(lock: string | undefined, project: Project, findings: Finding[]): boolean {
  const own = [
    ...project.dependencies,
    ...Object.values(project.extras).flat(),
    ...Object.values(project.groups).flat(),
  ];
  if (lock === undefined) return requires(own, 'prefect');
  const versions = ['prefect', 'prefect-client'].flatMap(name => lockedVersions(lock, name));
  if (versions.some(version => version.startsWith('3.'))) return true;
  const [other] = versions;
  if (other !== undefined) {
    findings.push(
      finding(
        'HB142',
        'warn',
        `Prefect ${other} is locked; a profile is written for Prefect 3 only.`,
        'Settings of Prefect 2 have other names, and an unknown one stops its command line.',
      ),
    );
  }
  return false;
}

/** The API URL the workspace gives itself (`prefect.toml` before `[tool.prefect]`), if a profile may hold it. */
function apiUrl(root: string, project: Project, findings: Finding[]): string {
  const path = join(root, 'prefect.toml');
  const own = readText(path);
  const places = [
    { file: path, value: own === undefined ? undefined : tableAt(readToml(own, shown(path)), 'api')?.['url'] },
    { file: join(root, 'pyproject.toml'), value: tableAt(project.prefect, 'api')?.['url'] },
  ];
  const place = places.find(candidate => typeof candidate.value === 'string');
  if (!place || typeof place.value !== 'string') return DEFAULT_API_URL;
  const url = place.value;
  const check = checkSetting('PREFECT_API_URL', url);
  const reason = serverUrl(url) ?? (check.ok ? undefined : check.reason);
  if (reason === undefined) return url;
  const lines = (readText(place.file) ?? '').split('\n');
  const line = lines.findIndex(candidate => candidate.includes(url)) + 1;
  findings.push(
    finding(
      'HB141',
      'warn',
      `The Prefect API URL in ${shown(place.file)}:${Math.max(line, 1)} ${reason}.`,
      `It beats every profile while it stands there; the profile gets ${DEFAULT_API_URL}.`,
    ),
  );
  return DEFAULT_API_URL;
}

/**
 * Members that a plain `uv sync` does not install: those of a root that is a project of its own and needs none of
 * them. A root without `[project]` installs all of them (uv 0.13.9).
 */
function membersLeftOut(lock: string | undefined, project: Project): string[] {
  if (lock === undefined || project.name === undefined || !project.workspace) return [];
  const local = lock.matchAll(
    /^name = "([^"]+)"\r?\n(?:version = .*\r?\n)?source = \{ (?:editable|virtual) = "([^"]+)"/gm,
  );
  const members = [...local].flatMap(([, name = '', path]) => (path === '.' ? [] : [name]));
  const needed = [...project.dependencies, ...Object.values(project.groups).flat()];
  return members.some(name => requires(needed, name)) ? [] : members;
}

function leavesMembersOut(root: string, members: readonly string[]): Finding {
  return finding(
    'HB143',
    'info',
    `A plain uv sync installs ${shown(join(root, 'pyproject.toml'))} alone, and none of the workspace's members: ${members.slice(0, 3).join(', ')}${members.length > 3 ? ', …' : ''}.`,
    'The project at the root depends on none of them. A manifest with packages = "all" in a Python profile installs them.',
    { command: 'hotpass-bootstrap init', safe: false },
  );
}
