import type { RunEvent, StepStatus } from '../core/events.ts';
import type { Finding } from '../core/findings.ts';
import type { StepId } from '../core/ids.ts';

const KEPT_LINES = 12;

export interface StepState {
  id: StepId;
  title: string;
  status: 'waiting' | 'running' | StepStatus;
  /** Monotonic milliseconds. */
  startedAt: number;
  /** How long it took, milliseconds; known once it has ended. */
  ms: number;
  /** What it is doing, or how it ended. */
  text: string;
  error: unknown;
  /** The child's own last lines. */
  lines: readonly string[];
}

/** What is known about a run at one moment. Made by events alone. */
export interface RunState {
  steps: readonly StepState[];
  findings: readonly Finding[];
  /** Ids of questions that are open. */
  questions: readonly string[];
  finished: boolean;
}

export const EMPTY_RUN: RunState = { steps: [], findings: [], questions: [], finished: false };

/** The state after an event. Pure; `now` is in monotonic milliseconds. */
export function reduceRun(state: RunState, event: RunEvent, now: number): RunState {
  switch (event.type) {
    case 'run-started':
      return { ...EMPTY_RUN, steps: event.steps.map(step => waiting(step.id, step.title)) };
    case 'step-started':
      return withStep(state, event.step, event.title, step => ({
        ...step,
        title: event.title,
        status: 'running',
        startedAt: now,
        text: '',
      }));
    case 'step-progress':
      return withStep(state, event.step, event.step, step => ({ ...step, text: event.text }));
    case 'child-line':
      return withStep(state, event.step, event.step, step => ({
        ...step,
        lines: [...step.lines, event.line].slice(-KEPT_LINES),
      }));
    case 'step-finished':
      return withStep(state, event.step, event.step, step => ({
        ...step,
        status: event.status,
        ms: event.ms,
        text: event.detail ?? '',
        error: event.error,
      }));
    case 'finding':
      return { ...state, findings: [...state.findings, event.finding] };
    case 'question-opened':
      return { ...state, questions: [...state.questions, event.id] };
    case 'question-closed':
      return { ...state, questions: state.questions.filter(id => id !== event.id) };
    case 'run-finished':
      return { ...state, finished: true };
    case 'change-done':
    case 'note':
      return state;
  }
}

function waiting(id: StepId, title: string): StepState {
  return { id, title, status: 'waiting', startedAt: 0, ms: 0, text: '', error: undefined, lines: [] };
}

function withStep(state: RunState, id: StepId, title: string, change: (step: StepState) => StepState): RunState {
  const known = state.steps.some(step => step.id === id);
  const steps = known ? state.steps : [...state.steps, waiting(id, title)];
  return { ...state, steps: steps.map(step => (step.id === id ? change(step) : step)) };
}
