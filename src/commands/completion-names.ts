import { join } from 'node:path';
import { listRuns } from '../engine/journal.ts';
import { readRegistry } from '../engine/registry.ts';
import { openWorkspace, type Workspace } from '../engine/workspace.ts';
import { profilesPath } from '../prefect/profiles-path.ts';
import { decodeProfiles, readProfiles } from '../prefect/profiles-text.ts';
import { processEnvironment } from '../system/environment.ts';
import { namesIn, readBytes } from '../system/files.ts';
import { packageRoot } from '../system/package-root.ts';
import { userPaths } from '../system/paths.ts';
import { isCI } from '../terminal/interactive.ts';
import type { Choice, Place } from './completion-place.ts';
import type { Values } from './spec.ts';

/** What is offered is typed into a shell: names of this shape alone, whatever a workspace calls its things. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/;

type Kind = Exclude<Values, readonly string[]>;

/**
 * Names of a kind, as this machine and this workspace have them. Files are read; no program, no keychain and no network
 * is asked, and no value of a secret is looked at.
 * @throws what opening the workspace throws.
 */
export async function namesOf(kind: Kind, given: Place['given']): Promise<Choice[]> {
  return (await LOOKUPS[kind](given)).filter(([name]) => NAME.test(name));
}

type Lookup = (given: Place['given']) => Choice[] | Promise<Choice[]>;

const LOOKUPS: Record<Kind, Lookup> = {
  environment: async given => bare((await workspaceOf(given)).loaded.environments),
  secret: async given => (await workspaceOf(given)).wanted.secrets.map(({ name, env }) => [name, env]),
  profile: async given => bare(await profiles(await workspaceOf(given))),
  run: async given => bare(runs(await workspaceOf(given))),
  workspace: async given => others(await workspaceOf(given)),
  template: () => bare([...namesIn(join(packageRoot(), 'templates')).flatMap(withoutToml), 'none']),
  // The shell knows these itself.
  file: () => [],
  folder: () => [],
  command: () => [],
};

function bare(names: readonly string[]): Choice[] {
  return names.map(name => [name, '']);
}

async function workspaceOf(given: Place['given']): Promise<Workspace> {
  const env = processEnvironment();
  const paths = userPaths(env);
  const environment = given['env'] ?? (env['HOTPASS_BOOTSTRAP_ENV'] || undefined);
  return openWorkspace({
    directory: (given['directory'] ?? '.').replace(/^~(?=\/|$)/, paths.home),
    ...(given['manifest'] === undefined ? {} : { manifestFile: given['manifest'] }),
    ...(environment === undefined ? {} : { environment }),
    trustStamp: true,
    env,
    paths,
    ci: isCI(env),
  });
}

/** Profiles of the manifest that stand in `profiles.toml`. */
async function profiles({ loaded }: Workspace): Promise<string[]> {
  const env = processEnvironment();
  const path = profilesPath(env, userPaths(env).home);
  const bytes = readBytes(path);
  if (bytes === undefined) return [];
  const there = readProfiles(decodeProfiles(bytes, path), path).profiles;
  const named = Object.values(loaded.manifest.environments ?? {}).flatMap(({ prefect }) => prefect?.profile ?? []);
  return named.filter(name => there.has(name));
}

/** Newest first, as `undo --list` has them. */
function runs({ linked }: Workspace): string[] {
  return linked ? listRuns(linked.state).reverse() : [];
}

/** Workspaces whose secrets another one may be let use, by the id that `--link` takes. */
function others({ loaded }: Workspace): Choice[] {
  const registry = readRegistry(userPaths(processEnvironment()));
  return Object.entries(registry).flatMap(([root, { id, name }]) =>
    root === loaded.root ? [] : [[id, name] as const],
  );
}

function withoutToml(file: string): string[] {
  return file.endsWith('.toml') ? [file.slice(0, -'.toml'.length)] : [];
}
