import { keyShapes } from './key-shapes.ts';
import { SHORTEST_SECRET, secretParts } from './secret-parts.ts';
import { USER_INFO_IN_PROSE } from './user-info.ts';

/** What stands where a secret stood. */
export const REDACTED = '‹redacted›';

/**
 * What is taken for a secret beyond the shapes of keys: cut or odd ones of the same kinds, and user info in URLs; works
 * when no value has been loaded (security §6).
 */
const LOOSE_SHAPES: readonly [RegExp, string][] = [
  [/\b(pnu|pnb)_[A-Za-z0-9]{8,}/g, REDACTED],
  [/\bgh[pousr]_[A-Za-z0-9]{20,}/g, REDACTED],
  [/\bgithub_pat_[A-Za-z0-9_]{20,}/g, REDACTED],
  [/\b(hvs|hvb|s)\.[A-Za-z0-9_-]{20,}/g, REDACTED],
  [/\bAKIA[0-9A-Z]{16}\b/g, REDACTED],
  [/\bxox[abprs]-[A-Za-z0-9-]{10,}/g, REDACTED],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, REDACTED],
  [USER_INFO_IN_PROSE, `$1${REDACTED}@`],
  [/\b(Bearer|Basic)(\s+|%20)[A-Za-z0-9+/=._~-]{8,}/gi, `$1$2${REDACTED}`],
  // The whole block, also where its end was cut off.
  [
    /(-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\\[nr]|\s){1,4})(?=[A-Za-z0-9+/=:,\-\s\\]{24})(?!-----END )[\s\S]*?(?=-----END |$)/g,
    `$1${REDACTED}`,
  ],
];

/** Does the text hold user info in a URL or a key of a known shape? */
export function looksSecret(text: string): boolean {
  return (
    LOOSE_SHAPES.some(([shape]) => text.search(shape) !== -1) ||
    keyShapes().some(({ shape }) => text.search(shape) !== -1)
  );
}

/** Last words of a name that make it something about a secret, and no secret: `TOKEN_URL`, `PASSWORD_FILE`. */
const ABOUT =
  'AGE|ALG|BACKEND|COUNT|DIR|ENABLED|ENV|EXPIRES|EXPIRY|FIELD|FILE|FORMAT|HEADER|HOST|ID|ISSUER|KIND|LEN|LENGTH|LIMIT|METHOD|MODE|MOUNT|NAME|PATH|PATTERN|PORT|PREFIX|PROVIDER|REF|REQUIRED|SCOPE|SIZE|STORE|TIMEOUT|TTL|TYPE|URI|URL|USER';

/**
 * An assignment to a name whose last words say that the value is a secret (security §6, facts prefect §2), with one short
 * word behind them at most (`DB_PASSWORD_PROD`). A name that only holds such a word elsewhere (`TOKENIZERS_PARALLELISM`)
 * is none.
 */
const SECRET_ASSIGNMENT = new RegExp(
  `\\b(?:\\w*(?:PASSW(?:OR)?D|PASSPHRASE|SECRET|TOKEN|API_?KEY|AUTH_STRING|CONNECTION_URL|CUSTOM_HEADERS)(?:_(?!(?:${ABOUT})\\b)[A-Z0-9]{1,12})?|(?:\\w*_)?(?:KEY|AUTH|DSN))"?[ \\t]*[=:][ \\t]*(?:["'][^\\n]{6,}["']|[^\\s"']{6,})`,
  'i',
);

/** Does a piece of a file hold a value that must not be kept in the clear (security §6)? */
export function holdsSecret(text: string): boolean {
  return looksSecret(text) || SECRET_ASSIGNMENT.test(text);
}

/** A place of the shape of a key, without the key in it. */
function hidden(place: string, key: string): string {
  const start = place.lastIndexOf(key);
  return place.slice(0, start) + REDACTED + place.slice(start + key.length);
}

/** Removes secrets from text of ours: known values, each line of them, and known shapes. */
export class Redactor {
  readonly #values = new Set<string>();

  /** Registers a value; short ones are left out since masking them would garble everything. */
  add(value: string): void {
    for (const part of secretParts(value, SHORTEST_SECRET)) {
      this.#values.add(part);
      this.#values.add(encodeURIComponent(part.toWellFormed()));
      this.#values.add(JSON.stringify(part).slice(1, -1));
    }
  }

  readonly clean = (text: string): string => {
    let out = text;
    for (const value of [...this.#values].sort((a, b) => b.length - a.length)) out = out.replaceAll(value, REDACTED);
    for (const [shape, replacement] of LOOSE_SHAPES) out = out.replace(shape, replacement);
    for (const { shape } of keyShapes()) out = out.replace(shape, hidden);
    return out;
  };
}
