import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Interrupted, UserError } from '../../../src/core/errors.ts';
import type { RunEvent } from '../../../src/core/events.ts';
import { finding } from '../../../src/core/findings.ts';
import { EMPTY_RUN, type RunState, reduceRun } from '../../../src/terminal/run-state.ts';
import { drawEnd, drawRun } from '../../../src/terminal/run-view.ts';
import { styleFor } from '../../../src/terminal/style.ts';
import { widthOf } from '../../../src/terminal/text.ts';

const error = new UserError({
  message: 'uv could not reach the package index.',
  cause: 'The name of the host could not be resolved.',
  next: 'hotpass-bootstrap setup --only python',
  exit: 69,
});

const EVENTS: [number, RunEvent][] = [
  [
    0,
    {
      type: 'run-started',
      run: 'r1',
      steps: [
        { id: 'uv', title: 'uv' },
        { id: 'python', title: 'Python environment (core)' },
        { id: 'prefect', title: 'Prefect profile' },
        { id: 'secrets', title: 'Secrets' },
        { id: 'readiness', title: 'Ready to work' },
      ],
    },
  ],
  [0, { type: 'step-started', step: 'uv', title: 'uv' }],
  [0, { type: 'step-started', step: 'secrets', title: 'Secrets' }],
  [5, { type: 'step-finished', step: 'uv', status: 'in order', ms: 5, detail: '0.13.9' }],
  [10, { type: 'step-started', step: 'python', title: 'Python environment (core)' }],
  [20, { type: 'step-progress', step: 'python', text: 'Downloading pyarrow (45 MB), 3 of 57 packages' }],
  [30, { type: 'child-line', step: 'python', line: 'error: dns\x1b[2J' }],
  [40, { type: 'question-opened', id: 'secret:a' }],
];

const play = (events: [number, RunEvent][], from: RunState = EMPTY_RUN): RunState =>
  events.reduce((state, [at, event]) => reduceRun(state, event, at), from);

const look = (width: number, env: Record<string, string> = { LANG: 'C.UTF-8' }, now = 12_500) => ({
  style: styleFor(env, { isTTY: false }, { platform: 'linux' }),
  command: 'hotpass-bootstrap',
  redact: (text: string) => text,
  width,
  now,
});

describe('reduceRun', () => {
  it('is pure and keeps what it needs', () => {
    const before = play(EVENTS);
    const copy = structuredClone(before);
    const after = reduceRun(before, { type: 'question-closed', id: 'secret:a' }, 99);
    expect(before).toEqual(copy);
    expect(before.questions).toEqual(['secret:a']);
    expect(after.questions).toEqual([]);
    expect(before.steps.map(step => step.status)).toEqual(['in order', 'running', 'waiting', 'running', 'waiting']);
  });

  it('keeps twelve lines of a child and knows steps that nobody announced', () => {
    const lines: [number, RunEvent][] = Array.from({ length: 30 }, (_, n) => [
      n,
      { type: 'child-line', step: 'tasks', line: `line ${n}` },
    ]);
    const [step] = play(lines).steps;
    expect(step?.lines).toHaveLength(12);
    expect(step?.lines.at(-1)).toBe('line 29');
  });
});

describe('drawRun', () => {
  it.each([40, 80, 200])('at %d columns', width => {
    expect(drawRun(play(EVENTS), look(width)).join('\n')).toMatchSnapshot();
  });

  it('in an ASCII locale', () => {
    const lines = drawRun(play(EVENTS), look(80, { LANG: 'C' }));
    expect(lines.join('\n')).toMatchSnapshot();
    expect(lines.join('')).toMatch(/^[\x20-\x7e]*$/);
  });

  it('with words when accessible', () => {
    expect(drawRun(play(EVENTS), look(80, { LANG: 'C.UTF-8', ACCESSIBLE: '1' })).join('\n')).toMatchSnapshot();
  });

  it('with colour on a terminal, none with NO_COLOR', () => {
    const style = (env: Record<string, string>) => styleFor({ LANG: 'C.UTF-8', ...env }, { isTTY: true });
    expect(drawRun(play(EVENTS), { ...look(80), style: style({}) }).join('\n')).toContain('\x1b[36m');
    expect(drawRun(play(EVENTS), { ...look(80), style: style({ NO_COLOR: '1' }) }).join('\n')).not.toContain('\x1b');
  });

  it('never wider than the screen, never higher than allowed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 12, max: 220 }),
        fc.integer({ min: 1, max: 12 }),
        fc.string({ unit: fc.constantFrom('a', '日', ' ', '\x1b[2J', '\n', '\t', '🎉') }),
        (width, rows, text) => {
          const state = play([...EVENTS, [50, { type: 'step-progress', step: 'secrets', text }]]);
          const lines = drawRun(state, { ...look(width), rows });
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines) {
            expect(widthOf(line)).toBeLessThan(width);
            expect(line).not.toMatch(/[\n\t\x1b]/);
          }
        },
      ),
    );
  });

  it('keeps running steps when the screen is low', () => {
    const lines = drawRun(play(EVENTS), { ...look(80), rows: 3 });
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain('Python');
    expect(lines[2]).toContain('and 3 more steps');
  });
});

describe('drawEnd', () => {
  const ended = play(
    [
      [12_000, { type: 'step-finished', step: 'python', status: 'failed', ms: 12_000, error }],
      [12_000, { type: 'step-finished', step: 'secrets', status: 'failed', ms: 12_000, error: new Interrupted() }],
      [
        12_000,
        { type: 'finding', finding: finding('HB301', 'warn', 'The server does not answer.', 'Nothing listens.') },
      ],
    ],
    play(EVENTS),
  );

  it.each([40, 80])('shows the failure in full, the child cleaned, the rest as not reached, at %d columns', width => {
    expect(drawEnd(ended, look(width)).join('\n')).toMatchSnapshot();
  });

  it('redacts what children and steps say', () => {
    const redact = (text: string) => text.replaceAll('dns', '‹redacted›').replaceAll('host', '‹redacted›');
    expect(drawEnd(ended, { ...look(80), redact }).join('\n')).not.toMatch(/dns|host /);
  });
});
