import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/events.ts';
import type { StepId } from '../../../src/core/ids.ts';
import { RunClock, type RunClockOptions } from '../../../src/onboarding/run-clock.ts';

/** A clock in seconds that tests turn by hand. */
function bench(options: RunClockOptions = {}) {
  let mono = 1000;
  let wall = 1_700_000_000;
  const clock = new RunClock({
    ...options,
    clock: () => ({ wall: Math.round(wall * 1000), mono: String(BigInt(Math.round(mono * 1e9))), boot: 'b' }),
  });
  return {
    clock,
    pass: (seconds: number) => {
      mono += seconds;
      wall += seconds;
    },
    sleep: (seconds: number) => {
      wall += seconds;
    },
    start: (step: StepId) => clock.listen({ type: 'step-started', step, title: step }),
    finish: (step: StepId, ms = 0, status: 'done' | 'failed' = 'done') =>
      clock.listen({ type: 'step-finished', step, status, ms }),
    ask: (id = 'q') => clock.listen({ type: 'question-opened', id }),
    answer: (id = 'q') => clock.listen({ type: 'question-closed', id }),
  };
}

describe('the clock of a run', () => {
  it('counts a question before anything works as waiting', () => {
    const b = bench();
    b.pass(1);
    b.ask();
    b.pass(29);
    b.answer();
    b.pass(11);
    expect(b.clock.parts()).toEqual({
      elapsed: 41,
      machine: 12,
      prompt: 29,
      asked: 29,
      rework: 0,
      clock_suspect: false,
    });
  });

  it('tells how long the questions were open, though uv was being fetched meanwhile', () => {
    const b = bench();
    b.start('uv');
    b.start('secrets');
    b.ask('secret:a');
    b.pass(8);
    b.answer('secret:a');
    b.pass(1);
    b.ask('secret:b');
    b.pass(2);
    b.finish('uv', 11_000);
    b.pass(3);
    expect(b.clock.parts()).toMatchObject({ elapsed: 14, machine: 11, prompt: 3, asked: 13 });
    b.answer('secret:b');
    b.pass(1);
    expect(b.clock.parts()).toMatchObject({ elapsed: 15, machine: 12, prompt: 3, asked: 13 });
  });

  it('counts a question while uv works as the machine’s time, until only the question is left', () => {
    const b = bench();
    b.start('python');
    b.start('secrets');
    b.ask('secret:a');
    b.pass(10);
    b.finish('python', 10_000);
    b.pass(5);
    b.answer('secret:a');
    b.finish('secrets', 15_000);
    b.pass(1);
    expect(b.clock.parts()).toMatchObject({ elapsed: 16, machine: 11, prompt: 5 });
  });

  it('counts the secrets step between its questions as work', () => {
    const b = bench();
    b.start('secrets');
    b.ask('1');
    b.pass(2);
    b.answer('1');
    b.pass(3);
    b.ask('2');
    b.pass(4);
    b.answer('2');
    expect(b.clock.parts()).toMatchObject({ elapsed: 9, machine: 3, prompt: 6 });
  });

  it('lets the caller say which steps wait for a question', () => {
    const b = bench({ waits: () => ['secrets', 'python'] });
    b.start('python');
    b.ask('secret:index');
    b.pass(4);
    expect(b.clock.parts()).toMatchObject({ machine: 0, prompt: 4 });
  });

  it('counts an open question up to now, and may be asked again', () => {
    const b = bench();
    b.ask();
    b.pass(2);
    expect(b.clock.parts().prompt).toBe(2);
    b.pass(1);
    expect(b.clock.parts().prompt).toBe(3);
  });

  it('records steps, and counts failed ones as rework within the machine’s time', () => {
    const b = bench();
    b.start('python');
    b.start('uv');
    b.pass(3);
    b.finish('python', 3000, 'failed');
    b.finish('uv', 3000, 'failed');
    expect(b.clock.parts()).toMatchObject({ machine: 3, rework: 3 });
    expect(b.clock.steps).toEqual([
      { id: 'python', status: 'failed', ms: 3000 },
      { id: 'uv', status: 'failed', ms: 3000 },
    ]);
  });

  it('is suspect after a suspend and after a step of the wall clock, either way', () => {
    for (const [seconds, suspect] of [
      [60, true],
      [-60, true],
      [1, false],
    ] as const) {
      const b = bench();
      b.pass(5);
      b.sleep(seconds);
      expect(b.clock.parts()).toMatchObject({ elapsed: 5, clock_suspect: suspect });
    }
  });

  it('always adds up, whatever happens in whatever order', () => {
    const steps: StepId[] = ['uv', 'python', 'secrets'];
    const event = fc.oneof(
      fc.constantFrom(...steps).map((step): RunEvent => ({ type: 'step-started', step, title: step })),
      fc.constantFrom(...steps).map((step): RunEvent => ({ type: 'step-finished', step, status: 'failed', ms: 700 })),
      fc.constantFrom('a', 'b').map((id): RunEvent => ({ type: 'question-opened', id })),
      fc.constantFrom('a', 'b').map((id): RunEvent => ({ type: 'question-closed', id })),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), event)), list => {
        const b = bench();
        for (const [ms, each] of list) {
          b.pass(ms / 1000);
          b.clock.listen(each);
        }
        const { elapsed, machine, prompt, rework, asked = 0 } = b.clock.parts();
        const total = list.reduce((sum, [ms]) => sum + ms, 0) / 1000;
        expect(elapsed).toBeCloseTo(total, 2);
        expect(machine + prompt).toBeCloseTo(elapsed, 6);
        expect(Math.min(machine, prompt, rework)).toBeGreaterThanOrEqual(0);
        expect(rework).toBeLessThanOrEqual(machine);
        expect(asked).toBeGreaterThanOrEqual(prompt);
        expect(asked).toBeLessThanOrEqual(elapsed);
      }),
    );
  });
});
