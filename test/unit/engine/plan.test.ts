import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/core/changes.ts';
import { UserError } from '../../../src/core/errors.ts';
import { hasGrown, type Plan, selectSteps, worstOf } from '../../../src/engine/plan.ts';
import type { Step } from '../../../src/engine/step.ts';
import { STEPS } from '../../../src/steps/index.ts';

const names = (steps: readonly Step[]): string[] => steps.map(step => step.id);

function planOf(...changes: Change[]): Plan {
  const step = STEPS[0] as Step;
  return { steps: [{ step, changes }], findings: [], missing: [], remember: async () => {} };
}

const sync: Change = { step: 'python', key: 'sync', action: 'run', target: 'uv sync', certain: true };

describe('which steps take part', () => {
  it('is all of them without --only and --skip', () => {
    expect(names(selectSteps(STEPS, [], []))).toEqual(names(STEPS));
  });
  it('adds what the named ones need', () => {
    expect(names(selectSteps(STEPS, ['python'], []))).toEqual(['uv', 'python']);
    expect(names(selectSteps(STEPS, ['prefect'], []))).toEqual(['prefect']);
  });
  it('leaves out what needs a skipped one', () => {
    const left = names(selectSteps(STEPS, [], ['python']));
    expect(left).toContain('prefect');
    for (const gone of ['python', 'tasks', 'readiness']) expect(left).not.toContain(gone);
  });
  it('refuses a name that is no step', () => {
    expect(() => selectSteps(STEPS, ['pyton'], [])).toThrow(UserError);
    expect(() => selectSteps(STEPS, [], ['pyton'])).toThrow('There is no step called pyton; did you mean python?');
  });
  it('needs only steps that exist, without a circle', () => {
    const seen = new Set<string>();
    const order = (step: Step, path: readonly string[]): void => {
      expect(path).not.toContain(step.id);
      for (const need of [...step.needs, ...step.verifyNeeds]) {
        const found = STEPS.find(candidate => candidate.id === need);
        expect(found, `${step.id} needs ${need}`).toBeDefined();
        if (found && !seen.has(found.id)) order(found, [...path, step.id]);
      }
      seen.add(step.id);
    };
    for (const step of STEPS) order(step, []);
  });
});

describe('a plan that was confirmed', () => {
  it('covers the same and less', () => {
    expect(hasGrown(planOf(sync), planOf(sync))).toBe(false);
    expect(hasGrown(planOf(sync), planOf())).toBe(false);
  });
  it('does not cover something else', () => {
    expect(hasGrown(planOf(sync), planOf(sync, { ...sync, step: 'prefect', key: 'profile', action: 'add' }))).toBe(
      true,
    );
  });
  it('covers what becomes certain, but no removal that was not shown', () => {
    const later = { ...sync, certain: false };
    expect(hasGrown(planOf(later), planOf({ ...sync, detail: '12 packages' }))).toBe(false);
    expect(hasGrown(planOf(later), planOf(sync, { ...sync, key: 'packages', action: 'remove' }))).toBe(true);
  });
});

describe('several failures', () => {
  const failure = (exit: 1 | 3 | 69 | 78): UserError => new UserError({ message: `exit ${exit}`, exit });
  it('are decided by the first that applies of 130, 143, 78, 3, 75, 69, 1', () => {
    const worst = worstOf([failure(1), failure(69), failure(3)]) as UserError;
    expect(worst.exit).toBe(3);
    expect(worst.details).toEqual(['also: exit 1', 'also: exit 69']);
  });
  it('never hide a bug', () => {
    const bug = new TypeError('x');
    expect(worstOf([failure(78), bug])).toBe(bug);
  });
});
