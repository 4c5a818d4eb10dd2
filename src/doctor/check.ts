import type { Finding } from '../core/findings.ts';
import type { Read } from '../engine/step.ts';
import type { SecretStore } from '../secrets/store.ts';
import type { Env } from '../system/environment.ts';
import type { UserPaths } from '../system/paths.ts';

/** What a check of the machine may look at. Nothing reachable from here changes anything. */
export interface MachineLook {
  /** The environment we were started with. */
  readonly env: Env;
  /** PATH after security §5. */
  readonly path: string;
  readonly paths: UserPaths;
  readonly ci: boolean;
  readonly offline: boolean;
  /** `--deep`: also what takes longer than two seconds. */
  readonly deep: boolean;
  readonly store: SecretStore;
  readonly signal: AbortSignal;
}

/** What a check of a workspace may look at, the machine included. */
export interface WorkspaceLook extends Read {
  readonly deep: boolean;
}

/** One thing that may be wrong outside of what a step looks after. Starts nothing in a root that is not approved. */
export interface MachineCheck {
  readonly title: string;
  readonly about: 'machine';
  run(look: MachineLook): Promise<Finding[]>;
}

export interface WorkspaceCheck {
  readonly title: string;
  readonly about: 'workspace';
  /** Only with `--deep`. */
  readonly deepOnly?: boolean;
  run(look: WorkspaceLook): Promise<Finding[]>;
}

export type Check = MachineCheck | WorkspaceCheck;
