import { join, resolve } from 'node:path';
import { privateFolder, readText, replaceFile, statOf } from '../system/files.ts';
import type { UserPaths } from '../system/paths.ts';
import { identityOf, type Trace } from '../system/trace.ts';
import type { Approved, Workspace } from './workspace.ts';

/**
 * What `run` found out about an approved workspace, and all that it looked at for it. While every one of these is as it
 * was, looking again would find the same: the manifest need not be read, nor compared with its approval. It is a cache
 * like `settled`. What it holds was read from approved bytes, so an old memory can never allow more than was approved.
 */
interface Memory {
  schema: 1;
  /** File of the program that wrote it; its name holds a digest of the code. */
  program: string;
  uid: number | undefined;
  folder: string;
  call: string;
  /** Path, whether its entries count, identity. */
  paths: readonly (readonly [string, boolean, string])[];
  workspace: Approved;
}

/** Which workspace a call is about: its options and variables that choose one. */
export interface RunCall {
  paths: UserPaths;
  directory: string | undefined;
  environment: string | undefined;
}

/** A file that was changed this shortly ago could change again and look the same: clocks of files are coarse. */
const SETTLED_MS = 2000;

/** The workspace of an earlier call like this one; undefined when there is something to look at. */
export function recallWorkspace(call: RunCall): Approved | undefined {
  const memory = load(fileOf(call));
  const known =
    memory !== undefined &&
    memory.program === import.meta.filename &&
    memory.uid === process.getuid?.() &&
    memory.folder === resolve('.') &&
    memory.call === nameOf(call) &&
    memory.paths.every(([path, listed, identity]) => identityOf(path, listed) === identity);
  return known ? memory.workspace : undefined;
}

/** Keeps what was found, unless it is not approved or something is worth saying. Never a reason for a call to fail. */
export function rememberWorkspace(call: RunCall, trace: Trace, workspace: Workspace): void {
  const { wanted, linked, grown, movedFrom, loaded } = workspace;
  if (!linked || grown.length > 0 || movedFrom !== undefined || loaded.findings.length > 0) return;
  const paths: (readonly [string, boolean, string])[] = [];
  for (const [path, { listed, identity }] of [...trace.paths, ...own()]) {
    if (/^\/(proc|sys|dev)\//.test(path)) continue;
    if (identityOf(path, listed) !== identity) return;
    // Our own records are replaced, never written in place, so that each has an identity of its own.
    if (!path.startsWith(call.paths.state) && changedJustNow(path)) return;
    paths.push([resolve(path), listed, identity]);
  }
  const memory: Memory = {
    schema: 1,
    program: import.meta.filename,
    uid: process.getuid?.(),
    folder: resolve('.'),
    call: nameOf(call),
    paths,
    workspace: { wanted, linked, grown },
  };
  try {
    privateFolder(folderOf(call.paths));
    replaceFile(fileOf(call), JSON.stringify(memory), 0o600);
  } catch {
    // The next call looks for itself.
  }
}

/** This program, replaced in place. */
const own = (): Trace['paths'] =>
  new Map([[import.meta.filename, { listed: false, identity: identityOf(import.meta.filename, false) }]]);

function changedJustNow(path: string): boolean {
  const stats = statOf(path);
  return stats?.isFile() === true && Date.now() - stats.mtimeMs < SETTLED_MS;
}

const nameOf = ({ directory, environment }: RunCall): string => JSON.stringify([directory ?? '.', environment ?? '']);

const folderOf = (paths: UserPaths): string => join(paths.state, 'settled');

/** One file for each folder and call; what is too long for the name of a file is cut, since the file says all of it. */
function fileOf(call: RunCall): string {
  const name = encodeURIComponent(`${resolve('.')} ${nameOf(call)}`);
  return join(folderOf(call.paths), `run-${name.slice(-200)}.json`);
}

function load(file: string): Memory | undefined {
  try {
    return JSON.parse(readText(file) ?? '') as Memory;
  } catch {
    return undefined;
  }
}
