import { basename, join } from 'node:path';
import { readText } from '../system/files.ts';
import { ANALYTICS_SWITCHES } from '../telemetry/analytics.ts';
import { shown } from './locate.ts';
import { type Project, readProject } from './pyproject.ts';
import type { Source } from './report-problems.ts';
import type { Manifest } from './schema.ts';
import { readToml } from './toml.ts';

/** What a manifest may leave to the project. */
export interface WorkspaceFacts {
  workspace: string;
  envFile: string;
  uvRange: string | undefined;
  indexes: Project['indexes'];
  reporting: readonly string[] | undefined;
}

/**
 * Fills in what the manifest leaves out. `pyproject.toml` is read only for a name, a range of uv or an index.
 * @throws UserError 78 when a secret is for an index the project does not have.
 */
export async function workspaceFacts(manifest: Manifest, root: string, source: Source): Promise<WorkspaceFacts> {
  const hasIndexSecret = Object.values(manifest.secrets ?? {}).some(secret => secret.for !== undefined);
  const needsRange = manifest.python?.uv === undefined && mentionsRange(root);
  const needed = manifest.workspace === undefined || hasIndexSecret || needsRange;
  const project = needed ? projectOf(root) : undefined;
  if (project && hasIndexSecret) {
    const { indexProblems } = await import('./secret-checks.ts');
    const problems = indexProblems(manifest, project);
    if (problems.length > 0) throw await (await import('./report-problems.ts')).manifestError(source, problems);
  }
  const workspace = manifest.workspace ?? inferredName(project?.name, root);
  return {
    workspace,
    envFile: manifest['env-file'] ?? defaultEnvFile(workspace),
    uvRange: manifest.python?.uv ?? project?.uvRange,
    indexes: hasIndexSecret ? (project?.indexes ?? {}) : {},
    reporting: reportingPackages(readText(join(root, 'uv.lock'))),
  };
}

/** The project of a root: `pyproject.toml`, and `uv.toml` where there is one. @throws UserError 78 for bad TOML. */
export function projectOf(root: string): Project {
  const read = (name: string) => readText(join(root, name));
  const uvToml = read('uv.toml');
  return readProject(
    readToml(read('pyproject.toml') ?? '', shown(join(root, 'pyproject.toml'))),
    uvToml === undefined ? undefined : readToml(uvToml, shown(join(root, 'uv.toml'))),
  );
}

/** Looking for the words is cheaper than parsing, and most projects do not have them. */
function mentionsRange(root: string): boolean {
  return ['pyproject.toml', 'uv.toml'].some(name => readText(join(root, name))?.includes('required-version'));
}

/**
 * A workspace's name where none is given: the project's, else the folder's, made to keep the rules of security §4.
 */
export function inferredName(projectName: string | undefined, root: string): string {
  const plain = (projectName ?? basename(root))
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 64)
    .replace(/[^a-z0-9]+$/, '');
  if (plain === '') return 'workspace';
  return /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/.test(plain) ? `project-${plain}`.slice(0, 64) : plain;
}

/** `.env.<workspace>`, with what a file name of ours does not allow as a dash. */
export function defaultEnvFile(workspace: string): string {
  return `.env.${workspace.replace(/[^A-Za-z0-9_-]/g, '-')}`;
}

/** Which packages with a switch for third-party analytics a lock holds; undefined without a lock. */
export function reportingPackages(lock: string | undefined): string[] | undefined {
  if (lock === undefined) return undefined;
  return ANALYTICS_SWITCHES.map(({ distribution }) => distribution).filter(name => lock.includes(`\nname = "${name}"`));
}
