import { keyShapes } from '../../core/key-shapes.ts';
import { isStandIn } from '../../core/stand-in.ts';

/** What keys in manuals have in them, and what is put in only when a program runs. */
const EXAMPLE = /example|place[-_]?holder|redacted|change[-_]?me|your[-_]|^[$%{<*]|\$\{|\{\{/i;
/** What the databases of test suites are opened with. */
const WELL_KNOWN = /^(postgres|admin|root|user|test)\d*$/i;
/** Whoever wrote the line says that it is none, in the words of gitleaks, detect-secrets or secretlint. */
const ALLOWED = /gitleaks:allow|pragma: ?(?:allow|white)list secret|secretlint-disable/i;

export interface ShapeHit {
  id: string;
  what: string;
  /** `[start, end)` in characters. */
  start: number;
  end: number;
}

/** Keys of known shapes in a text, in the order of the table; examples and lines that say they are none are left out. */
export function shapesIn(text: string): ShapeHit[] {
  const hits: ShapeHit[] = [];
  for (const { id, what, shape } of keyShapes()) {
    for (const match of text.matchAll(shape)) {
      const secret = match[1] ?? '';
      const start = match.index + match[0].lastIndexOf(secret);
      if (isExample(secret) || ALLOWED.test(lineAt(text, start))) continue;
      hits.push({ id, what, start, end: start + secret.length });
    }
  }
  return hits;
}

/** The words of every shape by its id, for reports that list their rules. */
export function shapeWords(): Map<string, string> {
  return new Map(keyShapes().map(({ id, what }) => [id, what]));
}

function isExample(secret: string): boolean {
  return isStandIn(secret) || EXAMPLE.test(secret) || WELL_KNOWN.test(secret) || new Set(secret.slice(-16)).size < 4;
}

function lineAt(text: string, at: number): string {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  return text.slice(Math.max(start, at - 2000), Math.min(end === -1 ? text.length : end, at + 2000));
}
