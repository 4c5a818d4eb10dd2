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
  // To the last @ of the host part: a password may hold one.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>]+@/gi, `$1${REDACTED}@`],
  [/\b(Bearer|Basic)(\s+|%20)[A-Za-z0-9+/=._~-]{8,}/gi, `$1$2${REDACTED}`],
];

/** Names whose values are treated as secrets when we meet them (security §6). */
export const SECRET_NAME = /KEY|TOKEN|SECRET|PASSW|AUTH|DSN|CONNECTION_URL/i;

/** Does the text hold user info in a URL or a key of a known shape? */
export function looksSecret(text: string): boolean {
  return SHAPES.some(([shape]) => text.search(shape) !== -1);
}

/**
 * An assignment to a name whose last words say that the value is a secret (security §6, facts prefect §2). A name that
 * only holds such a word elsewhere (`TOKENIZERS_PARALLELISM`) is none.
 */
const SECRET_ASSIGNMENT =
  /\b(?:\w*(?:PASSW(?:OR)?D|PASSPHRASE|SECRET|TOKEN|API_?KEY|AUTH_STRING|CONNECTION_URL|CUSTOM_HEADERS)|(?:\w*_)?(?:KEY|AUTH|DSN))"?[ \t]*[=:][ \t]*(?:["'][^\n]{6,}["']|[^\s"']{6,})/i;

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
