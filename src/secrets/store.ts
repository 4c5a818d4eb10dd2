import type { ExitCode } from '../core/errors.ts';
import type { FindingId } from '../core/findings.ts';

/** How a store answers when it is looked at (design §5a). */
export type StoreState = 'ok' | 'locked' | 'absent' | 'unencrypted' | 'unresponsive' | 'denied';

export interface StoreReport {
  state: StoreState;
  /** One sentence for people: what was found. Empty when the state is ok. */
  message: string;
  /** Why it is so, and what else would do. */
  cause?: string;
  /** The next command; runnable as it stands. */
  next?: string;
  /** The page that explains it. */
  id?: FindingId;
  /** The exit code of what needs the store; by the state when left out. */
  exit?: ExitCode;
}

/** One secret in a store. */
export interface Item {
  /** `hotpass-bootstrap/<namespace>` in a keychain. */
  service: string;
  /** `<environment>/<secret>`, or `*` + `/<secret>` when shared. */
  user: string;
  /** The variable of the environment store. */
  env: string;
}

/** A place where secrets live. "Missing" (undefined) is said only when the store itself answered. */
export interface SecretStore {
  readonly name: 'keychain' | 'environment' | 'sealed-file' | 'vault';
  readonly writable: boolean;
  probe(): Promise<StoreReport>;
  /** Values in the order of the items; undefined where the store says there is none. Throws UserError when it cannot answer. */
  get(items: readonly Item[]): Promise<(string | undefined)[]>;
  /** Stores a value and reads it back. Throws UserError. */
  set(item: Item, value: string): Promise<void>;
  /** Returns false when there was nothing to remove. */
  remove(item: Item): Promise<boolean>;
}
