import type { Listener } from '../core/events.ts';
import { print } from './output.ts';

/** With `--json` nobody watches the run: standard output is one document at the end (contracts §7). */
export const ignoreEvents: Listener = () => {};

/**
 * A document as JSON text that no CI system takes for a command: `##vso[…` and `::set-…` are the same JSON with their
 * first sign escaped (security §7). Outside strings JSON has neither.
 * @param redact is applied to every string in it, never to the JSON text itself.
 */
export function jsonText(document: unknown, redact: (text: string) => string = text => text): string {
  const text = JSON.stringify(document, (_, value: unknown) => (typeof value === 'string' ? redact(value) : value), 2);
  return text.replace(/#(?=#)/g, '\\u0023').replace(/:(?=:)/g, '\\u003a');
}

/** The one document of a `--json` run. */
export function printJson(document: unknown, redact?: (text: string) => string): void {
  print(jsonText(document, redact));
}
