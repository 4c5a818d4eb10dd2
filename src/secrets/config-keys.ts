import { type Finding, finding } from '../core/findings.ts';
import { nearest } from '../core/ids.ts';
import { quoteWord } from '../core/quote.ts';
import type { UserPaths } from '../system/paths.ts';
import { configFile, configOf } from '../system/user-config.ts';

/** What config.toml may hold: tables with their keys, and keys beside them. */
const KNOWN: Readonly<Record<string, readonly string[] | undefined>> = {
  store: undefined,
  'sealed-file': ['key'],
  vault: ['address', 'namespace', 'cacert', 'mount', 'role', 'auth-mount', 'audience'],
  telemetry: ['endpoint', 'since', 'token'],
};

/**
 * Keys of the person's config.toml that are not looked at, each with the nearest one that is. A warning: a newer version
 * may know them. A file that is no TOML is told by who chooses the store.
 */
export function unknownKeys(paths: UserPaths): Finding[] {
  const file = configFile(paths);
  return Object.entries(configOf(paths) ?? {}).flatMap(([name, value]) => {
    if (!Object.hasOwn(KNOWN, name)) return [notRead(file, name, Object.keys(KNOWN))];
    const keys = KNOWN[name];
    if (keys === undefined || typeof value !== 'object' || value === null) return [];
    const strange = Object.keys(value).filter(key => !keys.includes(key));
    return strange.map(key => notRead(file, key, keys, name));
  });
}

/** Its value is not repeated: it may be anything. */
function notRead(file: string, key: string, known: readonly string[], table?: string): Finding {
  const near = nearest(key, known);
  const place = table === undefined ? '' : ` of [${table}]`;
  return finding(
    'HB349',
    'warn',
    `${file} has a key ${key}${place} that this version does not know, so it is not read.`,
    near === undefined ? `Known there: ${known.join(', ')}.` : `Did you mean ${near}?`,
    { command: `\${EDITOR:-vi} ${quoteWord(file)}`, safe: false },
  );
}
