import { join } from 'node:path';
import { capabilities } from '../manifest/capabilities.ts';
import { type Loaded, type LoadOptions, loadWorkspace } from '../manifest/load.ts';
import { resolve } from '../manifest/resolve.ts';
import type { Wanted } from '../manifest/wanted.ts';
import { unknownKeys } from '../secrets/config-keys.ts';
import type { Env } from '../system/environment.ts';
import { readText } from '../system/files.ts';
import { packageVersion } from '../system/package-root.ts';
import type { UserPaths } from '../system/paths.ts';
import { growth } from './approval.ts';
import { findRecord, linkedOf, nameHolder, readRegistry, stateFolder, type WorkspaceRecord } from './registry.ts';
import { digest, Stamps } from './stamps.ts';
import { assertStateFolder } from './state-folder.ts';
import type { Linked } from './step.ts';

export interface WorkspaceOptions extends LoadOptions {
  /** What `--env`, `HOTPASS_BOOTSTRAP_ENV` or the answers say. */
  environment?: string;
  /** The command that a mistyped environment is to be typed again with; default `setup`. */
  command?: string;
  /** Take a manifest as valid that was found valid before, unchanged: for what runs every day. */
  trustStamp: boolean;
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
  /** The shipped manifest that setup remembers for this root. */
  template: string | undefined;
  linked: Linked | undefined;
  movedFrom: string | undefined;
  /** Another root on this machine whose secrets carry this workspace's name. */
  holder: { root: string; id: string } | undefined;
}

/** What is needed of a workspace to use its settings and secrets. */
export type Approved = Pick<Workspace, 'wanted' | 'linked' | 'grown'>;

/** Stamp of the manifest that was last found valid. */
export const MANIFEST_STAMP = 'manifest';

/** Digest of all that validating a manifest depends on: its text, the project file it refers to, this tool. */
export function manifestDigest(root: string, text: string): string {
  return digest([text, readText(join(root, 'pyproject.toml')) ?? '', packageVersion()]);
}

/**
 * Loads the manifest, looks the root up in the registry and resolves the environment:
 * chosen for this call > remembered > the manifest's first (contracts §1).
 */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const registry = readRegistry(options.paths);
  const validated = (root: string, text: string): boolean => {
    const record = options.trustStamp ? findRecord(registry, root)?.record : undefined;
    if (!record) return false;
    const stamps = new Stamps(stateFolder(options.paths, record));
    return stamps.holds(MANIFEST_STAMP, manifestDigest(root, text)) !== undefined;
  };
  const rememberedTemplate = (root: string): string | undefined =>
    options.ci ? undefined : findRecord(registry, root)?.record.template;
  const asked = await loadWorkspace({ ...options, validated, rememberedTemplate });
  const loaded = { ...asked, findings: [...asked.findings, ...unknownKeys(options.paths)] };
  assertStateFolder(options.paths, loaded.root);
  const found = findRecord(registry, loaded.root);
  const remembered = options.ci ? undefined : found?.record.environment;
  // An environment that the manifest no longer has is forgotten; one that was asked for by name is an error.
  const known = remembered !== undefined && loaded.environments.includes(remembered) ? remembered : undefined;
  const variable = 'HOTPASS_BOOTSTRAP_ENV';
  const wanted = resolve(loaded, {
    environment: options.environment ?? known,
    source: options.env[variable] === options.environment ? variable : undefined,
    command: options.command,
  });
  const items = capabilities(loaded);
  return {
    loaded,
    wanted,
    items,
    grown: found ? growth(found.record.approval, items) : items,
    record: found?.record,
    template: templateOf(loaded, options, found?.record),
    linked: found ? linkedOf(options.paths, found.record) : undefined,
    movedFrom: found?.movedFrom,
    holder: nameHolder(registry, loaded.root, wanted.workspace),
  };
}

/**
 * CI remembers nothing, and `--manifest` is for one call; else the manifest that was found says it: a file of the
 * project's own ends the memory of a template.
 */
function templateOf({ source }: Loaded, options: WorkspaceOptions, record: WorkspaceRecord | undefined) {
  if (options.ci || options.manifestFile !== undefined) return record?.template;
  return source.kind === 'template' ? source.name : undefined;
}
