import { join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { privateFolder, readText, realPath, replaceFile, statOf } from '../system/files.ts';
import { randomHex } from '../system/hash.ts';
import { withLock } from '../system/lock.ts';
import type { UserPaths } from '../system/paths.ts';
import type { Linked } from './step.ts';

export interface Approval {
  digest: string;
  /** The capability strings that were approved, so that growth can be shown. */
  items: readonly string[];
}

/** A workspace as this user linked it (security §1). */
export interface WorkspaceRecord {
  /** Random, 128 bit, hexadecimal. */
  id: string;
  name: string;
  namespace: string;
  /** Device and inode of the root, so that a rename can be followed. */
  dev: number;
  ino: number;
  approval: Approval | undefined;
  environment: string | undefined;
  /** Name of the shipped manifest that was chosen for a root without one of its own. */
  template?: string;
}

/** What a linked root is remembered with. Without an approval or an environment the former one stays. */
export interface Remembered {
  approval: Approval | undefined;
  environment: string | undefined;
  /** Undefined: none; the record keeps none either. */
  template?: string | undefined;
}

type Registry = Record<string, WorkspaceRecord>;

/** The format of `workspaces.json`. */
const SCHEMA = 1;

const file = (paths: UserPaths): string => join(paths.state, 'workspaces.json');

/** The registry: real path of a root -> its record. Missing is empty; unreadable is an error, never empty. */
export function readRegistry(paths: UserPaths): Registry {
  const text = readText(file(paths));
  if (text === undefined) return {};
  const path = file(paths);
  const { schema, registry } = parse(text);
  if (typeof schema === 'number' && schema > SCHEMA) throw newer(path);
  if (registry) return registry;
  throw new UserError({
    message: `${path} cannot be read: it is not what was written there.`,
    cause: 'It says which workspace may use which secrets, so it is not guessed anew.',
    next: `mv ${quoteWord(path)} ${quoteWord(`${path}.broken`)}`,
    exit: EXIT.invalid,
  });
}

/** What a registry file says; nothing for what is none. */
function parse(text: string): { schema?: unknown; registry?: Registry } {
  try {
    const { schema, workspaces } = (JSON.parse(text) ?? {}) as { schema?: unknown; workspaces?: unknown };
    if (typeof workspaces !== 'object' || workspaces === null || Array.isArray(workspaces)) return { schema };
    return Object.values(workspaces).every(isRecord) ? { schema, registry: workspaces as Registry } : { schema };
  } catch {
    return {};
  }
}

/** What a later format keeps would be lost by writing this one. */
function newer(path: string): UserError {
  return new UserError({
    message: `${path} was written by a newer hotpass-bootstrap.`,
    cause: 'It says which workspace may use which secrets; this version does not know its format, and changed nothing.',
    next: 'npx --yes hotpass-bootstrap@latest setup',
    exit: EXIT.invalid,
  });
}

function isRecord(value: unknown): boolean {
  const { id, name, namespace } = (value ?? {}) as Partial<Record<keyof WorkspaceRecord, unknown>>;
  return [id, name, namespace].every(text => typeof text === 'string' && text !== '');
}

/** The record of a root, and the former path when the folder was renamed since (contracts §1). */
export function findRecord(
  registry: Registry,
  root: string,
): { record: WorkspaceRecord; movedFrom?: string } | undefined {
  const record = registry[root];
  if (record) return { record };
  const stats = statOf(root);
  for (const [path, candidate] of Object.entries(registry)) {
    if (stats && candidate.dev === stats.dev && candidate.ino === stats.ino && realPath(path) === undefined) {
      return { record: candidate, movedFrom: path };
    }
  }
  return undefined;
}

/** Changes the registry under its leaf lock. */
async function update(paths: UserPaths, purpose: string, change: (registry: Registry) => void): Promise<void> {
  privateFolder(paths.state);
  await withLock(join(paths.state, 'workspaces.lock'), purpose, () => {
    const registry = readRegistry(paths);
    change(registry);
    replaceFile(file(paths), `${JSON.stringify({ schema: SCHEMA, workspaces: registry }, null, 1)}\n`, 0o600);
  });
}

/** The workspace of an id, which may be cut after eight digits or more: fewer, or none, would name one by chance. */
function withId(registry: Registry, id: string): WorkspaceRecord | undefined {
  const found = id.length < 8 ? [] : Object.values(registry).filter(other => other.id.startsWith(id));
  return found.length === 1 ? found[0] : undefined;
}

/**
 * Links a root (idempotent): a new one gets the namespace `<name>`, or `<name>~<id8>` when another root has it.
 * @param joinId id of the workspace whose secrets this one may use, after the person said so.
 */
export async function linkRoot(
  paths: UserPaths,
  root: string,
  name: string,
  remember: Remembered,
  joinId?: string,
): Promise<WorkspaceRecord> {
  let result: WorkspaceRecord | undefined;
  await update(paths, 'linking a workspace', registry => {
    const found = findRecord(registry, root);
    if (found?.movedFrom) delete registry[found.movedFrom];
    const stats = statOf(root);
    const id = found?.record.id ?? randomHex(16);
    const joined = joinId === undefined ? undefined : withId(registry, joinId);
    if (joinId !== undefined && !joined) throw unknownId(joinId);
    const taken = Object.values(registry).some(other => other.namespace === name && other.id !== id);
    result = {
      id,
      name: found?.record.name ?? name,
      namespace: joined?.namespace ?? found?.record.namespace ?? (taken ? `${name}~${id.slice(0, 8)}` : name),
      dev: stats?.dev ?? 0,
      ino: stats?.ino ?? 0,
      approval: remember.approval ?? found?.record.approval,
      environment: remember.environment ?? found?.record.environment,
      ...(remember.template === undefined ? {} : { template: remember.template }),
    };
    registry[root] = result;
  });
  if (!result) throw new Error('the registry was not updated');
  privateFolder(stateFolder(paths, result));
  return result;
}

/** Remembers an environment for a linked root, or none. Other records stay as they are. */
export async function rememberEnvironment(
  paths: UserPaths,
  root: string,
  environment: string | undefined,
): Promise<void> {
  await update(paths, 'remembering an environment', registry => {
    const found = findRecord(registry, root);
    if (!found) return;
    if (found.movedFrom) delete registry[found.movedFrom];
    registry[root] = { ...found.record, environment };
  });
}

/** Another root that uses this name as its namespace: its secrets are not for us unless the person says so. */
export function nameHolder(registry: Registry, root: string, name: string): { root: string; id: string } | undefined {
  for (const [path, record] of Object.entries(registry)) {
    if (path !== root && record.namespace === name) return { root: path, id: record.id };
  }
  return undefined;
}

/** Our state folder of a workspace. */
export function stateFolder(paths: UserPaths, record: WorkspaceRecord): string {
  return join(paths.state, 'workspaces', `${record.name}-${record.id.slice(0, 8)}`);
}

export function linkedOf(paths: UserPaths, record: WorkspaceRecord): Linked {
  const { id, name, namespace, approval } = record;
  return { id, name, namespace, state: stateFolder(paths, record), ...(approval ? {} : { journalOnly: true }) };
}

function unknownId(id: string): UserError {
  return new UserError({
    message: id.trim() === '' ? '--link is empty.' : `No linked workspace has the id ${id}.`,
    cause: '--link takes eight digits or more of the id of a workspace on this machine whose secrets this one may use.',
    next: 'hotpass-bootstrap secrets where',
    exit: EXIT.usage,
  });
}
