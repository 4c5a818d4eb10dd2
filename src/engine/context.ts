import { Interrupted } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import type { Ask } from '../core/ports.ts';
import type { Wanted } from '../manifest/wanted.ts';
import type { SecretStore } from '../secrets/store.ts';
import { type Env, safePath, stepEnvironment } from '../system/environment.ts';
import type { UserPaths } from '../system/paths.ts';
import { run as runChild } from '../system/process.ts';
import { Outputs } from './outputs.ts';
import { Stamps } from './stamps.ts';
import type { FilesPort, KeychainPort, Linked, Read, StepChild, Write } from './step.ts';

export interface ReadParts {
  wanted: Wanted;
  env: Env;
  paths: UserPaths;
  linked: Linked | undefined;
  approved: boolean;
  ci: boolean;
  offline: boolean;
  recheck: boolean;
  offerOptional?: boolean;
  store: SecretStore;
  signal: AbortSignal;
}

/** A context for looking. Stamps belong to a linked root; elsewhere nothing is remembered. */
export function readContext(parts: ReadParts): Read {
  return {
    ...parts,
    root: parts.wanted.root,
    path: safePath(parts.env, parts.wanted.root),
    outputs: new Outputs(),
    stamps: new Stamps(parts.linked?.state),
  };
}

export interface WriteParts {
  ask: Ask;
  emit: (event: RunEvent) => void;
  run: string;
  files: FilesPort;
  keychain: KeychainPort;
}

/** A context for changing; `spawn` gives children the allow-listed environment and stops them with the run. */
export function writeContext(read: Read, parts: WriteParts): Write {
  return {
    ...read,
    ...parts,
    spawn: async (argv, options: StepChild = {}) => {
      const { env, cwd, signal, ...rest } = options;
      if (signal !== false && read.signal.aborted) throw read.signal.reason ?? new Interrupted();
      return runChild(argv, {
        ...rest,
        cwd: cwd ?? read.root,
        env: stepEnvironment(read.env, read.path, env),
        ...(signal === false ? {} : { signal: signal ?? read.signal }),
      });
    },
  };
}

/** The port of changes for who looks, or journals by itself: no step may write through it. */
export function refusingFiles(who: string): FilesPort {
  return new Proxy({} as FilesPort, {
    get: () => () => {
      throw new Error(`${who} writes no file through the port of changes`);
    },
  });
}
