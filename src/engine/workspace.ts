import { capabilities } from '../manifest/capabilities.ts';
import { type Loaded, type LoadOptions, loadWorkspace } from '../manifest/load.ts';
import { resolve } from '../manifest/resolve.ts';
import type { Wanted } from '../manifest/wanted.ts';
import type { Env } from '../system/environment.ts';
import type { UserPaths } from '../system/paths.ts';
import { growth } from './approval.ts';
import { findRecord, linkedOf, nameHolder, readRegistry, type WorkspaceRecord } from './registry.ts';
import type { Linked } from './step.ts';

export interface WorkspaceOptions extends LoadOptions {
  /** What `--env`, `HOTPASS_BOOTSTRAP_ENV` or the answers say. */
  environment?: string;
  env: Env;
  paths: UserPaths;
  ci: boolean;
}

/** A workspace as a command finds it: what it asks for, and what this user has said about it. */
export interface Workspace {
  loaded: Loaded;
  wanted: Wanted;
  /** Capability lines of the manifest, sorted. */
  items: readonly string[];
  /** Those that were not approved yet; all of them in an unlinked root. */
  grown: readonly string[];
  record: WorkspaceRecord | undefined;
  linked: Linked | undefined;
  movedFrom: string | undefined;
  /** Another root on this machine whose secrets carry this workspace's name. */
  holder: { root: string; id: string } | undefined;
}

/**
 * Loads the manifest, looks the root up in the registry and resolves the environment:
 * chosen for this call > remembered > the manifest's first (contracts §1).
 */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const loaded = await loadWorkspace(options);
  const registry = readRegistry(options.paths);
  const found = findRecord(registry, loaded.root);
  const remembered = options.ci ? undefined : found?.record.environment;
  // An environment that the manifest no longer has is forgotten; one that was asked for by name is an error.
  const known = remembered !== undefined && loaded.environments.includes(remembered) ? remembered : undefined;
  const wanted = resolve(loaded, { environment: options.environment ?? known });
  const items = capabilities(loaded);
  return {
    loaded,
    wanted,
    items,
    grown: found ? growth(found.record.approval, items) : items,
    record: found?.record,
    linked: found ? linkedOf(options.paths, found.record) : undefined,
    movedFrom: found?.movedFrom,
    holder: nameHolder(registry, loaded.root, wanted.workspace),
  };
}
