/** Where something was found: each kind is mended in another way. */
export type Place = 'file' | 'history' | 'git' | 'shell' | 'prefect' | 'npm';

/** A secret that stands where it should not. Never holds any of it, nor a hash of it. */
export interface Hit {
  place: Place;
  /** Relative to the workspace with `/`, else `~/…` or a whole path. */
  file: string;
  /** From 1. */
  line: number;
  /** `stored-value`, or the id of a shape. */
  rule: string;
  /** As a part of a sentence: `the value of prefect-auth`. */
  what: string;
  /** The secret of the manifest that it is, and its environment. */
  secret?: string;
  environment?: string;
  /** The oldest commit that brought it. */
  commit?: string;
}

/** A hit in a text, before it is known which file that is. */
export type Match = Pick<Hit, 'line' | 'rule' | 'what' | 'secret' | 'environment'> & {
  /** The text itself, to tell the same secret from another one; never shown or kept. */
  text: string;
};
