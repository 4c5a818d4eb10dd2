import { forbiddenVariable } from '../variable-rules.ts';

/** Last words of names whose values are secrets. */
const SECRET_WORDS = new Set('TOKEN SECRET PASSWORD PASSWD PASS PASSPHRASE APIKEY DSN CREDENTIALS PAT AUTH'.split(' '));
const SECRET_ENDS =
  /(^|_)(AUTH_STRING|CONNECTION_STRING|CONNECTION_URL|CONNECTION_URI|DATABASE_URL|DB_URL|WEBHOOK_URL|OTLP_(TRACES_|METRICS_|LOGS_)?HEADERS)$/;
/** Keys that open nothing. */
const HARMLESS_KEYS = /(^|_)(PUBLIC|PRIMARY|FOREIGN|SORT|PARTITION|CACHE|ROUTING|IDEMPOTENCY|OBJECT|GROUP|HOT)_KEY$/;

/** Does the name of a variable say that its value is a secret? Counts (`MAX_TOKENS`) and identities (`KEY_ID`) are none. */
export function isSecretName(name: string): boolean {
  const upper = name.toUpperCase().replace(/_?\d+$/, '');
  const words = upper.split('_');
  const last = words.at(-1) ?? '';
  if (SECRET_ENDS.test(upper)) return true;
  if (last === 'KEY') return words.length > 1 && !HARMLESS_KEYS.test(upper);
  return SECRET_WORDS.has(last) && (words.length > 1 || last === 'PASSWORD' || last === 'TOKEN');
}

/** Why no manifest may name this variable as a secret or set it, or undefined. */
export function refused(name: string, secret: boolean): string | undefined {
  return forbiddenVariable(name, secret ? 'secret' : 'variable');
}

const KNOWN: Readonly<Record<string, string>> = {
  OTEL_EXPORTER_OTLP_HEADERS: 'otlp-headers',
  PREFECT_API_AUTH_STRING: 'prefect-auth',
};

/** The name of a secret from that of its variable: `HOTPASS_CIPC_API_KEY` of the workspace hotpass → `cipc-api-key`. */
export function secretName(variable: string, workspace: string): string {
  const known = KNOWN[variable];
  if (known !== undefined) return known;
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const name = plain(variable).replace(/^-+|-+$/g, '');
  const prefix = `${plain(workspace)}-`;
  const short = name.startsWith(prefix) && name.slice(prefix.length).includes('-') ? name.slice(prefix.length) : name;
  return short.slice(0, 63) || 'secret';
}

/**
 * May the value of a variable in a template be copied into a manifest? Only what plainly is not a secret: a switch, a
 * number, a word, an address without a login.
 */
export function isPlainValue(value: string): boolean {
  return /^(|[A-Za-z]{1,16}|\d{1,12}(\.\d{1,6})?|\.{0,2}(\/[A-Za-z0-9._-]{1,24}){1,6}\/?|https?:\/\/[A-Za-z0-9.-]+(:\d+)?(\/[A-Za-z0-9._-]{1,24})*\/?)$/.test(
    value,
  );
}
