import type { Match } from './hit.ts';
import { type KnownTable, knownIn } from './known.ts';
import { shapesIn } from './shapes.ts';

/** The rule of a value that is in the store. */
export const STORED = 'stored-value';

/**
 * Known values and known shapes in a text, by line. What a known value and a shape have in common is the known value.
 * @param bytes in UTF-8 or anything that holds ASCII.
 */
export function matchesIn(bytes: Buffer, known: KnownTable): Match[] {
  const stored = knownIn(known, bytes);
  const text = bytes.toString('latin1');
  const found = [
    ...stored.map(({ known: { name, environment }, start, end }) => {
      return { rule: STORED, what: `the value of ${name}`, secret: name, environment, start, end };
    }),
    ...shapesIn(text)
      .filter(({ start, end }) => !stored.some(one => one.start < end && start < one.end))
      .map(({ id, what, start, end }) => ({ rule: id, what, start, end })),
  ].sort((a, b) => a.start - b.start);
  const matches: Match[] = [];
  const seen = new Set<string>();
  let line = 1;
  let at = 0;
  for (const { start, end, ...match } of found) {
    for (; at < start; at++) if (bytes[at] === 0x0a) line += 1;
    const key = `${line} ${match.rule} ${match.what}`;
    if (!seen.has(key)) matches.push({ ...match, line, text: text.slice(start, end) });
    seen.add(key);
  }
  return matches;
}
