import { holdsUserInfo } from '../system/url-credentials.ts';

/** Variables and Prefect settings that a manifest may not set, because they change what programs do (security §4). */

const EXACT = new Set(
  (
    'PATH HOME SHELL ENV BASH_ENV IFS PROMPT_COMMAND PS4 PAGER EDITOR BROWSER CI JAVA_TOOL_OPTIONS ' +
    'REQUESTS_CA_BUNDLE CURL_CA_BUNDLE'
  ).split(' '),
);
const SHAPES =
  /^(LD_|DYLD_|NODE_|PYTHON|PERL5|RUBY|GIT_|SSH_|UV_|PIP_|NPM_|SSL_CERT_|XDG_|DBUS_|VAULT_|BAO_|HOTPASS_BOOTSTRAP_|ACTIONS_|GITHUB_)|_PROXY$/;

/** Prefect settings with a secret type (facts prefect §2). */
const PREFECT_SECRETS = new Set([
  'PREFECT_API_KEY',
  'PREFECT_API_AUTH_STRING',
  'PREFECT_SERVER_API_AUTH_STRING',
  'PREFECT_SERVER_DATABASE_CONNECTION_URL',
  'PREFECT_SERVER_DATABASE_PASSWORD',
  'PREFECT_API_DATABASE_CONNECTION_URL',
  'PREFECT_API_DATABASE_PASSWORD',
]);
const PREFECT_REFUSED =
  /^PREFECT_(PROFILES_PATH|HOME|LOGGING(_(SETTINGS|CONFIG)_PATH)?|(EXPERIMENTS_)?PLUGINS(_.*)?|EXPERIMENTS|API|CLIENT|CLOUD|SERVER(_API|_DATABASE)?|.*TLS_INSECURE.*|.*SSL_CERT.*|CLOUD_API_URL)$/;
/** Settings of the OTLP exporters, for all signals or for one. */
const OTLP =
  /^OTEL_EXPORTER_OTLP_(?:TRACES_|METRICS_|LOGS_)?(HEADERS|ENDPOINT|PROTOCOL|INSECURE|TIMEOUT|CERTIFICATE|CLIENT_KEY|CLIENT_CERTIFICATE)$/;

/**
 * Why a Prefect setting may not stand in a profile.
 * @param name canonical or former name, in capitals.
 */
export function forbiddenPrefectSetting(name: string): string | undefined {
  const upper = name.toUpperCase();
  if (PREFECT_SECRETS.has(upper)) return 'is a secret: declare it under [secrets], never in the manifest';
  if (upper === 'PREFECT_CLIENT_CUSTOM_HEADERS') return 'may carry credentials and may not be set by a workspace';
  if (upper === 'PREFECT_API_URL') return 'is written as "api-url" beside "profile"';
  return PREFECT_REFUSED.test(upper) ? 'changes where Prefect looks, what it runs or whom it trusts' : undefined;
}

/**
 * Why a variable may not be set by a manifest, or undefined when it may.
 * @param role what the manifest wants it for: a plain value in the environment file, or a secret's variable.
 */
export function forbiddenVariable(name: string, role: 'variable' | 'secret' = 'variable'): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.length > 200) {
    return 'is not the name of a variable: letters, digits and underscores, not beginning with a digit';
  }
  const upper = name.toUpperCase();
  if (role === 'secret' && upper === 'GITHUB_TOKEN') return undefined;
  if (EXACT.has(upper) || SHAPES.test(upper)) return 'changes how programs run and may not be set by a manifest';
  return role === 'secret' ? forbiddenForSecret(upper) : forbiddenForVariable(upper);
}

function forbiddenForSecret(name: string): string | undefined {
  if (PREFECT_SECRETS.has(name) || name === 'PREFECT_CLIENT_CUSTOM_HEADERS') return undefined;
  if (name === 'PREFECT_PROFILE') return 'is set from the name of the Prefect profile';
  return OTLP.exec(name)?.[1] === 'HEADERS' ? undefined : (forbiddenOtlp(name) ?? forbiddenPrefectSetting(name));
}

function forbiddenForVariable(name: string): string | undefined {
  if (name === 'PREFECT_PROFILE') return 'is set from the name of the Prefect profile';
  return forbiddenOtlp(name) ?? (name.startsWith('PREFECT_') ? forbiddenPrefectSetting(name) : undefined);
}

/** A header goes to every endpoint that is set, so only `telemetry` names endpoints (security §3). */
function forbiddenOtlp(name: string): string | undefined {
  const setting = OTLP.exec(name)?.[1];
  if (setting === undefined) return undefined;
  if (setting === 'HEADERS') return 'is a secret: declare it under [secrets], never in the manifest';
  if (/CERTIFICATE|CLIENT_KEY/.test(setting)) return 'changes whom exporters trust and may not be set by a manifest';
  // Seconds to some programs and milliseconds to others (facts telemetry T7).
  return `is written as "${setting.toLowerCase()}" under telemetry`;
}

/** Why a value cannot be that of a variable: every reader of the environment file must agree on it (facts secrets §6). */
export function variableValue(value: string): string | undefined {
  if (/[\0\r]/.test(value)) return 'must not hold NUL or carriage return';
  if (value.length > 10_000) return 'must be at most 10000 characters';
  return holdsUserInfo(value)
    ? 'must not hold a user name or password in a URL: declare it under [secrets]'
    : undefined;
}

/** A name and value that look like a credential although they are declared as a plain variable. */
export function isNamedSecret(name: string, value: string): boolean {
  if (!/(_|^)(API_?KEY|KEY|TOKEN|SECRET|PASSW(OR)?D|PASSPHRASE|DSN)$/i.test(name)) return false;
  return value.length >= 8 && !/^(true|false|none|[\d.]+)$/i.test(value) && !/[\\/ ]/.test(value);
}
