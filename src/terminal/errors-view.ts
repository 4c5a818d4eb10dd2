import { UserError } from '../core/errors.ts';
import { systemError } from '../system/disk-error.ts';
import { clean } from './clean.ts';
import { MESSAGES } from './messages.ts';
import type { Style } from './style.ts';
import { hang, wrap } from './text.ts';

const LAST_LINES = 12;

export interface ErrorView {
  style: Style;
  /** How this program is really called: `hotpass-bootstrap`, `npx hotpass-bootstrap`. */
  command: string;
  /** Takes known secrets out of text. */
  redact: (text: string) => string;
  /** Columns; without it sentences are not broken. */
  width?: number;
}

/**
 * An error as lines for a person: what happened, why, the child's own last lines, and the next command. What is no
 * `UserError` is a bug of ours: its message and where to report it, never a stack.
 */
export function renderError(thrown: unknown, view: ErrorView): string[] {
  const error = systemError(thrown);
  const { style, width = Number.POSITIVE_INFINITY } = view;
  const safe = (text: string): string => clean(view.redact(text), { multiline: true });
  const head = (text: string): string[] => {
    const [first = '', ...rest] = hang(`${style.glyph.failed} `, safe(text), width);
    return [first, ...rest].map(line => style.red(line));
  };
  if (!(error instanceof UserError)) {
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return [
      ...head(MESSAGES.bug),
      ...indent(wrap(safe(detail).trimEnd(), width - 2)),
      ...wrap(MESSAGES.report(view.command), width),
    ];
  }
  const lines = head(error.message);
  if (error.why !== '') lines.push(...indent(wrap(safe(error.why), width - 2)));
  lines.push(...error.details.map(detail => `  ${safe(detailWith(detail, view.command)).trimEnd()}`));
  lines.push(...lastLines(error.lines, view));
  if (error.next !== undefined) {
    const [first = '', ...rest] = safe(withCommand(error.next, view.command)).split('\n');
    lines.push(`${style.bold(MESSAGES.next)} ${style.command(first)}`);
    lines.push(...rest.map(line => `      ${style.command(line)}`));
  }
  return lines;
}

/** The child's own last lines, behind a bar so that nobody takes them for ours. */
function lastLines(said: readonly string[], view: ErrorView): string[] {
  const { style } = view;
  const lines = said
    .flatMap(line => clean(view.redact(line), { multiline: true }).split('\n'))
    .map(line => line.replaceAll('\t', '    ').trimEnd())
    .filter(line => line !== '')
    .slice(-LAST_LINES);
  if (lines.length === 0) return [];
  return [`  ${MESSAGES.lastLines}`, ...lines.map(line => style.dim(`  | ${line}`))];
}

function indent(lines: readonly string[]): string[] {
  return lines.map(line => `  ${line}`);
}

/** A particular of an error; a command of ours on a line of its own is called as it is really called. */
export function detailWith(detail: string, command: string): string {
  const text = detail.trimStart();
  return detail.slice(0, detail.length - text.length) + withCommand(text, command);
}

/**
 * `hotpass-bootstrap` where it stands as a command (not in a path, not after npx), called as it is really called.
 * A folder or an environment in the text (`-C`, `--env`) wins over the one in the call.
 */
export function withCommand(text: string, command: string): string {
  return text.replace(
    /(^|[`\n(]|(?:&&|\|\|?|;)\s*)((?:(?:env -u \w+|[A-Za-z_]\w*=\S*)\s+)*)hotpass-bootstrap(?=$|[\s`);])( -C )?/g,
    (match: string, before: string, variables: string, folder: string | undefined, at: number) => {
      const [rest = ''] = text.slice(at + match.length).split(/[\n`;&|]/);
      let name = command;
      if (folder !== undefined) name = name.replace(/ (?:-C|--manifest) .*$/s, '');
      if (/(^|\s)--env\b/.test(rest)) name = name.replace(/ --env (?:'[^']*'|\S)+/, '');
      return before + variables + name + (folder ?? '');
    },
  );
}
