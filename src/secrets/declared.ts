/** A secret as a workspace declares it: what the parts of this folder need of `WantedSecret`. */
export interface DeclaredSecret {
  name: string;
  /** The variable it is injected as. */
  env: string;
  required: boolean;
  /** One value for all environments. */
  shared: boolean;
  /** A regular expression the whole value must match. */
  pattern: string | undefined;
  /** Name of the uv index whose password this is. */
  index: string | undefined;
  /** The user name uv sends to that index. */
  indexUser: string | undefined;
  /** Scheme, host and port it may be sent to; undefined when it belongs to no origin we know. */
  audience: string | undefined;
}
