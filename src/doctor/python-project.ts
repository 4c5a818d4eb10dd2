import { join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import type { Project } from '../manifest/pyproject.ts';
import { lockedVersions } from '../manifest/uv-lock.ts';
import type { WantedPython } from '../manifest/wanted.ts';
import { projectOf } from '../manifest/workspace-facts.ts';
import { readText, statOf } from '../system/files.ts';
import type { WorkspaceCheck } from './check.ts';

/** What a project's own shape does to a later uv typed by hand (facts real-world 2, 3, 7). Reads files only. */
export const projectShape: WorkspaceCheck = {
  title: 'What uv typed by hand does to .venv',
  about: 'workspace',
  run: async ({ root, wanted }) => {
    const project = projectIn(root);
    const lock = readText(join(root, 'uv.lock')) ?? '';
    return [
      ...conflicts(project, wanted.python),
      ...members(wanted.python),
      ...sharedFiles(lock),
      ...withoutPrefect(root, project, lock),
    ];
  },
};

/** The project as uv reads it; undefined when its files are no TOML, which others tell. */
export function projectIn(root: string): Project | undefined {
  try {
    return projectOf(root);
  } catch {
    return undefined;
  }
}

function conflicts(project: Project | undefined, python: WantedPython): Finding[] {
  const chosen = (project?.conflicts ?? [])
    .flat()
    .filter(({ kind, name }) => (kind === 'extra' ? python.extras : python.groups).includes(name));
  const [first] = chosen;
  if (!first) return [];
  return [
    finding(
      'HB297',
      'info',
      `The ${first.kind} ${first.name} excludes others, so a plain \`uv run\` can swap packages of .venv.`,
      'It synchronises without the selection that setup uses. `hotpass-bootstrap run` and `uv run --no-sync` leave .venv as it is.',
    ),
  ];
}

function members({ packages, profile }: WantedPython): Finding[] {
  if (packages === undefined || (packages !== 'all' && packages.length < 2)) return [];
  return [
    finding(
      'HB297',
      'info',
      `.venv is shared by several members of the uv workspace (profile ${profile}).`,
      'A plain `uv sync` or `uv run` in the folder of one member removes the packages of the others; setup puts them back. `uv run --no-sync` does not.',
    ),
  ];
}

/** Both own the package `prefect`: removing one takes files of the other, and no check of uv notices. */
function sharedFiles(lock: string): Finding[] {
  if (lockedVersions(lock, 'prefect').length === 0 || lockedVersions(lock, 'prefect-client').length === 0) return [];
  return [
    finding(
      'HB299',
      'warn',
      'uv.lock has both prefect and prefect-client, which own the same files.',
      'A sync that removes one of them deletes files of the other, and uv then calls .venv in order. One of the two is enough.',
      { command: 'uv tree --invert --package prefect-client', safe: false },
    ),
  ];
}

/** A deployment file, and nothing that could read it (facts real-world 3). */
function withoutPrefect(root: string, project: Project | undefined, lock: string): Finding[] {
  const named = ['prefect.yaml', 'prefect.toml'].find(name => statOf(join(root, name))?.isFile());
  const file = named ?? (project?.prefect ? 'pyproject.toml' : undefined);
  if (file === undefined || lock === '') return [];
  if (['prefect', 'prefect-client'].some(name => lockedVersions(lock, name).length > 0)) return [];
  return [
    finding(
      'HB298',
      'info',
      `${file} is for Prefect, and uv.lock has no Prefect.`,
      'So no profile is made, and `prefect` is whatever the machine has. If the project needs it, it belongs into pyproject.toml.',
      { command: "uv add 'prefect>=3,<4'", safe: false },
    ),
  ];
}
