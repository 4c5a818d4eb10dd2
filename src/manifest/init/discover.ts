import { join } from 'node:path';
import { type Finding, finding } from '../../core/findings.ts';
import { quoteCommand } from '../../core/quote.ts';
import { readWorkspaceSettings } from '../../prefect/workspace-settings.ts';
import type { Env } from '../../system/environment.ts';
import { readText } from '../../system/files.ts';
import { infer } from '../infer.ts';
import { lockedVersions } from '../uv-lock.ts';
import { namesInCode } from './code-names.ts';
import { readEnvFiles } from './env-files.ts';
import type { LocalFacts } from './environment-text.ts';
import { type FoundEnvironment, findEnvironments } from './environments.ts';
import { hooksTask } from './git-hooks.ts';
import { projectsIn } from './members.ts';
import { type DeploymentFacts, ownProfiles, readDeployments } from './prefect-files.ts';
import { type ProjectFacts, readProjectFacts } from './project.ts';
import { type FoundNames, sortNames } from './secrets-found.ts';
import { placeText } from './words.ts';

/** Everything that `init` knows of a project it has never seen. */
export interface Discovery {
  facts: ProjectFacts;
  /** Folders of the uv workspace's members, relative to the root. */
  members: readonly string[];
  workspace: string;
  envFile: string;
  files: ReturnType<typeof readEnvFiles>;
  local: LocalFacts;
  environments: readonly FoundEnvironment[];
  names: FoundNames;
  deployments: DeploymentFacts;
  hooks: readonly string[];
  findings: readonly Finding[];
}

export interface DiscoverOptions {
  root: string;
  env: Env;
  /** The sanitised PATH. */
  path: string;
  home: string;
}

/** Looks at a project; starts nothing but git's own questions. @throws UserError 78 for TOML that cannot be read. */
export async function discover({ root, env, path, home }: DiscoverOptions): Promise<Discovery> {
  const facts = await readProjectFacts(root);
  const base = infer(root);
  const { workspace, envFile } = base;
  // What the manifest itself says in its comments is not told a second time.
  const findings = base.findings.filter(({ id }) => id !== 'HB143' && id !== 'HB146');
  const { members, others } = projectsIn(facts);
  if (others.length > 0) findings.push(apart(root, others));
  if (!facts.hasLock) findings.push(noLock(root, facts));
  const files = readEnvFiles(root, workspace, findings);
  const deployments = await readDeployments(root, findings);
  const profiles = ownProfiles(env, home);
  const environments = findEnvironments(files, profiles, workspace);
  const prefect = base.manifest.environments['local']?.prefect;
  if (prefect)
    findings.push(
      ...adoptable(
        environments,
        profiles.map(({ name }) => name),
      ),
    );
  const { entries } = await readWorkspaceSettings(root, {});
  const overrides = entries
    .filter(({ origin }) => origin === 'prefect.toml' || origin === 'pyproject.toml')
    .map(({ written, origin, line }) => ({
      name: written,
      place: line === undefined ? { file: origin } : { file: origin, line },
    }));
  const url = overrides.find(({ name }) => name === 'api.url');
  return {
    facts,
    members,
    workspace,
    envFile,
    files,
    local: {
      python: 'core',
      prefect: prefect && {
        profile: prefect.profile ?? `${workspace}-local`,
        apiUrl: prefect['api-url'] ?? '',
        from: `${whyPrefect(root)}; the address is ${url ? `that of ${placeText(url.place)}` : 'that of a server on this machine'}.`,
      },
      overrides,
    },
    environments,
    names: sortNames(files, namesInCode(root, others), deployments, workspace),
    deployments,
    hooks: await hooksTask(facts, env, path, findings),
    findings,
  };
}

function whyPrefect(root: string): string {
  const lock = readText(join(root, 'uv.lock'));
  if (lock === undefined) return 'Prefect is a dependency (pyproject.toml)';
  const [name = 'prefect', version = '3'] =
    ['prefect', 'prefect-client'].map(one => [one, lockedVersions(lock, one)[0]]).find(([, found]) => found) ?? [];
  return `${name} ${version} is locked (uv.lock)`;
}

function apart(root: string, projects: readonly string[]): Finding {
  const [first = '.'] = projects;
  const one = projects.length === 1;
  return finding(
    'HB525',
    'info',
    `${one ? 'A project' : `${projects.length} projects`} below this one ${one ? 'is' : 'are'} left alone: ${projects.slice(0, 5).join(', ')}.`,
    `${one ? 'It is' : 'They are'} not among the members of this uv workspace, so ${one ? 'it has' : 'each has'} an environment and a manifest of its own.`,
    { command: quoteCommand(['hotpass-bootstrap', '-C', join(root, first), 'init']), safe: false },
  );
}

function noLock(root: string, { project }: ProjectFacts): Finding {
  // A lock of a root without packages would be empty, and "repair" nothing (real-world 1).
  const command =
    project.name === undefined && !project.workspace ? undefined : `uv lock --project ${quoteCommand([root])}`;
  return finding(
    'HB526',
    'info',
    'There is no uv.lock yet.',
    'setup installs what the lock holds, so it must be there first.',
    ...(command === undefined ? [] : [{ command, safe: false }]),
  );
}

/** Profiles of the person's that an environment would take over. */
function adoptable(environments: readonly FoundEnvironment[], own: readonly string[]): Finding[] {
  return environments
    .filter(({ profile }) => own.includes(profile))
    .map(({ name, profile }) =>
      finding(
        'HB528',
        'info',
        `You have a Prefect profile ${profile} already.`,
        `The environment ${name} has that name for its profile. It is not changed before you say so, once the manifest is there.`,
        { command: `hotpass-bootstrap profile adopt ${profile}`, safe: false },
      ),
    );
}
