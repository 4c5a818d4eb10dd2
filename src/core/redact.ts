/** What stands where a secret stood. */
export const REDACTED = '‹redacted›';

/** Shapes of well-known keys, and user info in URLs; works when no value has been loaded (security §6). */
const SHAPES: readonly [RegExp, string][] = [
  [/\b(pnu|pnb)_[A-Za-z0-9]{8,}/g, REDACTED],
  [/\bgh[pousr]_[A-Za-z0-9]{20,}/g, REDACTED],
  [/\bgithub_pat_[A-Za-z0-9_]{20,}/g, REDACTED],
  [/\b(hvs|hvb|s)\.[A-Za-z0-9_-]{20,}/g, REDACTED],
  [/\bAKIA[0-9A-Z]{16}\b/g, REDACTED],
  [/\bxox[abprs]-[A-Za-z0-9-]{10,}/g, REDACTED],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, REDACTED],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${REDACTED}@`],
  [/\b(Bearer|Basic)(\s+|%20)[A-Za-z0-9+/=._~-]{8,}/gi, `$1$2${REDACTED}`],
];

/** Names whose values are treated as secrets when we meet them (security §6). */
export const SECRET_NAME = /KEY|TOKEN|SECRET|PASSW|AUTH|DSN|CONNECTION_URL/i;

/** Does the text hold user info in a URL or a key of a known shape? */
export function looksSecret(text: string): boolean {
  return SHAPES.some(([shape]) => text.search(shape) !== -1);
}

/** Settings whose values are secrets wherever they stand (facts prefect §2). */
const SECRET_ASSIGNMENT =
  /\b(PREFECT_API_KEY|PREFECT_API_AUTH_STRING|PREFECT_SERVER_API_AUTH_STRING|PREFECT_SERVER_DATABASE_(?:CONNECTION_URL|PASSWORD)|PREFECT_CLIENT_CUSTOM_HEADERS|\w*(?:PASSWORD|PASSWD|SECRET_KEY|ACCESS_KEY|API_KEY|AUTH_TOKEN|_TOKEN|_DSN))"?\s*[=:]\s*["']?[^\s"']{6,}/i;

/** Does a piece of a file hold a value that must not be kept in the clear (security §6)? */
export function holdsSecret(text: string): boolean {
  return looksSecret(text) || SECRET_ASSIGNMENT.test(text);
}

/** Removes secrets from text of ours: known values, each line of them, and known shapes. */
export class Redactor {
  readonly #values = new Set<string>();

  /** Registers a value; short ones are left out since masking them would garble everything. */
  add(value: string): void {
    for (const part of [value, ...value.split('\n')]) {
      const trimmed = part.trim();
      if (trimmed.length < 6) continue;
      this.#values.add(trimmed);
      this.#values.add(encodeURIComponent(trimmed));
      this.#values.add(JSON.stringify(trimmed).slice(1, -1));
    }
  }

  readonly clean = (text: string): string => {
    let out = text;
    for (const value of [...this.#values].sort((a, b) => b.length - a.length)) out = out.replaceAll(value, REDACTED);
    for (const [shape, replacement] of SHAPES) out = out.replace(shape, replacement);
    return out;
  };
}
