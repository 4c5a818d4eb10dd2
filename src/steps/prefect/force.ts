import { isDeepStrictEqual } from 'node:util';
import { holdsSecret } from '../../core/redact.ts';
import { joined } from '../../engine/force-back.ts';
import type { Region } from '../../engine/step.ts';
import { tomlKey } from '../../prefect/profiles-file.ts';
import { readProfiles } from '../../prefect/profiles-text.ts';

/**
 * Takes a profile back although somebody changed it: its whole table gives way to what was there before (`undo --force`).
 * @param path only named in sentences.
 * @returns the new text and the table that was taken out; undefined when that cannot be done without touching anything
 *   else, or when a secret stands in the table, of which no copy is kept.
 */
export function forceProfile(
  text: string,
  path: string,
  profile: string,
  regions: readonly Region[],
): { text: string; removed: string } | undefined {
  const [region, ...others] = regions;
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const header = `[profiles.${tomlKey(profile)}]`;
  const start = lines.findIndex(line => line.replace(/#.*/, '').trim() === header);
  if (!region || others.length > 0 || start === -1 || !/^(\[|$)/.test(region.before)) return undefined;
  const next = lines.findIndex((line, at) => at > start && /^\s*\[/.test(line));
  // Comments right above the next table are words about that one.
  const table = lines.slice(start, next === -1 ? undefined : next);
  const last = table.findLastIndex(line => !/^\s*(#|$)/.test(line));
  const end = start + last + 1;
  const removed = lines.slice(start, end).join('');
  const before = region.before === '' || region.before.endsWith('\n') ? region.before : `${region.before}\n`;
  const above = lines.slice(0, start).join('');
  // The empty line before a new table was ours.
  const [gap = ''] = region.before === '' ? (/^[\r\n]*/.exec(region.after) ?? []) : [];
  const kept = above.endsWith(gap) ? above.slice(0, above.length - gap.length) : above;
  const former = joined(kept + before, lines.slice(end).join(''));
  return holdsSecret(removed) || !keepsOthers(text, former, path, profile) ? undefined : { text: former, removed };
}

/** Are all other profiles, and everything else, as they were? */
function keepsOthers(text: string, former: string, path: string, profile: string): boolean {
  const rest = (source: string): unknown => {
    const { document, profiles } = readProfiles(source, path);
    return { ...document, profiles: Object.fromEntries([...profiles].filter(([name]) => name !== profile)) };
  };
  try {
    return isDeepStrictEqual(rest(text), rest(former));
  } catch {
    return false;
  }
}
