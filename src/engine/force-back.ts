import type { Region } from './step.ts';

/** A text from which regions were taken, and what was taken out for them. */
export interface Forced {
  text: string;
  removed: string;
}

/**
 * Takes regions back that are not as they were written any more: what lies between the first and the last line of a
 * region that are still there gives way to what was there before, with all that was written between them since. A
 * region of which no line is left has nothing to take back.
 * @param text of the whole file as it is now.
 */
export function forceBack(text: string, regions: readonly Region[]): Forced {
  return [...regions].reverse().reduce(takeOut, { text, removed: '' });
}

function takeOut({ text, removed }: Forced, region: Region): Forced {
  const place = placeOf(text, region);
  if (!place) return { text, removed };
  return {
    text: joined(text.slice(0, place.start) + region.before, text.slice(place.end)),
    removed: text.slice(place.start, place.end) + removed,
  };
}

/** Two parts of a text of lines; what was added behind our part since does not run into the line before it. */
export function joined(start: string, end: string): string {
  return start + (start === '' || end === '' || /\n$/.test(start) || /^\r?\n/.test(end) ? '' : '\n') + end;
}

function placeOf(text: string, { after }: Region): { start: number; end: number } | undefined {
  const exact = text.indexOf(after);
  if (after !== '' && exact !== -1 && text.indexOf(after, exact + 1) === -1) {
    return { start: exact, end: exact + after.length };
  }
  const lines = linesOf(text);
  const ours = new Set(linesOf(after).map(({ words }) => words));
  const known = lines.map(({ words }) => words !== '' && ours.has(words));
  const [first, last] = [lines[known.indexOf(true)], lines[known.lastIndexOf(true)]];
  if (!first || !last) return undefined;
  const [gap = ''] = /^[\r\n]*/.exec(after) ?? [];
  const start = text.slice(0, first.start).endsWith(gap) ? first.start - gap.length : first.start;
  const keepsBreak = !after.endsWith('\n') && text[last.end - 1] === '\n';
  return { start, end: keepsBreak ? last.end - 1 : last.end };
}

/** Lines with where they begin and end, line breaks included. */
function linesOf(text: string): { start: number; end: number; words: string }[] {
  return [...text.matchAll(/[^\n]*\n|[^\n]+$/g)].map(match => ({
    start: match.index,
    end: match.index + match[0].length,
    words: match[0].trim(),
  }));
}
