/** Where the manifest came from. */
export type ManifestSource =
  | { kind: 'file'; path: string }
  | { kind: 'pyproject'; path: string }
  | { kind: 'template'; name: string }
  | { kind: 'inferred' };

/** Scheme, host and port a credential may be sent to (security §3), e.g. `https://prefect.example.com:443`. */
export type Origin = string;

/** What one environment of a workspace should look like on this machine. Pure data; the steps bring it about. */
export interface Wanted {
  /** Real path of the workspace root. */
  root: string;
  workspace: string;
  source: ManifestSource;
  environment: string;
  /** All environments of the manifest, the default first. */
  environments: readonly string[];
  python: WantedPython;
  prefect: WantedPrefect | undefined;
  telemetry: WantedTelemetry;
  /** Secrets of this environment. */
  secrets: readonly WantedSecret[];
  envFile: WantedEnvFile;
  tasks: readonly WantedTask[];
  readiness: readonly WantedReadiness[];
  /** The Vault that the manifest suggests; to be followed only once a person has approved it. */
  vault?: WantedVault;
  /** `[report]`: seconds by metric name. */
  baselines: Readonly<Record<string, number>>;
  targets: Readonly<Record<string, number>>;
}

/** A workspace of which nothing is wanted, for a root that is known without its manifest. */
export function nothingWanted(root: string, workspace: string, environment: string): Wanted {
  return {
    root,
    workspace,
    source: { kind: 'inferred' },
    environment,
    environments: environment === '' ? [] : [environment],
    python: {
      profile: '',
      extras: [],
      groups: [],
      defaultGroups: true,
      packages: undefined,
      exact: false,
      uvRange: undefined,
    },
    prefect: undefined,
    telemetry: {
      enabled: false,
      endpoint: undefined,
      protocol: undefined,
      exporters: [],
      insecure: undefined,
      timeout: undefined,
      resource: {},
      file: undefined,
    },
    secrets: [],
    envFile: { path: '', variables: {} },
    tasks: [],
    readiness: [],
    baselines: {},
    targets: {},
  };
}

export interface WantedPython {
  /** Name of the profile, e.g. `core`. */
  profile: string;
  extras: readonly string[];
  groups: readonly string[];
  /** False leaves uv's default groups out. */
  defaultGroups: boolean;
  /** Packages of a uv workspace; undefined leaves the choice to uv. */
  packages: readonly string[] | 'all' | undefined;
  /** False: without a manifest an existing `.venv` is synchronised `--inexact`, nothing is removed. */
  exact: boolean;
  /** PEP 440 range of uv, e.g. `>=0.9`. */
  uvRange: string | undefined;
}

export interface WantedPrefect {
  profile: string;
  apiUrl: string | undefined;
  /** The whole profile table, PREFECT_API_URL included: canonical names, string values. */
  settings: Readonly<Record<string, string>>;
}

export interface WantedTelemetry {
  enabled: boolean;
  endpoint: string | undefined;
  protocol: 'grpc' | 'http/protobuf' | undefined;
  exporters: readonly string[];
  insecure: boolean | undefined;
  /** Seconds. */
  timeout: number | undefined;
  resource: Readonly<Record<string, string>>;
  /** A file of the program's own, owned by us whole; `path` is relative to the root. */
  file: { path: string; content: string } | undefined;
}

export interface WantedSecret {
  name: string;
  /** The variable `run` injects it as. */
  env: string;
  description: string;
  obtain: string | undefined;
  /** `path#field` of a kv-v2 mount, the name of the environment already filled in. */
  vault: string | undefined;
  required: boolean;
  /** One value for all environments: user name `*` + `/name` instead of `environment/name`. */
  shared: boolean;
  /** Seconds. */
  maxAge: number | undefined;
  check: 'otlp' | 'prefect' | 'vault' | readonly string[] | undefined;
  /** A regular expression the whole value must match. */
  pattern: string | undefined;
  /** Name of the uv index whose password this is; given to uv alone. */
  index: string | undefined;
  /** Where it may be sent; undefined when it belongs to no origin we know. */
  audience: Origin | undefined;
  /** For `index` secrets: the user name uv sends (`UV_INDEX_<NAME>_USERNAME`). */
  indexUser: string | undefined;
  /** The address of that index. */
  indexUrl?: string | undefined;
}

/** `[vault]` of the manifest. */
export interface WantedVault {
  address?: string | undefined;
  namespace?: string | undefined;
  mount?: string | undefined;
  role?: string | undefined;
  'auth-mount'?: string | undefined;
}

export interface WantedEnvFile {
  /** Relative to the root, e.g. `.env.hotpass`. */
  path: string;
  /** Non-secret variables, in the order in which they are written. */
  variables: Readonly<Record<string, string>>;
}

export interface WantedTask {
  name: string;
  inputs: readonly string[];
  check: readonly string[] | undefined;
  run: readonly string[];
  undo: readonly string[] | undefined;
}

export interface WantedReadiness {
  name: string;
  inputs: readonly string[];
  run: readonly string[];
}
