import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { placed } from './positions.ts';
import type { Path, Problem } from './problems.ts';

/** A manifest as text: where it is, what it says, and where in the document it begins. */
export interface Source {
  /** File name as it is printed. */
  shown: string;
  text: string;
  /** `['tool', 'hotpass-bootstrap']` in `pyproject.toml`, else empty. */
  prefix: Path;
}

/** One error for all problems of a manifest, in the order of the file, each with its place. */
export async function manifestError(source: Source, problems: readonly Problem[]): Promise<UserError> {
  const places = await placed(source.text, problems, source.prefix);
  const lines = places.map(
    ({ at, path, message }) => `${source.shown}:${at.line}:${at.column}: ${keyText(path)} ${message}`,
  );
  const [first = source.shown, ...others] = [...new Set(lines)];
  return new UserError({
    message: first,
    cause:
      others.length === 0
        ? 'The manifest is invalid, so nothing was changed.'
        : `The manifest is invalid, so nothing was changed; there ${others.length === 1 ? 'is one more problem' : `are ${others.length} more problems`}.`,
    next: `\${EDITOR:-vi} +${places[0]?.at.line ?? 1} ${quoteWord(source.shown)}`,
    exit: EXIT.invalid,
    id: 'HB130',
    details: others,
  });
}

/** A path as TOML would write it, with indexes in brackets: `environments.local.prefect`, `tasks[0].run`. */
export function keyText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += `${text === '' ? '' : '.'}${/^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part)}`;
  }
  return text;
}
