import * as z from 'zod/mini';
import { parseDuration } from '../core/durations.ts';
import { GATE_NAME } from '../onboarding/metric-names.ts';
import * as rules from './rules.ts';
import { serverUrl } from './url-rules.ts';
import { forbiddenVariable, variableValue } from './variable-rules.ts';

type Schema = z.core.$ZodType;

/**
 * What each part is for, by schema object; the generator of the JSON Schema reads it. Kept beside the schemas and not
 * in them, since zod copies a schema for every `.describe` and an idle run pays for each copy.
 */
export const descriptions = new Map<Schema, string>();

/** The shape of texts, for the same reason. */
export const shapes = new Map<Schema, RegExp>();

function described<S extends Schema>(description: string, schema: S): S {
  descriptions.set(schema, description);
  return schema;
}

/** A key that may be left out. */
function may<S extends Schema>(description: string, schema: S): z.ZodMiniOptional<S> {
  return described(description, z.optional(schema));
}

/** A text that must keep a rule; the reason becomes the message. */
function text(rule: rules.Rule) {
  const schema = z.string().check(context => {
    const reason = rule(context.value);
    if (reason) context.issues.push({ code: 'custom', message: reason, input: context.value });
  });
  if (rule.shape) shapes.set(schema, rule.shape);
  return schema;
}

/** A rule made of a shape and the reason for not having it. */
function shaped(shape: RegExp, reason: string) {
  return text(rules.shapeRule(shape, reason));
}

const url = text(serverUrl);
const entryName = text(rules.entryName);
const pythonNames = z.array(text(rules.pythonName));
const argv = z.array(text(rules.argument)).check(z.minLength(1));
const inputs = may(
  'Files whose change makes this run again, as paths or globs below the root; default: pyproject.toml and uv.lock',
  z.array(text(rules.inputPattern)),
);
const duration = text(value =>
  parseDuration(value) === undefined ? 'must be a duration such as "28m", "2.5h" or "90d"' : undefined,
);
const sentence = text(rules.sentence);
const displayName = text(rules.displayName);
const vaultPath = text(rules.vaultPath);

const pythonProfile = z.strictObject({
  extras: may('Extras of the project', pythonNames),
  groups: may("Dependency groups beside uv's default groups", pythonNames),
  'default-groups': may("false leaves uv's default groups out", z.boolean()),
  packages: may(
    'In a uv workspace: the packages to install',
    z.union([z.literal('all'), pythonNames], { error: '"all" or a list of package names' }),
  ),
});

const python = z.strictObject({
  uv: may(
    'Range of uv versions that will do; default: [tool.uv] required-version',
    shaped(/^[0-9A-Za-z.*+!<>=~, -]{1,100}$/, 'must be a range of versions such as ">=0.9"'),
  ),
  profiles: may('Named sets of extras and groups', z.record(entryName, pythonProfile)),
});

const prefect = z.strictObject({
  profile: may('Name of the Prefect profile; default: WORKSPACE-ENVIRONMENT', text(rules.profileName)),
  'api-url': may('URL of the Prefect API, ending in /api', url),
  settings: may(
    'Further Prefect settings of the profile, by the names of their variables',
    z.record(z.string(), z.union([z.string(), z.number(), z.boolean()], { error: 'a text, a number, true or false' })),
  ),
});

/** Keys of the managed telemetry file that can be called otherwise (facts hotpass, "Telemetry file"). */
const fileKeys = z.enum([
  'enabled',
  'service_name',
  'environment',
  'exporters',
  'resource_attributes',
  'otlp_endpoint',
  'otlp_insecure',
  'otlp_timeout',
]);

const telemetryPath = described('Path below the root, TOML or JSON by its ending', text(rules.telemetryPath));
const telemetryFile = z.union(
  [
    telemetryPath,
    z.strictObject({
      path: telemetryPath,
      keys: may(
        'Other names for the keys of the file',
        z.partialRecord(fileKeys, shaped(/^[A-Za-z][A-Za-z0-9_.-]{0,62}$/, 'must be the name of a key')),
      ),
    }),
  ],
  { error: 'a path, or a table with "path" and "keys"' },
);

const telemetry = z.strictObject({
  enabled: may('false turns OpenTelemetry off; default: true when an endpoint is set', z.boolean()),
  endpoint: may('URL of the OTLP collector', url),
  protocol: may(
    'How the exporter speaks: grpc (port 4317) or http/protobuf (port 4318)',
    z.enum(['grpc', 'http/protobuf']),
  ),
  exporters: may('Where spans and metrics go', z.array(z.enum(['otlp', 'console', 'noop'])).check(z.minLength(1))),
  insecure: may('true only for a collector on this machine that has no TLS', z.boolean()),
  timeout: may('Seconds an export may take', z.number().check(z.gt(0), z.lte(120))),
  resource: may(
    'Resource attributes',
    z.record(shaped(/^[A-Za-z][A-Za-z0-9._-]{0,127}$/, 'is not the name of a resource attribute'), sentence),
  ),
  file: may('A file of the program itself, written and owned by this tool whole', telemetryFile),
});

const environment = z.strictObject({
  python: may('Name of a profile under [python.profiles]; default: core, else the first', entryName),
  prefect: may('The Prefect profile of this environment', prefect),
  telemetry: may('Defaults for OpenTelemetry', telemetry),
  secrets: may('Names of the secrets of this environment', z.array(entryName)),
  variables: may(
    'Variables that are not secrets',
    z.record(
      text(name => forbiddenVariable(name, 'variable')),
      text(variableValue),
    ),
  ),
});

const overridable = {
  description: may('What it is', sentence),
  obtain: may('Where a person gets it: a URL or a sentence', sentence),
  vault: may(
    'Where it lies in Vault: path#field of a kv-v2 mount; {environment} is filled in',
    text(rules.vaultReference),
  ),
  required: may('false: work goes on without it; default: true', z.boolean()),
  'max-age': may('Age after which it should be rotated, e.g. "90d"', duration),
  pattern: may('Regular expression the whole value must match, at most 200 characters', text(rules.secretPattern)),
  check: may(
    'How to see that the value is accepted: a built-in live check, or a command',
    z.union([z.enum(['otlp', 'prefect', 'vault']), argv], {
      error: '"otlp", "prefect", "vault" or a command as a list of words',
    }),
  ),
};

const secret = z.strictObject({
  env: may(
    'The variable it is given to programs in',
    text(name => forbiddenVariable(name, 'secret')),
  ),
  ...overridable,
  shared: may('true: one value for all environments; default: one each', z.boolean()),
  for: may(
    'Instead of env: "index:NAME", the password of a package index, given to uv alone',
    shaped(/^index:[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be "index:" and the name of an index in [[tool.uv.index]]'),
  ),
  user: may('With for: the user name uv sends with it', sentence),
  environments: may('What differs in an environment', z.record(entryName, z.strictObject(overridable))),
});

const vault = z.strictObject({
  address: may('URL of Vault or OpenBao', url),
  namespace: may('Namespace', vaultPath),
  mount: may('kv-v2 mount the secrets lie in', vaultPath),
  role: may('Role of the login', vaultPath),
  'auth-mount': may('Mount of the login method', vaultPath),
});

const task = z.strictObject({
  name: described('Name people read', displayName),
  inputs,
  check: may('Command that ends 0 when there is nothing to do', argv),
  run: described('Command that does it, as a list of words', argv),
  undo: may('Command that takes it back', argv),
});

const readiness = z.strictObject({
  name: displayName,
  inputs,
  run: argv,
});

const durations = z.record(shaped(GATE_NAME, 'must be small letters, digits, dots, dashes or underscores'), duration);

/** The whole of `hotpass-bootstrap.toml` (design §3). The published JSON Schema is made from this. */
export const manifestSchema = z.strictObject({
  schema: described('Version of this format', z.literal(1)),
  requires: may(
    'Range of versions of hotpass-bootstrap this manifest needs',
    shaped(/^[0-9.<>=!~, *]{1,100}$/, 'must be a range of versions such as ">=1.0"'),
  ),
  workspace: may("Name of the workspace; default: [project].name, else the folder's name", text(rules.workspaceName)),
  'env-file': may('The environment file in the root; default: .env.WORKSPACE', text(rules.envFileName)),
  python: may('uv and the sets of packages', python),
  environments: described(
    'Where the project is worked on; the first one is the default',
    z.record(entryName, environment),
  ),
  secrets: may('Secrets by name; never their values', z.record(entryName, secret)),
  vault: may("Suggestion of the team's Vault; followed only once a person approved it", vault),
  tasks: may('Anything else a workspace needs', z.array(task)),
  readiness: may('What "ready" means, beside the built-in checks', z.array(readiness)),
  report: may(
    'Figures the report compares with',
    z.strictObject({
      baselines: may('Durations before this tool', durations),
      targets: may('Durations to reach', durations),
    }),
  ),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestEnvironment = Manifest['environments'][string];
export type ManifestSecret = NonNullable<Manifest['secrets']>[string];
export type ManifestTelemetry = NonNullable<ManifestEnvironment['telemetry']>;
