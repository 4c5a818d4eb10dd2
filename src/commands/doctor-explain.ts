import { EXIT, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import { findingPages } from '../system/finding-pages.ts';
import { clean } from '../terminal/clean.ts';
import { printJson } from '../terminal/json-view.ts';
import { print } from '../terminal/output.ts';
import type { Options } from './parse.ts';

/**
 * `doctor HB221`: the page of a finding, as it is shipped.
 * @throws UserError 64 for an id that has none.
 */
export function explain(id: string, options: Options): number {
  const pages = findingPages();
  const wanted = id.toUpperCase();
  const text = pages.get(wanted);
  if (text === undefined) throw unknownId(id, [...pages.keys()]);
  const page = clean(text.trimEnd(), { multiline: true });
  if (options.json) printJson({ schema: 1, kind: 'doctor', explained: wanted, page });
  else print(page.replace(/^#+ /gm, ''));
  return EXIT.ok;
}

function unknownId(id: string, known: readonly string[]): UserError {
  const near = nearest(id, known);
  return new UserError({
    message: `There is no finding ${id}.`,
    cause: near === undefined ? 'Findings have ids such as HB221.' : `Did you mean ${near}?`,
    next: near === undefined ? 'hotpass-bootstrap doctor' : `hotpass-bootstrap doctor ${near}`,
    exit: EXIT.usage,
  });
}
