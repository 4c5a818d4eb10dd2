import type { Listener } from '../core/events.ts';
import { print } from './output.ts';

/** With `--json` nobody watches the run: standard output is one document at the end (contracts §7). */
export const ignoreEvents: Listener = () => {};

/** The one document of a `--json` run. `redact` is applied to every string in it, never to the JSON text itself. */
export function printJson(document: unknown, redact: (text: string) => string = text => text): void {
  print(JSON.stringify(document, (_, value: unknown) => (typeof value === 'string' ? redact(value) : value), 2));
}
