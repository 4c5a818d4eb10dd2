import { nearest } from '../core/ids.ts';
import { looksSecret } from '../core/redact.ts';
import { checkType } from './setting-types.ts';
import data from './settings-3.9.1.json' with { type: 'json' };

export type SettingCheck =
  | { ok: true /** Canonical. */; name: string; value: string }
  | { ok: false; reason: string; nearest?: string };

/** Why some settings are not written whatever their value (security §4). */
const REFUSED: readonly [RegExp, string][] = [
  [/^PREFECT_(HOME|PROFILES_PATH)$/, 'would move the file it stands in; set it in the environment instead'],
  [/^PREFECT_LOGGING_CONFIG_PATH$/, 'names a file that can run code, so no manifest may set it'],
  [/^PREFECT_PLUGINS_/, 'makes Prefect run code of other packages, so no manifest may set it'],
  [/TLS_INSECURE/, 'switches the check of certificates off, so no manifest may set it'],
  [/SSL_CERT/, 'decides which servers are trusted, so no manifest may set it'],
  [/^PREFECT_CLIENT_CUSTOM_HEADERS$/, 'may hold a password; declare it under [secrets] instead'],
  [/^PREFECT_CLOUD_API_URL$/, 'decides where Prefect Cloud keys are sent, so no manifest may set it'],
];

let types: Map<string, string> | undefined;

/** Type of each canonical setting of Prefect 3.9.1. */
function typeByName(): Map<string, string> {
  types ??= new Map(Object.entries(data.types).flatMap(([type, names]) => names.map(name => [name, type] as const)));
  return types;
}

/** Type of a canonical setting, as in `settings-3.9.1.json`; undefined when Prefect 3.9.1 knows no such name. */
export function typeOf(canonical: string): string | undefined {
  return typeByName().get(canonical);
}

/** The name Prefect writes for a setting, former names included; undefined when Prefect 3.9.1 knows no such name. */
export function canonicalName(name: string): string | undefined {
  if (typeByName().has(name)) return name;
  return Object.hasOwn(data.aliases, name) ? (data.aliases as Record<string, string>)[name] : undefined;
}

/** Does the setting hold a secret? Prefect's own five, and custom headers, which Prefect does not mask (facts prefect §1). */
export function isSecretSetting(name: string): boolean {
  const canonical = canonicalName(name) ?? name;
  return typeByName().get(canonical) === 'secret' || canonical === 'PREFECT_CLIENT_CUSTOM_HEADERS';
}

/** Would an empty value make Prefect refuse every command? (True of every setting that is not text.) */
export function emptyIsFatal(canonical: string): boolean {
  const type = typeByName().get(canonical) ?? 'text';
  return !['text', 'url', 'path', 'list', 'secret', 'codes', 'floats', 'bool|list'].includes(type);
}

/**
 * May this setting be written into a profile, and how? Names and types of Prefect 3.9.1 (facts prefect §2, §7.3).
 * @param name as in the manifest; former names are accepted.
 * @param value as in the manifest.
 * @returns the canonical name and the string to write, or a reason to put after the key: `must be …`.
 */
export function checkSetting(name: string, value: string | number | boolean): SettingCheck {
  const canonical = canonicalName(name);
  if (canonical === undefined) return unknown(name);
  if (typeByName().get(canonical) === 'secret') {
    return { ok: false, reason: 'is a secret; declare it under [secrets], it is never written to profiles.toml' };
  }
  const refused = REFUSED.find(([shape]) => shape.test(canonical));
  if (refused) return { ok: false, reason: refused[1] };
  const type = typeByName().get(canonical) ?? 'text';
  if (type === 'json') {
    // Read from a profile it works, but `prefect config set` then refuses every change of that profile (tried).
    return { ok: false, reason: 'cannot stand in a profile; set it under variables instead' };
  }
  if (typeof value !== 'string' && /^(text|url|path|level|enum:.*|list)$/.test(type)) {
    return { ok: false, reason: 'must be text in quotes' };
  }
  const text = String(value);
  const bad = badText(text);
  if (bad !== undefined) return { ok: false, reason: bad };
  const checked = checkType(type, text);
  if (!checked.ok) return { ok: false, reason: `must be ${checked.wants}` };
  const reason = canonical === 'PREFECT_API_URL' ? badApiUrl(text) : undefined;
  return reason === undefined ? { ok: true, name: canonical, value: checked.value } : { ok: false, reason };
}

function unknown(name: string): SettingCheck {
  if (name.toUpperCase() === 'PREFECT_PROFILE') {
    return { ok: false, reason: 'is not a setting; the profile is named by `profile`' };
  }
  const near = nearest(name, [...typeByName().keys(), ...Object.keys(data.aliases)]);
  return { ok: false, reason: 'is not a setting of Prefect', ...(near === undefined ? {} : { nearest: near }) };
}

/** Text that Prefect's own writer or another locale would spoil (facts prefect §2). */
function badText(text: string): string | undefined {
  if (text.includes('\\')) return 'must not hold a backslash, which Prefect spoils when it writes the file; use /';
  if (/[^\x20-\x7e]/.test(text)) return 'must hold only ASCII characters on one line';
  if (looksSecret(text)) return 'looks like it holds a password or key; declare that under [secrets]';
  return undefined;
}

/** A URL the client would append its paths to (facts prefect §7.3). */
function badApiUrl(text: string): string | undefined {
  const url = new URL(text);
  if (/^app\.prefect\.cloud$/i.test(url.hostname) || /\/(account|workspace)\//.test(url.pathname)) {
    return 'is an address for the browser; the API is https://api.prefect.cloud/api/accounts/…/workspaces/…';
  }
  if (url.search !== '' || url.hash !== '') return 'must not hold "?" or "#"';
  if (/\/api\/?$|\/api\/accounts\/[^/]+\/workspaces\/[^/]+\/?$/.test(url.pathname)) return undefined;
  return 'must end in /api';
}
