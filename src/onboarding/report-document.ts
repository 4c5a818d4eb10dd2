import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { BEGIN, END } from './report-markdown.ts';

/**
 * A document with the section in it: in the place of the one that it has, else at its end. Everything else stays byte
 * for byte, and so does a section of which only the date would change.
 * @param path for the message.
 * @throws UserError 78 when the markers of the document are not one pair.
 */
export function withSection(document: string, section: string, path: string): string {
  const newline = document.includes('\r\n') ? '\r\n' : '\n';
  const written = section.replaceAll('\n', newline);
  const [begins, ends] = [placesOf(document, BEGIN), placesOf(document, END)];
  const [begin, end] = [begins[0], ends[0]];
  if (begin === undefined && end === undefined) {
    const gap = document === '' ? '' : document.endsWith('\n') ? newline : `${newline}${newline}`;
    return `${document}${gap}${written}${newline}`;
  }
  if (begin === undefined || end === undefined || begins.length > 1 || ends.length > 1 || end < begin) {
    throw new UserError({
      id: 'HB551',
      message: `The markers in ${path} are not one pair.`,
      cause: `The section stands between one ${BEGIN} and one ${END} after it; nothing was changed.`,
      next: `grep -n devex: ${quoteWord(path)}`,
      exit: EXIT.invalid,
    });
  }
  const former = document.slice(begin, end + END.length);
  if (undated(former) === undated(written)) return document;
  return document.slice(0, begin) + written + document.slice(end + END.length);
}

/** A section without the day it was made on, which alone does not make it stale. */
function undated(section: string): string {
  return section.replaceAll('\r\n', '\n').replace(/\(as of \d{4}-\d{2}-\d{2}; /, '(');
}

function placesOf(text: string, mark: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) places.push(at);
  return places;
}
