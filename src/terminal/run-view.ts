import { formatDuration } from '../core/durations.ts';
import { Interrupted, UserError } from '../core/errors.ts';
import { clean } from './clean.ts';
import { type ErrorView, renderError } from './errors-view.ts';
import { MESSAGES } from './messages.ts';
import { findingBlock } from './plan-view.ts';
import type { RunState, StepState } from './run-state.ts';
import type { Style } from './style.ts';
import { cut, pad, widthOf } from './text.ts';

export interface RunLook extends ErrorView {
  /** Columns of the screen. */
  width: number;
  /** Rows the drawing may take; unlimited when it will not be repainted. */
  rows?: number;
  /** Monotonic milliseconds. */
  now: number;
}

const TIME_COLUMNS = 8;
const FRAME_MS = 100;

/** The steps of a run, one line each, none wider than the screen. Pure. */
export function drawRun(state: RunState, look: RunLook): string[] {
  const column = titleColumn(state.steps, look.width);
  const lines = state.steps.map(step => ({ step, line: stepLine(step, column, look) }));
  const rows = look.rows ?? Number.POSITIVE_INFINITY;
  if (lines.length <= rows) return lines.map(({ line }) => line);
  // On a low screen what is running or has failed matters most.
  const urgent = lines.filter(({ step }) => step.status === 'running' || step.status === 'failed');
  const kept = urgent.slice(0, Math.max(0, rows - 1)).map(({ line }) => line);
  const more = cut(`  ${MESSAGES.moreSteps(lines.length - kept.length)}`, look.width - 1, look.style.glyph.cut);
  return rows < 1 ? [] : [...kept, look.style.dim(more)];
}

/** What a run leaves on the screen: its steps, each failure in full, and the findings. Pure. */
export function drawEnd(state: RunState, look: RunLook): string[] {
  const steps = state.steps.map(step =>
    step.status === 'waiting' ? { ...step, status: 'skipped' as const, text: MESSAGES.unreached } : step,
  );
  return [
    ...drawRun({ ...state, steps }, look),
    ...state.steps.flatMap(step => (isFailure(step) ? ['', ...failureLines(step, look)] : [])),
    ...(state.findings.length === 0 ? [] : ['']),
    ...state.findings.flatMap(item => findingBlock(item, look)),
  ];
}

/** One failed step in full: the cause, the child's own last lines, and the command to go on with. */
export function failureLines(step: StepState, look: ErrorView): string[] {
  const { error } = step;
  // A step that was stopped from outside is not itself a failure to explain.
  if (error instanceof UserError && error.lines.length === 0 && step.lines.length > 0) {
    return renderError(
      new UserError({
        message: `${step.title}: ${error.message}`,
        cause: error.why,
        exit: error.exit,
        lines: step.lines,
        ...(error.next === undefined ? {} : { next: error.next }),
      }),
      look,
    );
  }
  return renderError(error ?? new Error(step.text), look);
}

/** Did it fail by itself (and was not stopped)? */
export function isFailure(step: StepState): boolean {
  return step.status === 'failed' && !(step.error instanceof Interrupted);
}

function titleColumn(steps: readonly StepState[], width: number): number {
  const longest = Math.max(0, ...steps.map(step => widthOf(clean(step.title))));
  // On a narrow screen the text beside the time goes first, the title last.
  return Math.min(longest, width < 60 ? Math.max(8, width - TIME_COLUMNS - 8) : Math.floor(width * 0.4));
}

function stepLine(step: StepState, column: number, look: RunLook): string {
  const { style } = look;
  const mark = cut(markOf(step, look), 10, '');
  const title = pad(cut(clean(step.title), column, style.glyph.cut), column);
  const time = elapsedOf(step, look.now).padStart(TIME_COLUMNS);
  const lead = `  ${mark} ${title}  ${time}`;
  // One column stays free: a character in the last one would make some terminals wrap.
  const room = look.width - 1 - widthOf(lead) - 2;
  const text = room < 6 ? '' : cut(oneLine(textOf(step), look), room, style.glyph.cut);
  if (widthOf(lead.trimEnd()) > look.width - 1) return cut(`  ${mark} ${title}`, look.width - 1, '');
  const painted = `  ${paintOf(step, style)(mark)} ${step.status === 'waiting' ? style.dim(title.trimEnd()) : title}`;
  if (text === '') return time.trim() === '' ? painted.trimEnd() : `${painted}  ${style.dim(time)}`;
  return `${painted}  ${style.dim(time)}  ${style.dim(text)}`;
}

function oneLine(text: string, look: ErrorView): string {
  return clean(look.redact(text)).replaceAll('\t', ' ');
}

function textOf(step: StepState): string {
  if (step.error instanceof Interrupted) return MESSAGES.stopped;
  if (step.status === 'failed' && step.error instanceof Error) return step.error.message;
  if (step.status === 'in order' || step.status === 'skipped') return step.text === '' ? step.status : step.text;
  return step.text;
}

function elapsedOf(step: StepState, now: number): string {
  if (step.status === 'waiting' || step.status === 'skipped') return '';
  if (step.status === 'running')
    return formatDuration(Math.floor((now - step.startedAt) / 1000) * 1000).replace('.0', '');
  return step.status === 'in order' && step.ms < 1000 ? '' : formatDuration(step.ms);
}

function markOf(step: StepState, look: RunLook): string {
  const { glyph } = look.style;
  if (step.status === 'running') {
    return glyph.spinner[Math.floor(look.now / FRAME_MS) % glyph.spinner.length] ?? glyph.waiting;
  }
  return {
    waiting: glyph.waiting,
    'in order': glyph.done,
    done: glyph.done,
    failed: step.error instanceof Interrupted ? glyph.skipped : glyph.failed,
    skipped: glyph.skipped,
  }[step.status];
}

function paintOf(step: StepState, style: Style): (text: string) => string {
  return {
    waiting: style.dim,
    running: style.cyan,
    'in order': style.green,
    done: style.green,
    failed: step.error instanceof Interrupted ? style.yellow : style.red,
    skipped: style.yellow,
  }[step.status];
}
