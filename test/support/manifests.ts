import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../src/core/errors.ts';
import { type Loaded, type LoadOptions, loadWorkspace } from '../../src/manifest/load.ts';
import { userPaths } from '../../src/system/paths.ts';
import { temporary } from './tools.ts';

/** A `pyproject.toml` that is a uv project and nothing else. */
export const PYPROJECT = '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.11"\n';

/** A folder with these files; `.git` makes it the end of the search. */
export function folder(files: Record<string, string>): string {
  const root = realpathSync(temporary('hb-manifest-'));
  for (const [path, content] of Object.entries({ '.git/HEAD': 'ref: refs/heads/main\n', ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** Loads the workspace that begins at a folder. */
export function load(directory: string, more: Partial<LoadOptions> = {}): Promise<Loaded> {
  return loadWorkspace({ directory, ci: false, paths: userPaths({ HOME: '/nonexistent' }), ...more });
}

/** A workspace with this manifest, loaded. */
export function loadManifest(manifest: string, files: Record<string, string> = {}): Promise<Loaded> {
  return load(folder({ 'pyproject.toml': PYPROJECT, 'hotpass-bootstrap.toml': manifest, ...files }));
}

/** The error of something that must fail, with the lines a person sees: the message first. */
export async function refused(work: Promise<unknown>): Promise<UserError & { all: string[] }> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return Object.assign(error, { all: [error.message, ...error.details] });
  }
  throw new Error('It was expected to be refused and was not.');
}

/** What is wrong with a manifest, without the folder: `hotpass-bootstrap.toml:3:1: …`. */
export async function problems(manifest: string, files: Record<string, string> = {}): Promise<string[]> {
  const error = await refused(loadManifest(manifest, files));
  if (error.exit !== 78) throw new Error(`exit ${error.exit} instead of 78: ${error.message}`);
  return error.all.map(line => line.slice(line.indexOf('hotpass-bootstrap.toml')));
}
