import { formatDuration } from '../core/durations.ts';
import { MESSAGES } from './messages.ts';
import { type Row, type RowsLook, rowLines } from './rows-view.ts';
import { hang, widthOf } from './text.ts';

/** Where the time of an episode went, milliseconds (facts telemetry §5). Parts that are zero are not shown. */
export interface Durations {
  elapsed: number;
  machine: number;
  prompt: number;
  blocked?: number;
  away?: number;
}

/** `ready in 41 s: 12 s machine, 29 s waiting for you`. */
export function readyLine(durations: Durations, ready = true): string {
  const parts: string[] = [];
  const add = (ms: number | undefined, label: string): void => {
    if (ms !== undefined && ms >= 50) parts.push(`${formatDuration(ms)} ${label}`);
  };
  add(durations.machine, MESSAGES.machine);
  add(durations.prompt, MESSAGES.waitingForYou);
  add(durations.blocked, MESSAGES.blocked);
  add(durations.away, MESSAGES.away);
  const whole = `${ready ? MESSAGES.readyIn : MESSAGES.doneIn} ${formatDuration(durations.elapsed)}`;
  return parts.length === 0 ? whole : `${whole}: ${parts.join(', ')}`;
}

/** A command to type, and what it is good for. */
export interface NextCommand {
  command: string;
  what: string;
}

/**
 * The last lines of a setup: how long it took, what is ready, and what to type next.
 * @param next undefined when this run did not look at everything, so that it cannot say "ready".
 * @param rows lines that say what is ready, if they are wanted.
 */
export function summaryLines(
  durations: Durations,
  next: readonly NextCommand[] | undefined,
  look: RowsLook,
  rows: readonly Row[] = [],
): string[] {
  const { style, width } = look;
  const mark = style.glyph.done;
  const ready = hang(`${mark} `, readyLine(durations, next !== undefined), width - 1).map((line, index) =>
    index === 0 ? style.green(mark) + style.bold(line.slice(mark.length)) : style.bold(line),
  );
  const lines = [...ready, ...rowLines(undefined, rows, look)];
  if (next === undefined || next.length === 0) return lines;
  return [...lines, '', style.bold(MESSAGES.whatNext), ...nextLines(next, look)];
}

/** Commands with their purposes beside them where that fits, else below: a command is never broken. */
function nextLines(next: readonly NextCommand[], { style, width }: RowsLook): string[] {
  const column = Math.max(...next.map(({ command }) => widthOf(command)));
  const beside = !style.accessible && next.every(({ what }) => column + widthOf(what) + 5 < width);
  return next.flatMap(({ command, what }) =>
    beside
      ? [`  ${style.command(command)}${' '.repeat(column - widthOf(command))}  ${style.dim(what)}`]
      : [`  ${style.command(command)}`, ...hang('      ', what, width - 1).map(style.dim)],
  );
}

/**
 * The one line of a setup that had nothing to do. `verifiedAgo` is in milliseconds.
 * @param idle.part what it can speak for, where that is not everything.
 */
export function idleLine(idle: {
  command: string;
  environment: string;
  verifiedAgo?: number;
  part?: string | undefined;
}): string {
  const { command, environment, part } = idle;
  const line =
    part === undefined ? MESSAGES.inOrder(command, environment) : MESSAGES.inOrderThere(command, environment, part);
  return idle.verifiedAgo === undefined ? line : `${line}, ${MESSAGES.verified(ago(idle.verifiedAgo))}`;
}

/** `just now`, `5 min ago`, `3 h ago`, `2 days ago`; rounded down. */
export function ago(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return MESSAGES.justNow;
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ago`;
  const days = Math.floor(hours / 24);
  return `${days} day${days === 1 ? '' : 's'} ago`;
}
