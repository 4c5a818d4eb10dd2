/**
 * Names, paths and variables a manifest may use (security §4). Each rule is a pure predicate: it returns the reason
 * why a text will not do, as the end of a sentence that begins with the key, or undefined when it will.
 */
export interface Rule {
  (text: string): string | undefined;
  /** What every text that keeps the rule looks like; goes into the JSON Schema. */
  shape?: RegExp;
}

/** A rule that is a shape. @param reason why a text of another shape will not do. */
export function shapeRule(shape: RegExp, reason: string): Rule {
  return Object.assign((text: string) => (shape.test(text) ? undefined : reason), { shape });
}

/** A rule beyond a shape: that of `first`, and another condition. */
function both(first: Rule, second: (text: string) => string | undefined): Rule {
  return Object.assign((text: string) => first(text) ?? second(text), first.shape ? { shape: first.shape } : {});
}

const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i;

/** Names of workspaces: they become folders, keychain services and file names. */
export const workspaceName: Rule = both(
  shapeRule(
    /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/,
    'must be 1 to 64 small letters, digits, dots, dashes or underscores, beginning and ending with a letter or digit',
  ),
  name => {
    if (name.includes('..')) return 'must not hold two dots in a row';
    return DEVICES.test(name) ? 'must not be the name of a Windows device' : undefined;
  },
);

/** Names of environments, secrets and Python profiles. */
export const entryName: Rule = shapeRule(
  /^[a-z0-9][a-z0-9_-]{0,62}$/,
  'must be 1 to 63 small letters, digits, dashes or underscores, beginning with a letter or digit',
);

/** No control, bidirectional or zero-width characters; explicit ranges, since `\p{…}` costs half a millisecond to compile. */
function printable(text: string, most: number): boolean {
  if (text === '' || text.length > most) return false;
  return !/[\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/.test(text);
}

/** Names people read: tasks and readiness checks. */
export const displayName: Rule = name =>
  printable(name, 60) && name.trim() !== '' ? undefined : 'must be 1 to 60 printable characters';

/** Texts people read: descriptions and where to obtain a secret. */
export const sentence: Rule = text =>
  printable(text, 500) ? undefined : 'must be 1 to 500 printable characters on one line';

/** The environment file stands in the root and is named so that nobody takes it for something else. */
export const envFileName: Rule = shapeRule(
  /^\.env(\.[A-Za-z0-9_-]+)*$/,
  'must be ".env", or ".env." followed by letters, digits, dashes or underscores, and stands in the root',
);

/** Name of a Prefect profile: a TOML table and the value of PREFECT_PROFILE. */
export const profileName: Rule = shapeRule(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
  'must be 1 to 63 letters, digits, dots, dashes or underscores, beginning with a letter or digit',
);

/** Extras, groups, packages and indexes of Python projects (PEP 508 names). */
export const pythonName: Rule = shapeRule(
  /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/,
  'must be letters, digits, dots, dashes or underscores',
);

/** A word of a command line. */
export const argument: Rule = word => (word.includes('\0') ? 'must not hold a NUL character' : undefined);

/** A pattern for a secret's value. */
export const secretPattern: Rule = pattern => {
  if (pattern.length > 200) return 'must be at most 200 characters';
  try {
    new RegExp(`^(?:${pattern})$`, 'u');
    return undefined;
  } catch (error) {
    return `is no regular expression (${error instanceof Error ? lastPart(error.message) : 'it cannot be read'})`;
  }
};

function lastPart(message: string): string {
  return message.slice(message.lastIndexOf(': ') + 2);
}

/**
 * Where a secret lies in Vault: `path#field` of a kv-v2 mount; `{environment}` is filled in later. The segments are
 * closed to `..` and `%`, since `../../../` once read another team's secret.
 */
export const vaultReference: Rule = reference => {
  const [path, field, ...rest] = reference.replaceAll('{environment}', 'x').split('#');
  const segment = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
  if (path === undefined || field === undefined || rest.length > 0 || field === '') {
    return 'must be a path and a field, like "hotpass/prefect#prefect_api_key"';
  }
  if (!segment.test(field)) return 'has a field that is not letters, digits, dots, dashes or underscores';
  return path.split('/').every(part => segment.test(part)) ? undefined : vaultSegments;
};

const vaultSegments =
  'must have path segments of letters, digits, dots, dashes or underscores that do not begin with a dot';

/** A folder or mount in Vault, e.g. `kv`. */
export const vaultPath: Rule = path =>
  path.split('/').every(part => /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(part)) ? undefined : vaultSegments;

/** A pattern of input files: inside the root. */
export const inputPattern: Rule = pattern => relativePath(pattern, true);

/** A file that we own whole: inside the root, never under `.git` or `.venv`, and none of the files others own. */
export const managedPath: Rule = path => {
  const reason = relativePath(path, false);
  if (reason) return reason;
  const [first] = path.split('/');
  if (first?.toLowerCase() === '.venv') return 'must not lie in ".venv"';
  if (
    /^(pyproject\.toml|uv\.lock|uv\.toml|prefect\.toml|prefect\.yaml|hotpass-bootstrap\.toml|makefile)$/i.test(path)
  ) {
    return 'must not be a file that somebody else owns';
  }
  return /^\.env(\.|$)/i.test(path) ? 'must not be an environment file' : undefined;
};

/** The program's own telemetry file: TOML or JSON by its ending. */
export const telemetryPath: Rule = path =>
  managedPath(path) ?? (/\.(toml|json)$/.test(path) ? undefined : 'must end in ".toml" or ".json"');

function relativePath(path: string, pattern: boolean): string | undefined {
  if (path === '' || path.length > 300) return 'must be 1 to 300 characters';
  if (/[\x00-\x1f\x7f\\]/.test(path)) return 'must use forward slashes and no control characters';
  if (path.startsWith('/') || path.startsWith('~') || /^[A-Za-z]:/.test(path)) {
    return 'must be relative to the workspace root';
  }
  const parts = path.split('/');
  if (parts.includes('..')) return 'must stay inside the workspace root';
  if (!pattern && parts.some(part => part === '' || part === '.')) return 'must be a plain path without "." or "//"';
  return parts.some(part => /^(\.git|git~\d+)[. ]*$/i.test(part)) ? 'must not lie in ".git"' : undefined;
}
