import { EXIT, errorCode, UserError } from '../core/errors.ts';
import { breakWorkflowCommands } from './clean.ts';

/**
 * The only place that writes to standard output and standard error. A reader that has gone away (`| head`) is no
 * failure of ours: what it does not read is dropped, and the command ends as it would have ended.
 */
let watched = false;

function watch(): void {
  if (watched) return;
  watched = true;
  process.stdout.on('error', error => {
    if (!GONE.has(errorCode(error) ?? '')) throw refused(error);
  });
  process.stderr.on('error', () => {}); // There is nobody left to tell.
}

function refused(error: Error): UserError {
  return new UserError({
    message: 'The results could not be written.',
    cause: `Standard output does not take them: ${errorCode(error) === 'ENOSPC' ? 'the disk is full' : error.message}.`,
    next: 'df -h',
    exit: EXIT.failed,
  });
}

/** A closed pipe, a closed descriptor, a terminal that was hung up. */
const GONE = new Set(['EPIPE', 'EBADF', 'EIO', 'ERR_STREAM_DESTROYED']);

type Sink = (line: string) => void;
let sink: Sink | undefined;

/** A line of results, on standard output. */
export function print(line: string): void {
  watch();
  if (process.stdout.writable) process.stdout.write(`${line}\n`);
}

/** A line of results in words, which may hold text of others: no CI service takes it for a command (security §7). */
export function printWords(line: string): void {
  print(breakWorkflowCommands(line));
}

/** A line for the person, on standard error; above the live text while there is one. */
export function say(line: string): void {
  if (sink) sink(line);
  else sayRaw(`${breakWorkflowCommands(line)}\n`);
}

/** Bytes for the person's terminal as they are; for the painter and the prompts alone. */
export function sayRaw(text: string): void {
  watch();
  if (process.stderr.writable) process.stderr.write(text);
}

/**
 * Sends the lines of `say` somewhere else, so that they do not land in the middle of live text.
 * @returns gives the way back to standard error.
 */
export function interceptSay(to: Sink): () => void {
  sink = to;
  return () => {
    if (sink === to) sink = undefined;
  };
}

/** Columns and rows of the person's terminal; 80 × 24 where nobody knows. */
export function windowSize(stream: { columns?: number; rows?: number } = process.stderr): {
  columns: number;
  rows: number;
} {
  return { columns: stream.columns || 80, rows: stream.rows || 24 };
}

/** Columns for text on standard output: those of the terminal, not so many that a line is hard to read. */
export function resultWidth(): number {
  return Math.min(windowSize(process.stdout).columns, 100);
}
