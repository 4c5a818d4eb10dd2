import { formatDuration } from '../core/durations.ts';
import { MESSAGES } from './messages.ts';
import type { Style } from './style.ts';

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

/**
 * The last lines of a setup: how long it took, and what to type next.
 * @param next undefined when this run did not look at everything, so that it cannot say "ready".
 */
export function summaryLines(durations: Durations, next: readonly string[] | undefined, style: Style): string[] {
  const ready = `${style.green(style.glyph.done)} ${style.bold(readyLine(durations, next !== undefined))}`;
  if (next === undefined || next.length === 0) return [ready];
  return [ready, '', MESSAGES.whatNext, ...next.map(command => `  ${style.command(command)}`)];
}

/** The one line of a setup that had nothing to do. `verifiedAgo` is in milliseconds. */
export function idleLine(idle: { command: string; environment: string; verifiedAgo?: number }): string {
  const line = MESSAGES.inOrder(idle.command, idle.environment);
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
